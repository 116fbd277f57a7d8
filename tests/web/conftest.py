"""A real server over the golden workspace, in a process of its own, and clients for it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest

from contexta_web.application import make_application
from contexta_web.settings import Limits, ServerSettings
from contexta_web.workers import Workers

#: What must be on every answer, whatever it says.
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["error"]["code"]


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen
    url: str
    port: int

    def get(self, path, method="GET", **headers):
        """Ask by a connection of its own; underscores in names of headers stand for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def raw(self, request):
        """Send bytes and return everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as sock:
            sock.sendall(request)
            parts = []
            try:
                while part := sock.recv(65_536):
                    parts.append(part)
            except ConnectionResetError:
                pass
        return b"".join(parts)

    def threads(self):
        """Return the number of threads of the process."""
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))


@dataclass(frozen=True)
class Client:
    """Asks an application in this process, without a server."""

    application: object

    def get(self, path):
        """Ask once."""
        return asyncio.run(self._get(path))

    async def _get(self, path):
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": "GET",
            "path": unquote(path),
            "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1:80")],
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await self.application(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:]))


@contextmanager
def serving(workspace, *arguments, settings=(), **variables):
    """Run `contexta serve` on a free port until the block ends; it must end well by a signal."""
    typed = [word for each in ("surfaces.http.port=0", *settings) for word in ("--set", each)]
    process = subprocess.Popen(
        [
            sys.executable,
            *("-m", "contexta", "serve", "--workspace", str(workspace), "--format", "json"),
            *typed,
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **variables},
    )
    try:
        told = ""
        for line in process.stdout:
            told += line
            if line.rstrip() == "}":
                break
        if not told:
            raise AssertionError(process.communicate()[1])
        said = json.loads(told)
        yield Server(process, said["url"], said["port"])
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=30)
        assert process.returncode == 0, complaints
        assert "Traceback" not in complaints
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def dashboard_of():
    """Return what serves an open workspace to a client in this process, until the block ends."""

    @contextmanager
    def serve_here(contexta):
        workers = Workers(Limits(workers=4))
        settings = ServerSettings("127.0.0.1", 80)
        try:
            yield Client(make_application(contexta, settings, workers, lambda: False))
        finally:
            workers.close()

    return serve_here


@pytest.fixture(scope="session")
def serve():
    """Return what runs a server."""
    return serving


@pytest.fixture(scope="session")
def web_workspace(golden, tmp_path_factory):
    """Return the root of a golden workspace that nobody writes to."""
    root = tmp_path_factory.mktemp("web") / "ws"
    golden.open_stock(root).close()
    return root


@pytest.fixture(scope="session")
def server(web_workspace):
    """Return a server over the golden workspace."""
    with serving(web_workspace) as started:
        yield started


@pytest.fixture(scope="session")
def asked(golden, web_workspace):
    """Return the golden workspace, open in this process, to compare answers with."""
    with golden.open_stock(web_workspace) as contexta:
        yield contexta


@pytest.fixture(scope="session")
def security_headers():
    """Return what must be on every answer."""
    return SECURITY

"""A real server over the golden workspace, in a process of its own, and clients for it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

import pytest

from contexta import Contexta
from contexta_web.application import make_application
from contexta_web.settings import Limits, ServerSettings
from contexta_web.workers import Workers

#: What must be on every answer, whatever it says.
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
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

    @property
    def token(self):
        """The token of the address that was printed."""
        return self.url.partition("?token=")[2]

    @property
    def cookie(self):
        """The cookie of a browser that opened that address."""
        return self.get(f"/?token={self.token}").headers["set-cookie"].partition(";")[0]

    def post(self, path, fields, **headers):
        """Send a form."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.get(path, "POST", urlencode(fields), **{**form, **headers})

    def get(self, path, method="GET", body=None, **headers):
        """Ask by a connection of its own; underscores in names of headers stand for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, headers=named)
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


@dataclass(frozen=True)
class Desk:
    """A workspace that this process writes, and a server of another process through which it can be changed."""

    server: Server
    contexta: object
    cookie: str

    def capture(self, name, **tags):
        """Capture a run, and return its reference."""
        with self.contexta.run(name, tags=tags) as run:
            run.metric("loss", 0.5, step=1)
        return run.ref

    def run(self, ref):
        """Return a run as it is now."""
        return self.contexta.repository.get_run(ref)

    def get(self, path, **headers):
        """Look at a page as a browser that came in through the address that was printed."""
        return self.server.get(path, Cookie=self.cookie, **headers)

    def change(self, kind, *refs, **fields):
        """Send the form of a page that asks about a change."""
        sent = [("token", self.server.token), *(("run", ref) for ref in refs), *fields.items()]
        return self.server.post(f"/ui/curation/{kind}", sent, Cookie=self.cookie)

    def told(self, answer):
        """Return what the page tells that an answer leads to."""
        assert answer.status == 303, answer.text
        page = self.get(answer.headers["location"]).text
        return unescape(re.search(r'<div class="outcome.*?</div>', page, re.DOTALL)[0])


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """Return a workspace that can be changed through a server; each test captures runs of its own."""
    root = tmp_path_factory.mktemp("desk") / "ws"
    with Contexta(workspace=str(root)) as contexta:
        with contexta.run("first"):
            pass
        with serving(root, "--writable") as server:
            yield Desk(server, contexta, server.cookie)


@dataclass
class Visit:
    """A page of the dashboard in a browser, and what went wrong on it."""

    page: object
    problems: list
    hosts: set


class Browser:
    """One headless Chromium in a thread of its own, because its driver runs an event loop in the thread that uses it."""

    def __init__(self, program):
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._pool.submit(self._start, program).result(60)

    def _start(self, program):
        from playwright.sync_api import sync_playwright

        self._driver = sync_playwright().start()
        self._chromium = self._driver.chromium.launch(executable_path=program, args=["--no-sandbox"])

    def visit(self, server, path, look, *, width=1280, scheme="light", script=True):
        """Open a path in a window of its own, and return what `look` returns of the visit."""
        return self._pool.submit(self._visit, server, path, look, width, scheme, script).result(100)

    def _visit(self, server, path, look, width, scheme, script):
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        context.set_default_timeout(30_000)
        try:
            page = context.new_page()
            visit = Visit(page, [], set())
            page.on(
                "console", lambda told: visit.problems.append(told.text) if told.type == "error" else None
            )
            page.on("pageerror", lambda error: visit.problems.append(str(error)))
            page.on("dialog", lambda dialog: visit.problems.append(dialog.message) or dialog.dismiss())
            page.on("request", lambda asked: visit.hosts.add(urlsplit(asked.url).netloc))
            page.goto(f"http://127.0.0.1:{server.port}{path}")
            return look(visit)
        finally:
            context.close()

    def close(self):
        self._pool.submit(self._chromium.close).result(60)
        self._pool.submit(self._driver.stop).result(60)
        self._pool.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Return a browser; tests that need one are left out where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("there is no Chromium")
    started = Browser(program)
    yield started
    started.close()

"""The command `contexta serve`, and the settings of surfaces.http."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time

import pytest

from contexta_web.settings import ServerSettings, is_loopback


def _run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "contexta", "serve", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, **variables},
        check=False,
    )


def test_the_configured_port_is_listened_on(serve, web_workspace):
    """surfaces.http.port says where."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with serve(web_workspace, settings=[f"surfaces.http.port={port}"]) as server:
        assert port == server.port
        assert 200 == server.get("/projects").status


def test_the_configured_host_is_listened_on(serve, web_workspace):
    """surfaces.http.host says on which address; others of this machine do not answer."""
    with serve(web_workspace, settings=["surfaces.http.host=127.0.0.2"]) as server:
        assert f"http://127.0.0.2:{server.port}/" == server.url
        with pytest.raises(ConnectionRefusedError):
            server.get("/projects")


@pytest.mark.parametrize(
    ("setting", "words", "is_opened"),
    [
        ("true", (), True),
        ("false", (), False),
        ("true", ("--no-browser",), False),
        ("true", ("http", "--no-browser"), False),
        ("true", ("--no-browser", "http"), False),
    ],
)
def test_a_browser_is_opened_or_not(serve, web_workspace, tmp_path, setting, words, is_opened):
    """surfaces.http.open_browser says whether a browser is opened on the address, where no option does."""
    browser, noted = tmp_path / "browser", tmp_path / "noted"
    browser.write_text(f'#!/bin/sh\necho "$1" > {noted}.new\nmv {noted}.new {noted}\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    settings = [f"surfaces.http.open_browser={setting}"]
    with serve(web_workspace, *words, settings=settings, BROWSER=f"{browser} %s") as server:
        deadline = time.monotonic() + (20 if is_opened else 0)
        while not noted.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert 200 == server.get("/projects").status
        url = server.url
    assert ([url] if is_opened else []) == ([noted.read_text().strip()] if noted.exists() else [])


def test_the_subcommand_is_the_same(serve, web_workspace):
    """`contexta serve http` serves as `contexta serve` does, and its own options count."""
    with serve(web_workspace, "http", "--host", "127.0.0.2") as server:
        assert server.url.startswith("http://127.0.0.2:")


def test_other_machines_are_not_let_in_by_accident(web_workspace):
    """An address that others reach needs --expose."""
    done = _run("--workspace", str(web_workspace), "--host", "0.0.0.0")
    assert 2 == done.returncode
    assert "--expose" in done.stderr


def test_an_exposed_server_wants_its_token(serve, web_workspace):
    """Without the token nothing is told; with it in a header, a cookie or the address, everything is."""
    with serve(web_workspace, "--host", "127.0.0.1", "--expose") as server:
        token = server.url.partition("?token=")[2]
        assert len(token) >= 32
        assert 401 == server.get("/projects").status
        assert 401 == server.get("/projects", Authorization="Bearer wrong").status
        assert 200 == server.get("/projects", Authorization=f"Bearer {token}").status
        opened = server.get(f"/projects?token={token}")
        assert (303, "/projects") == (opened.status, opened.headers["location"])
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert 200 == server.get("/projects", Cookie=cookie.partition(";")[0]).status


def test_a_port_that_is_taken(web_workspace):
    """The error says which port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run("--workspace", str(web_workspace), "--port", port, "--format", "json")
    assert 1 == done.returncode
    error = json.loads(done.stderr)["error"]
    assert "http_address_unusable" == error["code"]
    assert port in error["message"]


def test_no_workspace_is_made(tmp_path):
    """Where there is no workspace none is served, and none is made."""
    done = _run("--workspace", str(tmp_path / "none"))
    assert 1 == done.returncode
    assert not (tmp_path / "none").exists()


def test_what_to_install_is_said(web_workspace, tmp_path):
    """Without the packages that serve, the error names the extra."""
    (tmp_path / "starlette.py").write_text("raise ImportError('not here')")
    done = _run("--workspace", str(web_workspace), PYTHONPATH=str(tmp_path))
    assert 1 == done.returncode
    assert "contexta[serve]>=2" in done.stderr


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.example", False),
    ],
)
def test_what_counts_as_this_machine(host, expected):
    """Loopback addresses and localhost do; a name is never looked up for it."""
    assert expected is is_loopback(host)


def test_the_hosts_that_mean_a_server():
    """An address for everyone is no host of its own; further names are."""
    settings = ServerSettings("0.0.0.0", 80, names=("Box.lan",))
    assert {"127.0.0.1", "localhost", "[::1]", "box.lan"} == {
        each for each in settings.authorities if not each.endswith(":80")
    }
    assert "http://127.0.0.1:80/" == settings.url

"""The door of a server through which runs can be changed: who may, and what is refused before anything is done."""

from __future__ import annotations

import socket
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

FORM = "application/x-www-form-urlencoded"
LARGEST = 64 * 1024
#: The greatest size that is taken, in a field that means nothing.
FILLING = "filling"


def content_of(root):
    """Return what is in the files of a workspace, by their names."""
    return {
        str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(root).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, {}),
        ({"token": "wrong"}, {}),
        ({"token": ""}, {}),
        ({}, {"X_Contexta_Token": "wrong"}),
        ({}, {"Cookie": "{cookie}"}),
        ({}, {"Authorization": "Bearer {token}"}),
        ({"token": "wrong"}, {"Cookie": "{cookie}", "X_Contexta_Token": "{token}x"}),
    ],
)
def test_a_change_needs_the_token_in_the_form(desk, fields, headers):
    """No token, a wrong one, and one that a browser would send by itself are refused, and nothing is changed."""
    ref = desk.capture("guarded")
    named = {name: text.format(cookie=desk.cookie, token=desk.server.token) for name, text in headers.items()}
    answer = desk.server.post("/ui/curation/archive", {"run": ref, **fields}, **named)
    assert (401, "http_token_missing") == (answer.status, answer.code)
    assert desk.run(ref).archived_at is None


def test_the_token_in_the_address_changes_nothing(desk):
    """An address can be linked to and is kept in lists: a token in it is no permission."""
    ref = desk.capture("linked")
    answer = desk.server.post(f"/ui/curation/archive?token={desk.server.token}", {"run": ref})
    assert 401 == answer.status
    assert desk.run(ref).archived_at is None


def test_the_token_in_a_header(desk):
    """A program shows it in a header of its own, which no form of another page can send."""
    ref = desk.capture("headed")
    answer = desk.server.post("/ui/curation/archive", {"run": ref}, X_Contexta_Token=desk.server.token)
    assert 303 == answer.status
    assert desk.run(ref).archived_at is not None


def test_the_token_of_an_earlier_launch(serve, desk):
    """Each launch makes a token of its own; a form that another launch made is refused, with a page for people."""
    root = desk.contexta.config.workspace.root_path
    ref = desk.capture("earlier")
    with serve(root, "--writable") as earlier:
        old = earlier.token
    assert old != desk.server.token
    answer = desk.server.post("/ui/curation/archive", {"run": ref, "token": old}, Accept="text/html")
    assert 401 == answer.status
    assert "open the address that the server printed" in answer.text
    assert answer.text.startswith("<!doctype html>")
    assert desk.run(ref).archived_at is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
def test_pages_of_others_change_nothing(desk, headers):
    """Even with the token, a form of another page is refused."""
    ref = desk.capture("foreign")
    fields = {"run": ref, "token": desk.server.token}
    answer = desk.server.post("/ui/curation/archive", fields, **headers)
    assert answer.status in {403, 421}
    assert desk.run(ref).archived_at is None


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_only_forms_are_taken(desk, kind):
    """A body of another type is refused, whatever is in it."""
    ref = desk.capture("typed")
    fields = {"run": ref, "token": desk.server.token}
    answer = desk.server.post("/ui/curation/archive", fields, Content_Type=kind)
    assert (415, "http_media_type") == (answer.status, answer.code)
    assert desk.run(ref).archived_at is None


def filled(desk, ref, size):
    """Return the body of a form of a size."""
    start = f"token={desk.server.token}&run={ref}&{FILLING}=".encode()
    return start + b"x" * (size - len(start))


def test_a_form_has_its_greatest_size(desk):
    """64 KiB are taken; one byte more is refused."""
    ref = desk.capture("large")
    path, server = "/ui/curation/archive", desk.server
    refused = server.get(path, "POST", filled(desk, ref, LARGEST + 1), Content_Type=FORM)
    assert (413, "http_body_refused") == (refused.status, refused.code)
    assert desk.run(ref).archived_at is None
    assert 303 == server.get(path, "POST", filled(desk, ref, LARGEST), Content_Type=FORM).status
    assert desk.run(ref).archived_at is not None


def test_a_form_that_is_too_large_is_not_read(desk):
    """The refusal comes before the body does."""
    head = (
        f"POST /ui/curation/archive HTTP/1.1\r\nHost: 127.0.0.1:{desk.server.port}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: 99999999999\r\n\r\n"
    )
    assert desk.server.raw(head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_form_says_its_length(desk):
    """A body in pieces of which nobody knows the number is refused."""
    head = (
        f"POST /ui/curation/archive HTTP/1.1\r\nHost: 127.0.0.1:{desk.server.port}\r\n"
        f"Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    assert desk.server.raw(head.encode()).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize("body", [b"run=%ff", b"run=\xc3\xa4", b"a=1&" * 1_001])
def test_forms_that_cannot_be_read(desk, body):
    """What is no UTF-8, no form, or has too many fields is refused, and not guessed at."""
    answer = desk.server.get("/ui/curation/archive", "POST", body, Content_Type=FORM)
    assert (400, "http_bad_form") == (answer.status, answer.code)


def test_half_a_form_changes_nothing(desk):
    """A connection that ends before the form does is no change."""
    ref = desk.capture("half")
    body = f"token={desk.server.token}&run={ref}"
    head = (
        f"POST /ui/curation/archive HTTP/1.1\r\nHost: 127.0.0.1:{desk.server.port}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: {len(body) + 1}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", desk.server.port), timeout=30) as sock:
        sock.sendall((head + body).encode())
        sock.shutdown(socket.SHUT_WR)
        assert b" 303 " not in sock.recv(65_536)
    assert desk.run(ref).archived_at is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", ["tag", "untag", "archive", "unarchive", "rename", "annotate", "delete"])
def test_asking_changes_nothing(desk, kind, method):
    """Whoever only asks, with everything that a change needs in the address, leaves every file as it is."""
    root = desk.contexta.config.workspace.root_path
    ref = desk.capture("asked", quality="good")
    query = f"run={ref}&name=n&value=v&tag=quality&text=t&back=/ui&x-token={desk.server.token}"
    before = content_of(root)
    answer = desk.server.get(f"/ui/curation/{kind}?{query}", method, Cookie=desk.cookie)
    assert 200 == answer.status
    assert before == content_of(root)


@pytest.mark.parametrize("path", ["/runs", "/projects", "/ui", "/ui/runs", "/ui/nothing"])
def test_nothing_else_is_changed(desk, path):
    """Every other address refuses a form, with the token as well."""
    answer = desk.server.post(path, {"token": desk.server.token})
    assert (405, "http_method_not_allowed") == (answer.status, answer.code)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(desk, method):
    """The answer says which there are."""
    answer = desk.server.get("/ui/curation/archive", method)
    assert (405, "GET, HEAD, POST") == (answer.status, answer.headers["allow"])


def test_who_came_in_by_another_way_gets_no_token(desk):
    """Another user of this machine sees what there is, and neither a token nor a button."""
    ref = desk.capture("seen")
    page = desk.server.get("/ui/runs")
    assert 200 == page.status
    assert "/ui/curation/" not in page.text
    assert "open the address that the server printed" in page.text
    asked = desk.server.get(f"/ui/curation/archive?run={ref}")
    assert 401 == asked.status
    assert desk.server.token not in asked.text + page.text
    assert 401 == desk.server.get("/?token=guessed").status


def test_only_the_page_that_asks_holds_the_token(desk):
    """No other page does, not even for whoever came in through the address."""
    ref = desk.capture("holding")
    assert desk.server.token not in desk.get("/ui/runs").text
    assert desk.server.token not in desk.get(f"/ui/runs/{ref}").text
    assert desk.server.token in desk.get(f"/ui/curation/archive?run={ref}").text


def test_an_address_with_the_token_leads_to_the_one_without(desk):
    """Everything else of it stays."""
    answer = desk.server.get(f"/ui/runs?sort=name&where=a+%3D+1&token={desk.server.token}")
    assert (303, "/ui/runs?sort=name&where=a+%3D+1") == (answer.status, answer.headers["location"])


def test_servers_do_not_share_a_cookie(desk):
    """Browsers keep cookies of all ports of a host together, so the name holds the port."""
    name = f"contexta_token_{desk.server.port}"
    assert f"{name}={desk.server.token}" == desk.cookie


def test_every_answer_to_a_form_bears_the_headers(desk, security_headers):
    """Refused or done, it bears what every other answer bears."""
    ref = desk.capture("headers")
    done = desk.change("archive", ref)
    refused = desk.server.post("/ui/curation/archive", {"run": ref})
    for answer in (done, refused):
        assert security_headers.items() <= answer.headers.items()
        assert "form-action 'self'" in answer.headers["content-security-policy"]


def test_nothing_is_changed_without_leave(server):
    """A server that was not told so answers no form, has no address for one, and shows no button."""
    answer = server.post("/ui/curation/archive", {"run": "run:golden.overfitted"})
    assert (405, "GET, HEAD") == (answer.status, answer.headers["allow"])
    assert 404 == server.get("/ui/curation/archive?run=run:golden.overfitted").status
    assert "/ui/curation/" not in server.get("/ui/runs").text
    assert "token" not in server.url


def test_people_are_told_what_the_address_allows(desk):
    """On a terminal the address comes with what whoever opens it can do."""
    root = desk.contexta.config.workspace.root_path
    words = ("serve", "--workspace", str(root), "--port", "0", "--writable")
    process = subprocess.Popen(
        [sys.executable, "-m", "contexta", *words], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        told = [process.stdout.readline() for _ in range(2)]
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert "?token=" in told[0]
    assert "can change and delete runs" in told[1]


@pytest.mark.parametrize(("setting", "status"), [("true", 303), ("false", 405)])
def test_the_configuration_lets_runs_be_changed(serve, desk, setting, status):
    """surfaces.http.writable does what --writable does."""
    ref = desk.capture("configured")
    root = desk.contexta.config.workspace.root_path
    with serve(root, settings=[f"surfaces.http.writable={setting}"]) as server:
        answer = server.post("/ui/curation/archive", {"run": ref, "token": server.token})
    assert status == answer.status
    assert (setting == "true") is (desk.run(ref).archived_at is not None)


def test_an_exposed_server_changes_with_the_same_token(serve, desk):
    """Where questions need the token as well, one token serves both, and without it not even a frame is shown."""
    ref = desk.capture("exposed")
    root = desk.contexta.config.workspace.root_path
    with serve(root, "--expose", "--host", "127.0.0.1", "--writable") as server:
        refused = server.post("/ui/curation/archive", {"run": ref}, Accept="text/html")
        assert (401, "http_token_missing") == (refused.status, refused.code)
        assert 401 == server.get("/ui/runs").status
        answer = server.post("/ui/curation/archive", {"run": ref, "token": server.token})
    assert 303 == answer.status
    assert desk.run(ref).archived_at is not None

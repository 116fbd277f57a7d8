"""The door: who may ask, what every answer bears, and that nothing outside the workspace comes out of it."""

from __future__ import annotations

import random
import shutil

import pytest

#: Questions that cannot be answered without a plane.
BROKEN = {
    "metadata/journal": ("/runs", "/ui/runs", "/ui"),
    "records/segments": (
        "/runs/run:golden.overfitted/metrics",
        "/metrics/series?metric=train.loss&run_ids=run:golden.overfitted",
        "/ui/runs/run:golden.overfitted/metrics",
    ),
}


def _request(target="/projects", *headers, method="GET"):
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _status(response):
    return int(response.split(b" ", 2)[1])


def _assert_secured(response, security_headers):
    head = response.partition(b"\r\n\r\n")[0].decode("latin-1").lower()
    for name, value in security_headers.items():
        assert f"{name}: {value.lower()}" in head
    assert "content-security-policy: default-src 'none';" in head
    assert "frame-ancestors 'none'" in head
    assert "unsafe" not in head
    assert "\r\nserver:" not in head


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_own_hosts_are_answered(server, host):
    """The three names of this machine are answered, with the port."""
    assert 200 == _status(server.raw(_request("/projects", f"Host: {host}:{server.port}")))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example:{port}",
        "127.0.0.1:{port}.evil.example",
        "localhost.:{port}",
        "user@127.0.0.1:{port}",
        "[::1]",
        "0.0.0.0:{port}",
        "",
    ],
)
def test_foreign_hosts_are_refused(server, host, security_headers):
    """A page that a name of somebody else's leads here gets nothing (DNS rebinding)."""
    response = server.raw(_request("/projects", f"Host: {host.format(port=server.port)}"))
    assert _status(response) in {400, 403, 421}
    _assert_secured(response, security_headers)
    assert b"golden" not in response


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /projects HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /projects HTTP/1.0\r\n\r\n",
        b"GET /projects HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/projects HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/projects HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ],
)
def test_hosts_that_cannot_be_meant(server, request_bytes, security_headers):
    """No host, two hosts, and a target with a host of its own are refused."""
    response = server.raw(request_bytes.replace(b"PORT", str(server.port).encode()))
    assert _status(response) in {400, 403, 421}
    _assert_secured(response, security_headers)
    assert b"golden" not in response


@pytest.mark.parametrize(
    "header",
    [
        "Origin: https://evil.example",
        "Origin: null",
        "Origin: http://127.0.0.1:1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ],
)
def test_foreign_pages_are_refused(server, header):
    """A browser says which page asks; only our own may."""
    response = server.raw(_request("/projects", f"Host: 127.0.0.1:{server.port}", header))
    assert 403 == _status(response)


def test_our_own_page_may_ask(server):
    """An origin of our own is answered, and gets no header that would let others read."""
    answer = server.get("/projects", Origin=f"http://127.0.0.1:{server.port}", Sec_Fetch_Site="same-origin")
    assert 200 == answer.status
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_nothing_but_reading(server, method):
    """Other methods are refused, and the answer says which there are."""
    response = server.raw(_request("/projects", f"Host: 127.0.0.1:{server.port}", method=method))
    assert _status(response) in {400, 405}
    if _status(response) == 405:
        assert b"allow: GET, HEAD" in response


@pytest.mark.parametrize("header", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_bodies_are_refused(server, header):
    """A question with a body is refused before the body is read."""
    response = server.raw(_request("/projects", f"Host: 127.0.0.1:{server.port}", header))
    assert 413 == _status(response)


def test_every_answer_bears_the_headers(server, security_headers):
    """Good answers, refusals of every kind and answers to nonsense bear the same headers."""
    host = f"Host: 127.0.0.1:{server.port}"
    for request in (
        _request("/projects", host),
        _request("/openapi.json", host),
        _request("/nothing", host),
        _request("/runs?limit=x", host),
        _request("/runs/none", host),
        _request("/projects", host, method="POST"),
        _request("/projects", host, "Content-Length: 3"),
        b"nonsense\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ):
        _assert_secured(server.raw(request), security_headers)


@pytest.mark.parametrize(
    "form",
    [
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%5c..%5cetc%5cpasswd",
        "%252e%252e%252fetc%252fpasswd",
        "....//....//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        "%00/etc/passwd",
        "run:golden.fit%00",
        "%c0%ae%c0%ae/etc/passwd",
        "%ff%fe",
        "run%3A..%2F..",
        "%0d%0aX-Evil: 1",
        "~root",
        "..",
        ".",
        "%E2%80%AE",
        "*",
    ],
)
@pytest.mark.parametrize(
    "place", ["/runs/{}", "/runs/{}/report", "/static/{}", "/runs/a/environment-diff/{}", "/{}"]
)
def test_no_path_leads_outside(server, form, place):
    """Every form of a path to somewhere else is an unknown run, an unknown path or no request."""
    request = _request(place.format(form.replace(" ", "%20")), f"Host: 127.0.0.1:{server.port}")
    response = server.raw(request)
    assert _status(response) in {400, 404}
    assert b"root:" not in response
    assert b"Traceback" not in response
    assert b"\nx-evil" not in response.lower()


def test_nonsense_is_refused(server):
    """Random changes to a request never make the server fail, hang, or tell where its code is."""
    chance = random.Random(11)
    good = _request("/runs?limit=3&where=status", f"Host: 127.0.0.1:{server.port}")
    for _ in range(200):
        wild = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            wild[chance.randrange(len(wild) - 4)] = chance.randrange(256)
        response = server.raw(bytes(wild) + b"\r\n\r\n")
        assert not response or _status(response) < 500
        assert b"Traceback" not in response
        assert b".py" not in response


@pytest.mark.parametrize("plane", ["metadata/journal", "records/segments"])
def test_failures_of_the_server_bear_the_headers(serve, web_workspace, tmp_path, plane, security_headers):
    """What the server cannot answer bears the headers of every answer, as JSON and as a page, and names no file."""
    root = tmp_path / "ws"
    shutil.copytree(web_workspace, root)
    with serve(root) as server:
        moved = root / plane
        moved.rename(root / "moved")
        # A link to itself cannot be opened by anybody.
        moved.symlink_to(moved)
        answers = [server.raw(_request(path, f"Host: 127.0.0.1:{server.port}")) for path in BROKEN[plane]]
    assert [500] * len(answers) == [_status(answer) for answer in answers]
    for answer in answers:
        _assert_secured(answer, security_headers)
        assert str(root).encode() not in answer
        assert b"Traceback" not in answer

"""Many clients at once, and clients that dawdle."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from contexta_web.settings import Limits

QUESTIONS = (
    "/projects",
    "/runs?limit=5",
    "/runs?where=status%20%3D%20%27failed%27",
    "/metrics/aggregate?metric=val_loss",
    "/search/artifacts?q=golden",
    "/runs/run:golden.hostile",
    "/runs/run:golden.hostile/diagnostics",
    "/runs/none",
    "/metrics/series?metric=fit.train_loss&run_ids=run:golden.overfitted,run:golden.steady-20&pixels=3",
    "/ui/runs?column=min(val_loss)&sort=metrics.val_loss",
    "/ui/runs?group=%21seed&column=val_loss",
    "/ui/runs/run:golden.overfitted/metrics?log=1",
    "/ui/compare?run=run:golden.steady-20&run=run:golden.overfitted",
    "/ui/lineage?ref=run:golden.steady-20",
    "/ui/trends?metric=val_loss",
    "/ui/alerts?metric=val_loss&operator=gt&threshold=0.5",
    "/ui/artifacts?sort=size",
    "/ui/sql?query=SELECT%20status%2C%20count(*)%20FROM%20runs%20GROUP%20BY%20status%20ORDER%20BY%20status",
)


def _check_together(server, clients, rounds):
    alone = {path: server.get(path).body for path in QUESTIONS}
    paths = [path for _ in range(rounds) for path in QUESTIONS]
    with ThreadPoolExecutor(clients) as pool:
        together = list(pool.map(lambda path: server.get(path).body, paths))
    assert [alone[path] for path in paths] == together


def test_sixteen_clients_get_right_answers(server):
    """Sixteen clients at once get, to the byte, what one alone gets."""
    _check_together(server, 16, 12)


@pytest.mark.campaign
def test_sixteen_clients_for_long(server):
    """The same with more than 2,000 questions."""
    _check_together(server, 16, 260)


def _stall(server, count):
    """Hold sockets that send nothing, half a request, half a form, or one that trickles; look after a good client."""
    form = (
        f"POST /ui/curation/archive HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nrun="
    )
    beginnings = (b"", b"GET /projects HTTP/1.1\r\nHost: ", b"GET /", form.encode())
    held = []
    try:
        for place in range(count):
            sock = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            sock.sendall(beginnings[place % len(beginnings)])
            held.append(sock)
        opened = time.monotonic()
        assert 200 == server.get("/projects").status
        quickest = min(_seconds(lambda: server.get("/projects")) for _ in range(5))
        threads = server.threads()
        for sock in held:
            # What trickles buys no time: the connection ends, by a reset or without one, and nothing was said.
            with suppress(ConnectionError):
                sock.sendall(b"x")
                assert b"" == sock.recv(1)
        return quickest, threads, time.monotonic() - opened
    finally:
        for sock in held:
            sock.close()


def _seconds(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def test_clients_that_dawdle_lose_their_connection(desk):
    """Sockets without a whole request are closed in time, cost no threads, and no other client waits for them."""
    quickest, threads, seconds = _stall(desk.server, 60)
    assert quickest < 0.2
    assert threads <= 64
    assert seconds < Limits().idle_seconds + 4


@pytest.mark.campaign
def test_five_hundred_clients_that_dawdle(desk):
    """The same with five hundred."""
    quickest, threads, seconds = _stall(desk.server, 500)
    assert quickest < 0.2
    assert threads <= 64
    assert seconds < Limits().idle_seconds + 4


def test_a_flood_of_headers_is_refused(server):
    """Eight megabytes of headers are refused after 32 KiB of them."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(b"GET /projects HTTP/1.1\r\n")
        sent = 0
        with pytest.raises(ConnectionError):
            for _ in range(8_000):
                sock.sendall(b"X-Filler: " + b"a" * 1_000 + b"\r\n")
                sent += 1
    assert sent < 8_000
    assert 200 == server.get("/projects").status

"""What changed in a workspace: told by comparison, and as it happens."""

from __future__ import annotations

import socket
import time

from contexta import Contexta
from contexta_web.changes import Change, Sight, changes_between
from contexta_web.settings import Limits


def test_opening_growing_and_closing_are_told():
    """Each kind of change is told once, and what did not change is not."""
    before = Sight({"a": "open", "b": "open", "c": "failed"}, {"a": 3, "b": 5})
    after = Sight({"a": "completed", "b": "open", "c": "failed", "d": "open"}, {"b": 9, "d": 0})
    assert [
        Change("run_closed", {"run_id": "a", "status": "completed"}),
        Change("run_opened", {"run_id": "d"}),
        Change("records", {"run_id": "b", "record_count": 9}),
    ] == list(changes_between(before, after))


def test_a_run_that_opened_and_closed_between_two_looks():
    """It is told as both."""
    told = list(changes_between(Sight({}, {}), Sight({"a": "failed"}, {})))
    assert ["run_opened", "run_closed"] == [each.event for each in told]


def test_a_run_that_is_gone():
    """A run that was open and is seen nowhere any more is told as closed."""
    told = list(changes_between(Sight({"a": "open"}, {"a": 1}), Sight({}, {})))
    assert [Change("run_closed", {"run_id": "a", "status": None})] == told


def test_changes_of_another_process_arrive(serve, tmp_path):
    """What another process writes is told on the stream while it goes on: opened, its records, closed."""
    root = tmp_path / "ws"
    Contexta(workspace=str(root)).close()
    with Contexta(workspace=str(root)) as contexta, contexta.run("first"):
        pass
    with serve(root) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        received = _until(sock, b"", b"retry:")
        with Contexta(workspace=str(root)) as contexta, contexta.run("second") as run:
            run.metric("loss", 0.5, step=1)
            received = _until(sock, received, b'event: records\ndata: {"record_count": 1')
        received = _until(sock, received, b"event: run_closed")
    assert received.index(b"event: run_opened") < received.index(b"event: records")


def _until(sock, received, wanted):
    while wanted not in received:
        received += sock.recv(4096)
    return received


def test_streams_that_come_at_once_are_counted(serve, web_workspace):
    """Of fifty streams asked for in one moment those beyond the limit are refused, and places become free again."""
    request = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"
    with serve(web_workspace) as server:
        for _ in range(2):
            sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(50)]
            try:
                for each in sockets:
                    each.sendall(request % server.port)
                statuses = [each.recv(12)[-3:] for each in sockets]
            finally:
                for each in sockets:
                    each.close()
            assert Limits().event_streams == statuses.count(b"200")
            assert 50 - Limits().event_streams == statuses.count(b"503")
            # Its last words are sent twice a second, and only then does a server see that nobody listens.
            time.sleep(1)

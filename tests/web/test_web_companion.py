"""The dashboard beside a capture: surfaces.http.enabled has the process that captures serve it."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from contexta import Contexta


@pytest.fixture
def capturing(tmp_path, capsys):
    """Return what captures with settings of surfaces.http, and returns the address that it told."""

    def capture(ask=None, **http):
        settings = {"surfaces": {"http": {"port": 0, **http}}}
        opened = Contexta(workspace=str(tmp_path / "ws"), config=settings)
        with opened as contexta, contexta.run("training") as run:
            run.metric("loss", 0.5, step=1)
            told = re.search(r"serves its dashboard at (\S+)", capsys.readouterr().err)
            url = told[1] if told else None
            answer = ask(url) if ask and url else None
        return url, answer

    return capture


def runs_at(url):
    """Return the runs that a server tells of."""
    with urlopen(f"{url}runs", timeout=20) as answer:
        return [(each["run_id"].rpartition(".")[2], each["status"]) for each in json.load(answer)["runs"]]


def test_a_capture_serves_the_dashboard_where_it_is_enabled(capturing):
    """With true the open run is seen while it is captured, and the address answers no more when the session is closed."""
    url, runs = capturing(runs_at, enabled=True)
    assert [("training", "open")] == runs
    with pytest.raises(URLError):
        urlopen(url, timeout=5)


def test_a_capture_serves_nothing_where_it_is_not_enabled(capturing):
    """With false, which is the default, nothing listens and no thread is there."""
    import threading

    assert (None, None) == capturing(runs_at, enabled=False)
    assert (None, None) == capturing(runs_at)
    assert "contexta-dashboard" not in [each.name for each in threading.enumerate()]


def test_runs_are_changed_beside_a_capture(capturing, tmp_path):
    """With surfaces.http.writable as well, the address that is told lets runs be changed, and that without it does not."""

    def annotate(url):
        with Contexta(workspace=str(tmp_path / "ws"), sinks=()) as reader:
            run_id = reader.list_runs()[0].run_id
        base, _, token = url.partition("?token=")
        sent = Request(
            f"{base}ui/curation/annotate", urlencode({"run": run_id, "text": "seen", "token": token}).encode()
        )
        try:
            with urlopen(sent, timeout=20) as answer:
                return answer.status
        except HTTPError as error:
            return error.code

    assert [200, 405] == [capturing(annotate, enabled=True, writable=each)[1] for each in (True, False)]
    with Contexta(workspace=str(tmp_path / "ws"), sinks=()) as contexta:
        assert [[], ["seen"]] == sorted([note.text for note in run.notes] for run in contexta.list_runs())


def test_a_port_that_is_taken_is_no_trouble(capturing, caplog):
    """The capture goes on, and the log says that another has the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken, caplog.at_level(logging.WARNING):
        assert (None, None) == capturing(runs_at, enabled=True, port=taken.getsockname()[1])
    assert "is not served by process" in caplog.text


def test_other_machines_are_not_let_in(capturing, caplog):
    """An address that other machines reach is not listened on without the token of `contexta serve --expose`."""
    assert (None, None) == capturing(runs_at, enabled=True, host="0.0.0.0")
    assert "--expose" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_does_not_hold_the_port(capturing):
    """A worker that outlives the session does not keep the address open."""

    def fork(url):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        os.close(reading)
        return child, writing

    url, (child, writing) = capturing(fork, enabled=True)
    try:
        port = int(url.rpartition(":")[2].rstrip("/"))
        with socket.create_server(("127.0.0.1", port)):
            pass
    finally:
        os.close(writing)
        os.waitpid(child, 0)

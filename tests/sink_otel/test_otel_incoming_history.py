"""Which run telemetry belongs to that says only when it was."""

from __future__ import annotations

import pytest

from contexta_sink_otel.incoming.run_history import Place, RunHistory, RunWindow


class Scope:
    """An open or closed run."""

    def __init__(self, closed_at=None):
        self.closed_at = closed_at
        self.is_closed = closed_at is not None


def history_of(*windows):
    """Return the history of runs, given as name, opened and closed in seconds since the epoch."""
    history = RunHistory()
    for name, opened, closed in windows:
        scope = None if closed is None else Scope(f"1970-01-01T00:00:{closed:02}Z")
        history.remember(RunWindow(Place(None, {"run": name}), opened * 10**9, scope))
    return history


ONE_BY_ONE = (("first", 10, 20), ("second", 30, 40))
NESTED = (("outer", 10, 40), ("inner", 20, 30))


@pytest.mark.parametrize(
    ("windows", "start", "end", "expected"),
    [
        (ONE_BY_ONE, 12, 50, "first"),
        (ONE_BY_ONE, 35, 50, "second"),
        (ONE_BY_ONE, 5, 15, "first"),
        (ONE_BY_ONE, 5, 35, "second"),
        (ONE_BY_ONE, 22, 25, "first"),
        (ONE_BY_ONE, 50, 55, "second"),
        (ONE_BY_ONE, 1, 2, "first"),
        (NESTED, 25, 26, "inner"),
        (NESTED, 32, 33, "outer"),
        ((("open", 10, None),), 50, 60, "open"),
        ((("service", 10, None), ("own", 20, 30)), 25, 26, "own"),
    ],
    ids=[
        "in-the-first",
        "in-the-second",
        "into-the-first",
        "over-both",
        "between",
        "behind",
        "before",
        "in-both-of-two",
        "in-the-outer-alone",
        "in-one-that-is-open",
        "in-one-beside-that-of-the-service",
    ],
)
def test_the_run_of_a_time(windows, start, end, expected):
    """The run that was open when it began, else one that it touches, else the one before, else the one after."""
    place = history_of(*windows).place_in_time(start * 10**9, end * 10**9)
    assert {"run": expected} == place.refs


def test_without_a_run_there_is_no_place():
    """Where no run was ever open, the time says nothing."""
    assert RunHistory().place_in_time(1, 2) is None


def test_a_forgotten_run_takes_nothing_more():
    """A run that was forgotten is no place, and the history is empty again."""
    history = RunHistory()
    window = RunWindow(Place(None, {"run": "a"}), 1)
    history.remember(window)
    history.forget(window)
    assert (True, None) == (history.is_empty, history.place_in_time(1, 2))


def test_a_closed_run_lets_go_of_its_scope():
    """Once a run is closed, its scope, which holds a session with its stores, is not held any more."""
    window = RunWindow(Place(None, {"run": "a"}), 1, Scope("1970-01-01T00:00:02Z"))
    assert 2 * 10**9 == window.closed
    assert window.scope is None

"""What an exception that leaves a scope does: status, one event with the traceback, and back to the user."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class FrozenError(Exception):
    """An error whose attributes cannot be set."""

    number: int


class UnprintableError(Exception):
    """An error that cannot be shown."""

    def __str__(self):
        raise RuntimeError("no text")


@pytest.fixture
def events(ctx):
    """Return the events of the workspace."""
    return lambda: [each.flat for each in ctx.record_store.scan() if each.flat["type"] == "event"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("bad"), "failed"),
        (KeyboardInterrupt(), "failed"),
        (SystemExit(1), "failed"),
        (SystemExit("text"), "failed"),
        (SystemExit(0), "completed"),
        (SystemExit(), "completed"),
        (asyncio.CancelledError(), "cancelled"),
        (GeneratorExit(), "cancelled"),
    ],
    ids=repr,
)
def test_the_status_follows_the_exception(ctx, events, error, status):
    """Giving up on purpose is no failure; the exception goes on to the user as it was."""
    with pytest.raises(type(error)) as caught, ctx.run("r") as run, run.stage("s") as stage:
        raise error
    assert caught.value is error
    assert (run.status, stage.status) == (status, status)
    assert len(events()) == (1 if status == "failed" else 0)


def fail(depth):
    """Fail somewhere below."""
    if depth:
        fail(depth - 1)
    raise ZeroDivisionError("somewhere below")


def test_one_event_tells_of_the_innermost_scope(ctx, events):
    """However many scopes the exception leaves, the innermost has the event, with the whole traceback."""
    with pytest.raises(ZeroDivisionError), ctx.run("r") as run, run.stage("s") as stage, stage.operation("o"):
        fail(3)
    (event,) = events()
    assert (event["key"], event["level"], event["op"]) == ("operation.failed", "error", "op:default.r.s.o")
    assert event["message"] == "ZeroDivisionError: somewhere below"
    assert event["attributes"]["exception"] == "builtins.ZeroDivisionError"
    assert event["attributes"]["traceback"].count("in fail") == 4


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError(), "ValueError"),
        (FrozenError(3), "FrozenError: 3"),
        (OSError("no such file: '\udcff.bin' \0"), "OSError: no such file: 'U+DCFF.bin' \\x00"),
        (ValueError("x" * 3_000_000), "ValueError: " + "x" * 2000),
        (ValueError(" \n "), "ValueError"),
        (
            ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
            "ExceptionGroup: several (2 sub-exceptions)",
        ),
    ],
    ids=["empty", "frozen", "undecodable", "huge", "blank", "group"],
)
def test_any_exception_is_told_of_once(ctx, events, error, message):
    """Errors without text, that cannot be marked, with text that nothing can store, and endless ones."""
    with pytest.raises(type(error)), ctx.run("r") as run, run.stage("s"):
        raise error
    (event,) = events()
    assert event["message"] == message


def test_an_exception_that_cannot_be_shown_reaches_the_user(ctx):
    """Whatever goes wrong while the failure is told of, the user gets the user's own exception."""
    with pytest.raises(UnprintableError), ctx.run("r") as run:
        raise UnprintableError
    assert run.status == "failed"


def test_an_endless_recursion_reaches_the_user(ctx, events):
    """A RecursionError is told of as well."""

    def endless():
        endless()

    with pytest.raises(RecursionError), ctx.run("r"):
        endless()
    assert len(events()) == 1


def test_one_exception_that_fails_two_runs_is_told_of_in_both(ctx, events):
    """An exception that was kept and raised again in another run is that run's failure too."""
    error = ValueError("kept")
    for name in ("one", "two"):
        with pytest.raises(ValueError, match="kept"), ctx.run(name):
            raise error
    assert [each["run"] for each in events()] == ["run:default.one", "run:default.two"]


def test_one_exception_that_leaves_two_workspaces_is_told_of_in_both(opened, tmp_path):
    """Runs of one name in two workspaces each have the event."""
    first = opened()
    second = opened(workspace={"root_path": str(tmp_path / "other")})
    with pytest.raises(ValueError, match="x"), first.run("r"), second.run("r"):
        raise ValueError("x")
    assert [len(list(each.record_store.scan())) for each in (first, second)] == [1, 1]


def test_a_caught_exception_is_no_failure_of_the_run(ctx, events):
    """The stage that failed is failed; the run that went on is completed."""
    with ctx.run("r") as run:
        with pytest.raises(ValueError, match="x"), run.stage("s") as stage:
            raise ValueError("x")
        with run.stage("t"):
            pass
    assert (stage.status, run.status) == ("failed", "completed")
    assert len(events()) == 1


def test_the_exception_is_not_changed(ctx):
    """No note, no cause and no context is added to what the user raises."""
    error = ValueError("x")
    with pytest.raises(ValueError, match="x"), ctx.run("r"):
        raise error
    assert (error.args, error.__cause__, error.__context__) == (("x",), None, None)
    assert not hasattr(error, "__notes__")


def test_a_generator_that_is_closed_cancels_its_run(ctx):
    """A run held open by a generator that nobody exhausts is cancelled when the generator goes."""

    def generate():
        with ctx.run("r") as run:
            yield run
            yield run

    generator = generate()
    run = next(generator)
    generator.close()
    assert run.status == "cancelled"
    assert ctx.current_run() is None


def test_leaving_the_workspace_closes_what_is_open(opened, statuses):
    """Scopes that were opened without a with-statement are closed with the workspace, by how it is left."""
    with opened() as ctx:
        ctx.run("quiet")
    with pytest.raises(ValueError, match="x"), opened() as ctx:
        ctx.run("loud")
        raise ValueError("x")
    with pytest.raises(SystemExit), opened() as ctx:
        ctx.run("gone")
        sys.exit(0)
    found = statuses()
    assert (found["quiet"], found["loud"]) == ("completed", "failed")

"""The standard library's logging, warnings and uncaught exceptions as events."""

from __future__ import annotations

import logging
import logging.config
import subprocess
import sys
import textwrap
import threading
import warnings

import pytest

from contexta import Contexta
from contexta.runtime.logs import CaptureHandler, LogCapture


@pytest.fixture
def ctx(tmp_path):
    """Open a workspace."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as opened:
        yield opened


@pytest.fixture
def logger(request):
    """A logger of the test's own."""
    made = logging.getLogger(f"app.{request.node.name[:40].replace('.', '_')}")
    made.setLevel(logging.DEBUG)
    yield made
    for handler in list(made.handlers):
        made.removeHandler(handler)


def events(ctx, run):
    """Return the events of a run as (key, level, message, attributes)."""
    return [
        (
            each.flat["key"],
            each.flat.get("level", "info"),
            each.flat["message"],
            each.flat.get("attributes", {}),
        )
        for each in ctx.record_store.scan()
        if each.flat["type"] == "event" and each.flat["run"] == run.ref
    ]


def program(tmp_path, text, *arguments):
    """Run a program in a directory of its own, and return how it ended."""
    (tmp_path / "program.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return subprocess.run(
        [sys.executable, *arguments, "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(tmp_path, run="r"):
    """Return keys and messages of a run of a program that has ended, and the run's status."""
    with Contexta(workspace=str(tmp_path / ".contexta")) as ctx:
        snapshot = ctx.get_run_snapshot(run)
        return [(e.key, e.message) for e in snapshot.records if e.record_type == "event"], snapshot.run.status


@pytest.mark.parametrize(
    ("level", "word"),
    [
        (10, "debug"),
        (20, "info"),
        (25, "info"),
        (30, "warning"),
        (40, "error"),
        (50, "critical"),
        (60, "critical"),
    ],
)
def test_a_message_is_an_event_of_its_level(ctx, logger, level, word):
    """The logger's name makes the key, the text is formatted, and the level is the event's."""
    logger.addHandler(CaptureHandler(ctx))
    with ctx.run("r") as run:
        logger.log(level, "epoch %d of %s", 3, "ten")
    ((key, said_level, message, attributes),) = events(ctx, run)
    assert (f"log.{logger.name.replace('[', '-').replace(']', '')}".rstrip("-"), word, "epoch 3 of ten") == (
        key.rstrip("-"),
        said_level,
        message,
    )
    assert logger.name == attributes["logger"]
    assert "test_a_message_is_an_event_of_its_level" == attributes["function"]


def test_dictconfig_needs_no_arguments(ctx, logger):
    """The handler finds the open run by itself, so that dictConfig can make it before anything is open."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"contexta": {"class": "contexta.runtime.logs.CaptureHandler", "level": "WARNING"}},
            "loggers": {logger.name: {"handlers": ["contexta"], "level": "DEBUG"}},
        }
    )
    with ctx.run("r") as run:
        logger.info("too quiet")
        logger.warning("loud")
    assert ["loud"] == [message for _, _, message, _ in events(ctx, run)]


def test_the_innermost_scope_gets_the_message(ctx, logger):
    """What is logged in a stage belongs to the stage."""
    logger.addHandler(CaptureHandler(ctx))
    with ctx.run("r") as run, run.stage("train") as stage:
        logger.warning("here")
    (record,) = [each.flat for each in ctx.record_store.scan() if each.flat["type"] == "event"]
    assert stage.ref == record["stage"]


def test_a_thread_without_a_scope_logs_into_the_only_run(ctx, logger):
    """A worker thread that nobody bound still logs into the one run that is open."""
    logger.addHandler(CaptureHandler(ctx))
    with ctx.run("r") as run:
        thread = threading.Thread(target=logger.warning, args=("from a worker",))
        thread.start()
        thread.join()
    assert ["from a worker"] == [message for _, _, message, _ in events(ctx, run)]


def test_of_two_open_runs_none_is_guessed(ctx, logger, tmp_path):
    """A thread without a scope beside two open runs: its message could be either's, so neither gets it."""
    logger.addHandler(CaptureHandler())
    with (
        Contexta(workspace=str(tmp_path / "other")) as other,
        ctx.run("a") as first,
        other.run("b") as second,
    ):
        thread = threading.Thread(target=logger.warning, args=("whose?",))
        thread.start()
        thread.join()
    assert [] == events(ctx, first)
    with Contexta(workspace=str(tmp_path / "other")) as again:
        assert [] == events(again, second)


def test_without_a_run_nothing_happens(ctx, logger):
    """A message outside of any run is left out without a failure."""
    handler = CaptureHandler(ctx)
    logger.addHandler(handler)
    logger.warning("before")
    assert 0 == handler.failures
    assert [] == list(ctx.record_store.scan())


def test_exceptions_keep_their_traceback(ctx, logger):
    """logger.exception keeps the class and the traceback."""
    logger.addHandler(CaptureHandler(ctx))
    with ctx.run("r") as run:
        try:
            {}["lost"]
        except KeyError:
            logger.exception("looking")
    ((_, level, message, attributes),) = events(ctx, run)
    assert ("error", "looking", "builtins.KeyError") == (level, message, attributes["exception"])
    assert attributes["traceback"].endswith("KeyError: 'lost'")


def test_extra_is_kept(ctx, logger):
    """What is given with extra is kept: scalars as they are, anything else as its text."""
    logger.addHandler(CaptureHandler(ctx))
    with ctx.run("r") as run:
        logger.info("x", extra={"epoch": 3, "shape": (1, 2), "rate": 0.5, "bad": float("nan"), "big": 10**30})
    ((_, _, _, attributes),) = events(ctx, run)
    assert {"epoch": 3, "shape": "(1, 2)", "rate": 0.5, "bad": "nan", "big": str(10**30)} == attributes[
        "extra"
    ]


def test_secrets_are_replaced(ctx, logger):
    """A token in a message, in extra, and in a traceback does not reach the disk."""
    secret = "ghp_" + "A1b2C3d4" * 5
    logger.addHandler(CaptureHandler(ctx))
    with ctx.run("r"):
        try:
            int(f"no access with {secret}")
        except ValueError:
            logger.exception("with %s", secret, extra={"header": f"Bearer {secret}", "api_key": "short"})
    kept = b"".join(file.read_bytes() for file in ctx.session.workspace.rglob("*") if file.is_file())
    assert b"with [redacted" in kept
    assert secret.encode() not in kept
    assert b'"short"' not in kept


class Unprintable:
    """An argument that cannot be shown."""

    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("%s", (Unprintable(),)),
        ("%d", ("no number",)),
        ("%s %s", ("one",)),
        ("", ()),
        ("\ud800 \0 \x1b[31m", ()),
    ],
)
def test_no_message_raises(ctx, message, arguments, capsys):
    """Whatever is wrong with a message: logging goes on, and the next message is captured."""
    # Not through a logger: pytest's own handler raises for messages that cannot be shown.
    handler = CaptureHandler(ctx)
    with ctx.run("r") as run:
        for said in ((message, arguments), ("fine", ())):
            handler.handle(
                logging.makeLogRecord({"name": "app", "msg": said[0], "args": said[1], "levelno": 30})
            )
    assert "fine" == events(ctx, run)[-1][2]
    capsys.readouterr()


def test_a_workspace_that_fails_is_told_once(ctx, logger, capsys, monkeypatch):
    """A disk that refuses every event: nothing raises, every failure counts, and stderr has one report."""
    handler = CaptureHandler(ctx)
    logger.addHandler(handler)
    with ctx.run("r") as run:
        monkeypatch.setattr(type(run), "event", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
        for _ in range(3):
            logger.warning("x")
    assert 3 == handler.failures
    assert 1 == capsys.readouterr().err.count("--- Logging error ---")


def test_what_capturing_logs_does_not_come_back(tmp_path, logger):
    """A sink that logs while it takes the event of a log message: the message is captured once."""
    taken = []

    class Chatty:
        name = "chatty"
        supported_families = ("RECORD",)

        def supports(self, family):
            return family == "RECORD"

        def capture(self, *, family, payload):
            from contexta.capture import SinkCaptureReceipt

            taken.append(payload)
            logger.warning("sending %s", payload)
            return SinkCaptureReceipt.success()

    with Contexta(workspace=str(tmp_path / "ws"), sinks=[Chatty()]) as ctx:
        logger.addHandler(CaptureHandler(ctx))
        with ctx.run("r") as run:
            logger.warning("once")
        messages = [message for _, _, message, _ in events(ctx, run)]
    assert ["once"] == messages
    assert 1 == len(taken)


@pytest.mark.parametrize("name", ["contexta", "contexta.plugins", "noisy", "noisy.http"])
def test_ignored_loggers_are_left_out(ctx, name):
    """Ignored loggers and those below them are not captured, others with a like name are."""
    handler = CaptureHandler(ctx, ignored_loggers=("contexta", "noisy"))
    with ctx.run("r") as run:
        for each in (name, f"{name.partition('.')[0]}x"):
            handler.handle(logging.makeLogRecord({"name": each, "msg": each, "levelno": 30}))
    assert [f"{name.partition('.')[0]}x"] == [message for _, _, message, _ in events(ctx, run)]


@pytest.mark.parametrize(
    ("name", "key"), [("a.b", "log.a.b"), ("root", "log.root"), ("", "log.root"), ("a b..c/ü", "log.a-b.c/-")]
)
def test_any_name_of_a_logger_makes_a_key(ctx, name, key):
    """Characters that no key may have are replaced, empty parts are left out."""
    handler = CaptureHandler(ctx)
    with ctx.run("r") as run:
        handler.handle(logging.makeLogRecord({"name": name, "msg": "x", "levelno": 20}))
    assert [key] == [found for found, _, _, _ in events(ctx, run)]


def test_a_capture_ends(ctx, logger):
    """Within the block messages and warnings are captured; afterwards logging, warnings and hooks are as before."""
    before = (warnings.showwarning, sys.excepthook, threading.excepthook, list(logging.getLogger().handlers))
    with ctx.run("r") as run:
        with ctx.capture_logs(logger=logger.name, level="DEBUG"):
            logger.debug("inside")
        logger.debug("outside")
    assert before == (
        warnings.showwarning,
        sys.excepthook,
        threading.excepthook,
        list(logging.getLogger().handlers),
    )
    assert ["inside"] == [message for _, _, message, _ in events(ctx, run)]


def test_closing_twice_is_harmless(ctx):
    """A second close changes nothing, also when somebody has hooked in since."""
    capture = LogCapture(ctx)
    ours = sys.excepthook

    def theirs(*arguments):
        return ours(*arguments)

    sys.excepthook = theirs
    try:
        capture.close()
        capture.close()
        assert theirs is sys.excepthook
    finally:
        sys.excepthook = sys.__excepthook__


def test_warnings_are_captured_and_still_shown(tmp_path):
    """A warning becomes an event with its place, and stderr shows it as ever."""
    done = program(
        tmp_path,
        """
        import warnings
        from contexta import Contexta

        with Contexta() as ctx, ctx.run("r"), ctx.capture_logs():
            warnings.warn("old way", DeprecationWarning, stacklevel=1)
            warnings.warn("odd", UserWarning)
        """,
        "-Walways",
    )
    assert (0, "") == (done.returncode, done.stdout)
    assert "DeprecationWarning: old way" in done.stderr
    found, status = told(tmp_path)
    assert ([("warning.DeprecationWarning", "old way"), ("warning.UserWarning", "odd")], "completed") == (
        found,
        status,
    )


def test_an_uncaught_exception_fails_the_open_run(tmp_path):
    """A run that was opened by hand, and an exception that ends the program: the run is failed, and says why."""
    done = program(
        tmp_path,
        """
        from contexta import Contexta

        ctx = Contexta()
        run = ctx.run("r")
        ctx.capture_logs()
        raise ValueError("broken")
        """,
    )
    assert 1 == done.returncode
    assert done.stderr.endswith("ValueError: broken\n")
    assert ([("run.failed", "ValueError: broken")], "failed") == told(tmp_path)


def test_an_exception_in_a_thread_is_an_event(tmp_path):
    """A thread that ends with an exception leaves an event; the run goes on and completes."""
    done = program(
        tmp_path,
        """
        import threading
        from contexta import Contexta

        with Contexta() as ctx, ctx.run("r"), ctx.capture_logs():
            thread = threading.Thread(target=lambda: 1 / 0, name="loader")
            thread.start()
            thread.join()
        """,
    )
    assert 0 == done.returncode
    assert "ZeroDivisionError" in done.stderr
    assert ([("thread.failed", "loader ended with ZeroDivisionError")], "completed") == told(tmp_path)


def test_a_child_process_logs_into_its_parents_run(tmp_path):
    """A spawned child configures logging and logs into the run that its parent has open."""
    done = program(
        tmp_path,
        """
        import logging, multiprocessing
        from contexta import Contexta
        from contexta.runtime.logs import CaptureHandler

        def work():
            with Contexta() as ctx:
                logging.getLogger("child").addHandler(CaptureHandler(ctx))
                logging.getLogger("child").warning("from the child")

        if __name__ == "__main__":
            with Contexta() as ctx, ctx.run("r"):
                process = multiprocessing.get_context("spawn").Process(target=work)
                process.start()
                process.join()
        """,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert ([("log.child", "from the child")], "completed") == told(tmp_path)

from __future__ import annotations

import logging
import re
import sys
import threading
import time
import types

import pytest

from contexta import Contexta
from contexta.errors import (
    ConfigurationError,
    MissingPluginError,
    PluginConflictError,
    PluginError,
)

SINK = """
from dataclasses import dataclass, field
from contexta.plugins import Provider, hookimpl
from contexta.spi.sinks import PayloadFamily, SinkCaptureReceipt

TAKEN = []

@dataclass(frozen=True)
class Options:
    label: str = "none"

class Sink:
    name = "zz_one"
    supported_families = tuple(PayloadFamily)
    def __init__(self, context, options):
        self.context, self.options = context, options
    def supports(self, family):
        return True
    def capture(self, *, family, payload):
        {capture}
        TAKEN.append((self.options.label, str(family)))
        return SinkCaptureReceipt.success()
    {extra}

@hookimpl
def contexta_sinks():
    return [Provider("zz_one", {factory}, options=Options, api={api})]
"""


@pytest.fixture
def acme(site):
    """Install a sink, as its parts are given."""

    def install(*, capture="pass", extra="", factory="Sink", api=1, header=""):
        source = header + SINK.format(capture=capture, extra=extra, factory=factory, api=api)
        site.module("zz_acme", source)
        site.distribution("zz-acme", {"sink": {"zz_one": "zz_acme"}}, version="1.2")
        return site

    return install


def taken():
    """Return what the sinks of the module got."""
    return sys.modules["zz_acme"].TAKEN


def test_sinks_are_opened_in_order_and_get_what_they_ask_for(acme, opened):
    """Each entry is a sink of its own: by id, with its options and families, in the order of the list."""
    acme()
    sinks = [
        {"use": "zz_one", "id": "b", "options": {"label": "first"}},
        {"use": "zz_one", "id": "a", "options": {"label": "second"}, "families": ["artifact"]},
        {"use": "zz-one", "options": {"label": "third"}, "families": ["RECORD"]},
    ]
    ctx = opened(capture={"sinks": sinks})
    with ctx.run("r") as run:
        result = run.metric("loss", 0.5)
    assert [each.sink_name for each in result.deliveries] == ["workspace", "b", "a", "zz-one"]
    assert [str(each.status) for each in result.deliveries] == ["SUCCESS", "SUCCESS", "SKIPPED", "SUCCESS"]
    assert taken() == [("first", "RECORD"), ("third", "RECORD")]
    assert ctx.sinks[0].context.root == ctx.sinks[0].context.workspace / "sinks" / "b"


def test_the_nearest_contexta_toml_names_sinks(acme, tmp_path, monkeypatch):
    """A program deep in a project delivers to the sink that the project's contexta.toml names."""
    acme()
    (tmp_path / "contexta.toml").write_text(
        '[workspace]\nroot_path = "runs"\n[records]\ndurability_mode = "flush"\n'
        '[[capture.sinks]]\nuse = "zz_one"\n[capture.sinks.options]\nlabel = "toml"\n'
    )
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    with Contexta() as ctx, ctx.run("r") as run:
        run.metric("loss", 0.5)
    assert taken() == [("toml", "RECORD")]
    assert (tmp_path / "runs").is_dir()


def test_two_sinks_of_one_id_are_refused(acme, opened):
    """An id is the name of the deliveries, so that two cannot share it."""
    acme()
    with pytest.raises(
        ConfigurationError, match=r"capture\.sinks\[1\]\.id: 'zz_one' is already the id of sink 0"
    ):
        opened(capture={"sinks": ["zz_one", "zz_one"]})


def test_a_sink_that_raises_spoils_only_itself(acme, opened, listed, caplog):
    """The run goes on; the result, the log once, this host and a later listing say what the sink said."""
    acme(capture="raise ConnectionError('refused')")
    ctx = opened(capture={"sinks": ["zz_one"]})
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"), ctx.run("r") as run:
        results = [run.metric("loss", value) for value in (0.5, 0.4)]
    assert [result.degradation_reasons for result in results] == [("sink_failed:zz_one",)] * 2
    assert results[0].deliveries[1].detail == "refused"
    assert caplog.messages == ["the sink 'zz_one' failed: ConnectionError: refused"]
    assert len(list(ctx.record_store.scan())) == 3
    ctx.close()
    [plugin] = listed()
    assert plugin.status == "available"
    assert "failed when it was last used" in plugin.reason
    assert plugin.reason.endswith("as 'zz_one': ConnectionError: refused")


def test_secrets_in_what_a_sink_says_are_not_written(acme, opened, listed, caplog):
    """What a failing sink says passes through redaction before it is logged and kept."""
    secret = "ghp_" + "a1B2" * 9
    acme(capture=f"raise ConnectionError('token {secret} refused')")
    ctx = opened(capture={"sinks": ["zz_one"]})
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"), ctx.run("r") as run:
        run.metric("loss", 0.5)
    ctx.close()
    assert secret not in caplog.text
    assert secret not in listed()[0].reason


def test_a_sink_that_recovers_is_forgotten(acme, opened, listed):
    """When a later session goes well the listing has nothing to tell; a session without captures proves nothing."""
    acme(capture="\n        if self.options.label == 'down': raise ConnectionError('refused')")
    down = {"sinks": [{"use": "zz_one", "options": {"label": "down"}}]}
    with opened(capture=down) as ctx, ctx.run("r") as run:
        run.metric("loss", 0.5)
    assert "refused" in listed()[0].reason
    opened(capture={"sinks": ["zz_one"]}).close()
    assert "refused" in listed()[0].reason
    with opened(capture={"sinks": ["zz_one"]}) as ctx, ctx.run("r2") as run:
        run.metric("loss", 0.5)
    assert listed()[0].reason is None


def test_a_sink_that_hangs_at_close_is_left_behind(acme, opened, listed, caplog):
    """Closing ends after the sink's deadline; the warning, the log and a later listing name the sink and the call."""
    acme(extra="def close(self):\n        import zz_waiting; zz_waiting.release.wait()")
    sys.modules["zz_waiting"] = waiting = types.ModuleType("zz_waiting")
    waiting.release = threading.Event()
    ctx = opened(capture={"sinks": [{"use": "zz_one", "close_timeout_seconds": 0.1}]})
    with ctx.run("r") as run:
        assert run.metric("loss", 0.5).status == "SUCCESS"
    begin = time.monotonic()
    with pytest.warns(
        RuntimeWarning, match=r"sink 'zz_one' failed at closing: its close\(\) did not return within 0.1 s"
    ):
        ctx.close()
    assert time.monotonic() - begin < 5
    assert "at closing: CaptureError: its close() did not return" in listed()[0].reason
    waiting.release.set()
    del sys.modules["zz_waiting"]
    for thread in threading.enumerate():
        if thread.name == "contexta-close-zz_one":
            thread.join()


def test_a_sink_that_exits_at_close_ends_nothing(acme, opened):
    """SystemExit of a sink that is closed is its failure; the program goes on."""
    acme(extra="def flush(self, timeout):\n        raise SystemExit(f'after {timeout}')")
    ctx = opened(capture={"sinks": ["zz_one"]})
    with pytest.warns(RuntimeWarning, match=r"its flush\(\) raised SystemExit: after 5.0"):
        ctx.close()


BROKEN = {
    "cannot be imported": (
        {"header": "import zz_not_there\n"},
        "plugin_load_failed",
        "No module named 'zz_not_there'",
    ),
    "exits at import": ({"header": "raise SystemExit(3)\n"}, "plugin_load_failed", "SystemExit"),
    "later interface": ({"api": 2}, "plugin_not_usable", "written for plugin interface 2, and this is 1.0"),
    "cannot be opened": ({"factory": "lambda *_: 1 / 0"}, "plugin_factory_failed", "division by zero"),
    "is no sink": (
        {"factory": "lambda *_: 3"},
        "plugin_wrong_component",
        "it lacks supports() and capture()",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_sink_that_is_not_required_is_left_out(acme, opened, listed, caplog, case):
    """The session opens and the run is kept; each capture, the log, and a later listing say why the sink is missing."""
    parts, code, reason = BROKEN[case]
    acme(**parts)
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        ctx = opened(capture={"sinks": ["zz_one"]})
        with ctx.run("r") as run:
            results = [run.metric("loss", value) for value in (0.5, 0.4)]
    for result in results:
        assert result.degradation_reasons == ("sink_failed:zz_one",)
        assert reason in result.deliveries[1].detail
        assert result.deliveries[1].metadata["error_code"] == code
    [message] = caplog.messages
    assert message.startswith("the sink 'zz_one' is left out: ")
    assert reason in message
    assert [each.name for each in ctx.list_runs()] == ["r"]
    ctx.close()
    assert reason in listed()[0].reason


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("policy", ["required", "raise"])
def test_a_broken_sink_raises_where_that_is_asked_for(acme, opened, case, policy):
    """A required sink that cannot be opened stops the program at its opening; so does any, under `raise`."""
    parts, code, reason = BROKEN[case]
    acme(**parts)
    sink = {"use": "zz_one", "required": policy == "required"}
    section = {"on_error": "raise"} if policy == "raise" else {}
    with pytest.raises(PluginError, match=re.escape(reason)) as caught:
        opened(capture={"sinks": [sink]}, plugins=section)
    assert caught.value.code == code


def test_nothing_is_said_where_failures_are_ignored(acme, opened, caplog):
    """With `ignore` the log is silent; the results tell all the same."""
    acme(header="raise ValueError('boom')\n")
    with caplog.at_level(logging.DEBUG, logger="contexta.plugins"):
        ctx = opened(capture={"sinks": ["zz_one"]}, plugins={"on_error": "ignore"})
        with ctx.run("r") as run:
            assert run.metric("loss", 0.5).degradation_reasons == ("sink_failed:zz_one",)
    assert caplog.messages == []


def test_what_a_missing_sink_did_not_get_is_kept_for_replay(acme, opened):
    """Under `outbox` each delivery that a broken plugin missed is kept; it is not tried again and again."""
    acme(header="raise ValueError('boom')\n")
    capture = {
        "sinks": ["zz_one"],
        "dispatch_failure_mode": "outbox",
        "retry_attempts": 3,
        "retry_backoff_seconds": 60,
    }
    with opened(capture=capture) as ctx, ctx.run("r") as run:
        result = run.metric("loss", 0.5)
    assert result.recovered_to_outbox


def test_mistakes_in_the_configuration_raise(acme, opened, site):
    """A name that nobody offers, one that two offer, and an unknown option are errors whatever the sink is worth."""
    acme()
    with pytest.raises(MissingPluginError, match="no sink named 'zz_onne'"):
        opened(capture={"sinks": ["zz_onne"]})
    with pytest.raises(ConfigurationError, match=r"capture\.sinks\[0\]\.options\.lable: unknown option"):
        opened(capture={"sinks": [{"use": "zz_one", "options": {"lable": "x"}}]})
    site.distribution("zz-rival", {"sink": {"zz_one": "zz_rival"}})
    with pytest.raises(PluginConflictError, match="zz-rival:zz_one"):
        opened(capture={"sinks": ["zz_one"]})


def test_a_sink_attached_by_the_program_is_logged_and_not_listed(opened, workspace, caplog):
    """A sink that no configuration names has no line in a listing; its failure is in the log."""

    class Mine:
        name = "mine"
        supported_families = ()

        def supports(self, family):
            return True

        def capture(self, *, family, payload):
            raise ConnectionError("refused")

    with (
        caplog.at_level(logging.WARNING, logger="contexta.plugins"),
        Contexta(workspace=str(workspace), sinks=[Mine()]) as ctx,
        ctx.run("r") as run,
    ):
        run.metric("loss", 0.5)
    assert caplog.messages == ["the sink 'mine' failed: ConnectionError: refused"]
    assert not (workspace / "plugins").exists()


def test_an_error_without_a_text_is_told_at_closing(acme, opened):
    """A sink whose error cannot even be shown does not keep the session from closing."""
    acme(
        extra="def close(self):\n        raise Mute",
        header="class Mute(Exception):\n    def __str__(self): raise ValueError\n",
    )
    ctx = opened(capture={"sinks": ["zz_one"]})
    with pytest.warns(RuntimeWarning, match=r"its close\(\) raised Mute, which has no text"):
        ctx.close()

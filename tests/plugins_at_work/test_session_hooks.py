from __future__ import annotations

import os
import subprocess
import sys

import pytest

from contexta.errors import MissingPluginError
from contexta.plugins import Provider, hookimpl
from contexta.testing.hook_recorder import HookRecorder

#: The hooks that tell, each with what its arguments say.
SAID = {
    "configure": lambda told: (told["config"].project_name,),
    "unconfigure": lambda told: (),
    "session_opened": lambda told: (told["session"].project_name,),
    "session_closed": lambda told: ([name for name, _ in told["failures"]],),
    "run_started": lambda told: (told["run"].run_id,),
    "run_finished": lambda told: (told["run"].run_id, told["outcome"]),
}


def told(recorder):
    """Return what a plugin that observes was told so far; that components were opened is left out."""
    return [(call.hook, *SAID[call.hook](call.arguments)) for call in recorder.calls if call.hook in SAID]


def test_the_life_of_a_session_is_told_in_order(opened, hook_recorder):
    """Configured, opened before the first run, each run's start and end, closed, let go; nothing for a record."""
    ctx = opened(registered=[hook_recorder])
    assert told(hook_recorder) == [("configure", "default")]
    with ctx.run("a") as run:
        for step in range(50):
            run.metric("loss", 0.5, step=step)
    with pytest.raises(ZeroDivisionError), ctx.run("b"):
        raise ZeroDivisionError
    ctx.close()
    ctx.close()
    assert told(hook_recorder)[1:] == [
        ("session_opened", "default"),
        ("run_started", "a"),
        ("run_finished", "a", "completed"),
        ("run_started", "b"),
        ("run_finished", "b", "failed"),
        ("session_closed", []),
        ("unconfigure",),
    ]


def test_a_run_that_is_still_open_is_finished_first(opened, hook_recorder):
    """Closing the session ends its runs, and the plugin hears of them before it hears of the session."""
    ctx = opened(registered=[hook_recorder])
    ctx.run("a")
    ctx.close()
    assert told(hook_recorder)[-3:] == [
        ("run_finished", "a", "completed"),
        ("session_closed", []),
        ("unconfigure",),
    ]


def test_a_deployment_opens_a_session_too(opened, hook_recorder):
    """A session that captures a deployment is a session; it has no run to tell of."""
    with opened(registered=[hook_recorder]) as ctx, ctx.deployment("serving"):
        pass
    assert [each[0] for each in told(hook_recorder)] == [
        "configure",
        "session_opened",
        "session_closed",
        "unconfigure",
    ]


def test_a_session_that_captures_nothing_is_not_told_of(opened, hook_recorder):
    """Asking questions opens no session for plugins; they are configured and let go."""
    with opened(registered=[hook_recorder]) as ctx:
        ctx.list_runs()
    assert [each[0] for each in told(hook_recorder)] == ["configure", "unconfigure"]


def test_a_session_that_cannot_be_opened_lets_its_plugins_go(opened, hook_recorder):
    """A mistake in the configuration that is found late still ends what `contexta_configure` began."""
    with pytest.raises(MissingPluginError):
        opened(registered=[hook_recorder], capture={"sinks": ["zz_nowhere"]})
    assert [each[0] for each in told(hook_recorder)] == ["configure", "unconfigure"]


def test_sinks_that_fail_at_closing_are_told(opened, hook_recorder):
    """Who observes the end of a session learns which sinks failed at it."""

    class Bad:
        name = "bad"
        supported_families = ()

        def supports(self, family):
            return False

        def capture(self, *, family, payload):
            raise AssertionError

        def close(self):
            raise OSError("cannot close")

    class Offering:
        @hookimpl
        def contexta_sinks(self):
            return [Provider("bad", lambda *_: Bad())]

    ctx = opened(registered=[Offering(), hook_recorder], capture={"sinks": ["bad"]})
    with ctx.run("a"):
        pass
    with pytest.warns(RuntimeWarning, match="sink 'bad' failed at closing: cannot close"):
        ctx.close()
    assert ("session_closed", ["bad"]) in told(hook_recorder)


def test_an_observer_that_raises_harms_no_run(opened, hook_recorder):
    """Whatever an observer raises, the run is kept as it was, and the other observer hears everything."""

    class Raising(HookRecorder):
        @hookimpl
        def contexta_run_started(self):
            raise ValueError("boom")

        @hookimpl
        def contexta_run_finished(self):
            raise ValueError("boom")

    with opened(registered=[Raising(), hook_recorder]) as ctx:
        with ctx.run("a") as run:
            run.metric("loss", 0.5)
        assert [(each.name, each.status) for each in ctx.list_runs()] == [("a", "completed")]
    assert ("run_finished", "a", "completed") in told(hook_recorder)


def test_an_installed_observer_comes_into_use_with_the_session(site, opened):
    """A plugin of the group of hooks is imported when the first run opens the stores, and hears of that run."""
    site.module(
        "zz_watching",
        "from contexta.plugins import hookimpl\n"
        "TOLD = []\n"
        "@hookimpl\ndef contexta_session_opened(session): TOLD.append('opened')\n"
        "@hookimpl\ndef contexta_run_started(run): TOLD.append(run.run_id)\n",
    )
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    ctx = opened()
    assert "zz_watching" not in sys.modules
    with ctx.run("a"):
        pass
    assert sys.modules["zz_watching"].TOLD == ["opened", "a"]


def test_a_broken_observer_harms_no_run(site, opened):
    """An installed plugin that cannot be imported, and that nobody named, is left out."""
    site.module("zz_broken", "raise SystemExit(3)")
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_broken"}})
    with opened() as ctx, ctx.run("a") as run:
        assert run.metric("loss", 0.5).status == "SUCCESS"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_tells_nothing(opened, hook_recorder):
    """What a forked child closes is its parent's to tell."""
    ctx = opened(registered=[hook_recorder])
    run = ctx.run("a")
    count = len(told(hook_recorder))
    child = os.fork()
    if child == 0:
        code = 3
        try:
            ctx.close()
            code = 0 if len(told(hook_recorder)) == count else 4
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    run.close()
    assert told(hook_recorder)[-1] == ("run_finished", "a", "completed")


def test_a_workspace_that_is_only_opened_loads_no_plugin_machinery(tmp_path):
    """Opening and closing a workspace with nothing registered loads neither pluggy nor importlib_metadata."""
    program = """
import sys
from contexta import Contexta
with Contexta(workspace=sys.argv[1]):
    pass
loaded = {"pluggy", "importlib_metadata", "packaging"} & sys.modules.keys()
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program, tmp_path / "ws"], check=True, cwd=tmp_path)


def test_a_store_can_be_wrapped(opened):
    """A plugin may stand around the opening of every component: here it writes down which are opened."""
    seen = []

    class Wrapping:
        @hookimpl(wrapper=True)
        def contexta_open_component(self, kind, name):
            component = yield
            seen.append((kind, name, type(component).__name__))
            return component

    with opened(registered=[Wrapping()]) as ctx, ctx.run("a") as run:
        run.metric("loss", 0.5)
    assert [(kind, name) for kind, name, _ in seen] == [
        ("metadata_store", "duckdb"),
        ("record_store", "jsonl_segments"),
    ]

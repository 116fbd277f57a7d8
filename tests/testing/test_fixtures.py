"""The fixtures of the plugin of pytest: distributions for one test, recorded hooks, an environment that is kept."""

from __future__ import annotations

import os
import sys

import pytest

from contexta.plugins import PluginHost
from contexta.testing.environment_leaks import environment_kept
from contexta.testing.fake_distributions import FakeDistributions
from contexta.testing.workspaces import open_plain_workspace

SINK = """
    from contexta.plugins import Provider, hookimpl

    @hookimpl
    def contexta_sinks():
        return [Provider("zz_kit", lambda context, options: "built")]
"""


def test_a_distribution_is_installed(fake_dist):
    """A distribution with an entry point and a module is found, and its plugin serves."""
    folder = fake_dist(
        "zz-kit", {"sink": {"zz_kit": "zz_kit_plugin"}}, {"zz_kit_plugin.py": SINK}, version="3.1"
    )
    host = PluginHost(environ={})
    [found] = [each for each in host.describe() if each.name == "zz_kit"]
    assert ("zz-kit", "3.1", "available") == (found.distribution, found.version, found.status)
    assert "built" == host.open("sink", "zz_kit", None, required_by="the test")
    assert "zz_kit-3.1.dist-info" == folder.name


def test_a_distribution_that_does_not_fit_is_refused(fake_dist):
    """What a distribution requires stands in its metadata: one for an older kernel is incompatible."""
    fake_dist("zz-kit", {"sink": {"zz_kit": "zz_kit_plugin"}}, requires=["contexta<2"])
    [found] = [each for each in PluginHost(environ={}).describe() if each.name == "zz_kit"]
    assert "incompatible" == found.status


def test_files_may_lie_in_packages(fake_dist, monkeypatch):
    """Files are written at their paths, with common indentation taken away."""
    fake_dist("zz-kit", files={"zz_kit/__init__.py": "", "zz_kit/part.py": "\n    NAME = 'part'\n"})
    from zz_kit.part import NAME

    assert "part" == NAME


def test_what_was_imported_is_forgotten(tmp_path, monkeypatch):
    """After the test nothing of a fake distribution is in `sys.modules`, and what is not of it stays."""
    distributions = FakeDistributions(tmp_path)
    distributions("zz-kit", files={"zz_kit_once.py": ""})
    monkeypatch.syspath_prepend(tmp_path)
    import zz_kit_once

    assert zz_kit_once is sys.modules["zz_kit_once"]
    distributions.forget_modules()
    assert "zz_kit_once" not in sys.modules
    assert "pytest" in sys.modules


def test_hooks_are_recorded(hook_recorder, tmp_path):
    """The recorder hears of the configuration, of what is opened, of the session and its runs, in order."""
    with open_plain_workspace(tmp_path / "workspace", hook_recorder) as ctx, ctx.run("first"):
        pass
    order = [hook for hook in hook_recorder.hooks if hook != "open_component"]
    assert [
        "configure",
        "session_opened",
        "run_started",
        "run_finished",
        "session_closed",
        "unconfigure",
    ] == order
    opened = {call.arguments["name"] for call in hook_recorder.calls if call.hook == "open_component"}
    assert {"plain"} == opened
    [finished] = [call for call in hook_recorder.calls if call.hook == "run_finished"]
    assert "completed" == finished.arguments["outcome"]


def test_an_environment_that_changed_fails_the_test():
    """A variable that was set, changed or removed and not put back is a failure that names it, and is put back."""
    os.environ["ZZ_CHANGED"] = "before"
    os.environ["ZZ_REMOVED"] = "before"
    try:
        with pytest.raises(pytest.fail.Exception) as caught, environment_kept():
            os.environ["ZZ_SET"] = "new"
            os.environ["ZZ_CHANGED"] = "after"
            del os.environ["ZZ_REMOVED"]
        assert "the test changed environment variables: ZZ_CHANGED, ZZ_REMOVED, ZZ_SET" == str(caught.value)
        assert "ZZ_SET" not in os.environ
        assert ["before", "before"] == [os.environ["ZZ_CHANGED"], os.environ["ZZ_REMOVED"]]
    finally:
        del os.environ["ZZ_CHANGED"], os.environ["ZZ_REMOVED"]


def test_an_environment_that_is_kept_is_no_failure(no_env_leak, monkeypatch):
    """What monkeypatch sets and puts back is no leak."""
    monkeypatch.setenv("ZZ_SET", "for the test")
    assert "for the test" == os.environ["ZZ_SET"]

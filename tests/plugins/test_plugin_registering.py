from __future__ import annotations

import logging
import sys
import types

import pytest

from contexta.errors import (
    PluginConflictError,
    PluginError,
    PluginLoadError,
    PluginNotUsableError,
)
from contexta.plugins import Provider, hookimpl

HEADER = "from contexta.plugins import Provider, hookimpl\n"


class OneSink:
    """A plugin object with a sink of a given name."""

    def __init__(self, name="zz_one", **fields):
        self.provider = Provider(name, lambda context, options: (context, options), **fields)

    @hookimpl
    def contexta_sinks(self):
        return [self.provider]


def test_registered_plugin_serves_and_wins(site, new_host, resolve):
    """A registered object serves without being installed, before an installed one of the same name."""
    site.sink("zz-a", "zz_one", "zz_module")
    plugin = OneSink(summary="mine")
    host = new_host(plugins=[plugin])
    assert resolve(host) is plugin.provider
    assert "zz_module" not in sys.modules
    assert resolve(host, "zz-a:zz_one") is not plugin.provider


def test_registered_plugin_is_listed(new_host, described):
    """A registered plugin is among the names and described as active."""
    host = new_host(plugins=[OneSink("zz_mine", summary="mine")], autoload=False)
    assert "zz_mine" in host.names("sink")
    assert [(plugin.status, plugin.summary) for plugin in described(host, "zz_mine")] == [("active", "mine")]


def test_registered_module_and_name(new_host, resolve):
    """A module made in a notebook can be registered under a name of its own."""
    module = types.ModuleType("zz_notebook")
    module.contexta_sinks = hookimpl(lambda: [Provider("zz_one", print)])
    # pluggy finds hooks by the function's name, as a `def` in a module would have it.
    module.contexta_sinks.__name__ = "contexta_sinks"
    host = new_host()
    assert host.register(module, name="notebook") == "notebook"
    assert resolve(host).name == "zz_one"


def test_two_registered_plugins_with_one_name_clash(new_host, resolve):
    """The second of two registered plugins with one name is refused and leaves nothing behind."""
    first, second = OneSink(), OneSink()
    host = new_host(plugins=[first])
    with pytest.raises(PluginConflictError, match="already offers a sink named 'zz_one'"):
        host.register(second)
    assert resolve(host) is first.provider


def test_registering_one_object_twice_is_refused(new_host):
    """The same object cannot be registered again."""
    plugin = OneSink()
    host = new_host(plugins=[plugin])
    with pytest.raises(PluginLoadError, match="no valid plugin"):
        host.register(plugin)


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(2)])
def test_registered_plugin_that_raises_leaves_nothing(new_host, error, resolve):
    """A registration hook that raises is a load error, and the corrected object can be registered after it."""

    class Raising(OneSink):
        failing = True

        @hookimpl
        def contexta_sinks(self):
            if self.failing:
                raise error
            return super().contexta_sinks()

    plugin = Raising()
    host = new_host()
    with pytest.raises(PluginLoadError) as caught:
        host.register(plugin)
    assert caught.value.__cause__ is error
    plugin.failing = False
    host.register(plugin)
    assert resolve(host) is plugin.provider


def test_registered_plugin_of_another_interface_is_refused(new_host):
    """A registered provider is held to the interface as an installed one is."""
    with pytest.raises(PluginNotUsableError, match="plugin interface 7"):
        new_host(plugins=[OneSink(api=7)])


def test_describe_imports_nothing_and_shows_every_state(site, new_host):
    """The listing has a line for each plugin with its state, and imports none of them."""
    site.sink("zz-free", "zz_free", "zz_m1")
    site.sink("zz-off", "zz_off", "zz_m2")
    site.sink("zz-old", "zz_old", "zz_m3", requires=["contexta<2"])
    site.sink("zz-x", "zz_twin", "zz_m4")
    site.sink("zz-y", "zz_twin", "zz_m5")
    site.distribution("zz-new", {"flavour": {"zz_new": "m"}})
    (site.distribution("zz-torn", {}) / "entry_points.txt").write_bytes(b"[contexta.sink]\n\xff\n")
    host = new_host(disabled=["zz-off"])
    states = {
        (plugin.distribution.rpartition("/")[2], plugin.status)
        for plugin in host.describe()
        if "zz" in plugin.distribution
    }
    assert states == {
        ("zz-free", "available"),
        ("zz-off", "blocked"),
        ("zz-old", "incompatible"),
        ("zz-x", "conflict"),
        ("zz-y", "conflict"),
        ("zz-new", "unknown-kind"),
        ("zz_torn-1.0.dist-info", "failed"),
    }
    assert not [name for name in sys.modules if name.startswith("zz_m")]


def test_verify_imports_all_and_knows_the_summaries(site, new_host, described):
    """Verifying imports every plugin, so that the listing has the providers' own words."""
    site.sink("zz-a", "zz_one", "zz_module", provider="Provider('zz_one', print, summary='Prints.')")
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    site.module("zz_watching", HEADER + "@hookimpl\ndef contexta_run_started(run): pass")
    host = new_host(allow=["zz-a", "zz-o"])
    assert [plugin.summary for plugin in described(host)] == [None]
    verified = {plugin.name: plugin for plugin in host.verify()}
    assert (verified["zz_one"].status, verified["zz_one"].summary) == ("active", "Prints.")
    assert verified["zz_watch"].status == "active"


class Watcher:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def contexta_run_started(self, run):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer, run


def test_one_observer_that_raises_spoils_no_other(new_host, caplog):
    """Of three observers the middle one raises: both others are heard, the failure is recorded and logged once."""
    host = new_host()
    for name, answer in (("first", 1), ("bad", ValueError("boom")), ("last", 3)):
        host.register(Watcher(answer), name=name)
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        for _ in range(2):
            # The plugin that came last is asked first.
            assert host.notify("contexta_run_started", run="r") == [("last", (3, "r")), ("first", (1, "r"))]
    [failure] = [failure for failure in host.failures if failure.stage == "notify"]
    assert (failure.distribution, failure.name) == ("bad", "contexta_run_started")
    assert len(caplog.records) == 1


def test_observer_may_take_fewer_arguments_and_optional_ones(new_host):
    """An observer names only what it wants; a parameter with a default gets the value where the hook has it."""

    class Choosy:
        @hookimpl
        def contexta_session_closed(self, session, failures="none", future="default"):
            return session, failures, future

    class Frugal:
        @hookimpl
        def contexta_session_closed(self):
            return "closed"

    host = new_host()
    host.register(Choosy(), name="choosy")
    host.register(Frugal(), name="frugal")
    assert dict(host.notify("contexta_session_closed", session="s", failures="f")) == {
        "choosy": ("s", "f", "default"),
        "frugal": "closed",
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_interrupt_and_exhausted_memory_pass(new_host, error):
    """What is no fault of the observer is not swallowed."""
    with pytest.raises(type(error)):
        new_host(plugins=[Watcher(error)]).notify("contexta_run_started", run="r")


def test_notify_without_plugins_does_nothing(new_host):
    """With no plugin in use there is nobody to call."""
    assert new_host().notify("contexta_run_started", run="r") == []


@pytest.mark.parametrize(
    ("hook", "arguments", "code"),
    [
        ("contexta_sinks", {}, "plugin_hook_unknown"),
        ("contexta_run_started", {}, "plugin_hook_arguments"),
        ("contexta_run_started", {"run": 1, "more": 2}, "plugin_hook_arguments"),
    ],
)
def test_wrong_notification_is_an_error_of_the_caller(new_host, hook, arguments, code):
    """Only observing hooks with exactly their arguments can be notified."""
    with pytest.raises(PluginError) as caught:
        new_host(plugins=[Watcher(1)]).notify(hook, **arguments)
    assert caught.value.code == code


def test_observing_plugins_are_activated_together(site, new_host):
    """Plugins of the kind hooks are put into use by kind, and are then notified."""
    site.module("zz_watching", HEADER + "@hookimpl\ndef contexta_run_started(run): return run + 1")
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    host = new_host(allow=["zz-o"])
    assert host.activate_all("hooks") == ["zz_watch"]
    assert host.notify("contexta_run_started", run=1) == [("zz-o:zz_watching", 2)]

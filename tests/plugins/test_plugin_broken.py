from __future__ import annotations

import logging

import pytest

from contexta.errors import (
    PluginConflictError,
    PluginError,
    PluginLoadError,
)

HEADER = "from contexta.plugins import Provider, hookimpl\n"


BROKEN = {
    "import error": ("import zz_not_there", ModuleNotFoundError, "No module named 'zz_not_there'"),
    "exit": ("raise SystemExit(3)", SystemExit, "SystemExit: 3"),
    "syntax error": ("def (", SyntaxError, "SyntaxError"),
    "no hook": ("x = 1", PluginLoadError, "implements no hook of contexta;"),
    "no marker": (
        "def contexta_sinks(): return []",
        PluginLoadError,
        "contexta_sinks lacks the decorator @hookimpl",
    ),
    "unknown hook": (
        HEADER + "@hookimpl\ndef contexta_sinkz(): return []",
        PluginLoadError,
        "contexta_sinkz, which is no hook of contexta (did you mean contexta_sinks?)",
    ),
    "strange hook": (
        HEADER + "@hookimpl\ndef qqqq(): return []",
        PluginLoadError,
        "it implements qqqq, which is no hook of contexta;",
    ),
    "extra argument": (HEADER + "@hookimpl\ndef contexta_sinks(extra): return []", PluginLoadError, "extra"),
    "wrapper": (
        HEADER + "@hookimpl(wrapper=True)\ndef contexta_run_started(run):\n    return (yield)",
        PluginLoadError,
        "it wraps contexta_run_started",
    ),
    "raising hook": (
        HEADER + "@hookimpl\ndef contexta_sinks(): raise ValueError('boom')",
        ValueError,
        "boom",
    ),
    "no list": (
        HEADER + "@hookimpl\ndef contexta_sinks(): return 3",
        PluginLoadError,
        "returned a int instead of",
    ),
    "bare provider": (
        HEADER + "@hookimpl\ndef contexta_sinks(): return Provider('zz_one', print)",
        PluginLoadError,
        "returned a Provider instead of a list",
    ),
    "wrong type": (
        HEADER + "@hookimpl\ndef contexta_sinks(): return [print]",
        PluginLoadError,
        "returned the builtin_function_or_method 'print' in its list",
    ),
    "invalid provider": (
        HEADER + "@hookimpl\ndef contexta_sinks(): return [Provider('Bad Name', print)]",
        PluginError,
        "name must match",
    ),
    "twice": (
        HEADER
        + "@hookimpl\ndef contexta_sinks(): return [Provider('zz_one', print), Provider('zz_one', id)]",
        PluginConflictError,
        "two providers named 'zz_one'",
    ),
    "other name": (
        HEADER + "@hookimpl\ndef contexta_sinks(): return [Provider('zz_two', print)]",
        PluginLoadError,
        "its contexta_sinks offers no sink of that name (it offers: zz_two)",
    ),
    "other kind": (
        HEADER + "@hookimpl\ndef contexta_surfaces(): return [Provider('zz_one', print)]",
        PluginLoadError,
        "(it offers: none)",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_plugin_fails_loudly_when_named(site, new_host, case, described, resolve):
    """A named plugin that is broken raises with its distribution, entry point, asker, reason and cause."""
    source, cause, reason = BROKEN[case]
    site.module("zz_broken", source)
    site.distribution("zz-broken", {"sink": {"zz_one": "zz_broken"}}, version="1.2")
    host = new_host()
    with pytest.raises(PluginLoadError) as caught:
        resolve(host)
    text = str(caught.value)
    assert "the sink 'zz_one', asked for by capture.sinks[0].use, cannot be loaded" in text
    assert "from zz-broken 1.2 (zz_one = zz_broken): " in text
    assert reason in text
    assert isinstance(caught.value.__cause__, cause)
    assert [plugin.status for plugin in described(host)] == ["failed"]


@pytest.mark.parametrize("case", BROKEN)
def test_broken_plugin_is_only_recorded_when_merely_installed(site, new_host, case, caplog, resolve):
    """A broken plugin that nobody named is listed as failed and logged once; the sound one beside it serves."""
    source, _, _ = BROKEN[case]
    site.module("zz_broken", source)
    site.distribution("zz-broken", {"sink": {"zz_one": "zz_broken"}})
    site.sink("zz-sound", "zz_sound", "zz_sound_module")
    host = new_host(allow=["zz-broken", "zz-sound"])
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        assert "zz_sound" in host.activate_all("sink")
        host.activate_all("sink")
    ours = [record for record in caplog.records if "zz-broken" in record.getMessage()]
    assert len(ours) == 1
    assert [failure.name for failure in host.failures if failure.distribution == "zz-broken"] == ["zz_one"]
    assert resolve(host, "zz_sound").name == "zz_sound"


def test_missing_attribute_of_the_entry_point(site, new_host, resolve):
    """An entry point to an attribute that its module lacks is a load error."""
    site.module("zz_module", "x = 1")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module:absent"}})
    with pytest.raises(PluginLoadError, match="no attribute 'absent'"):
        resolve(new_host())


def test_optional_hook_of_another_version_is_accepted(site, new_host, resolve):
    """A plugin may implement hooks of later versions when it marks them optional."""
    site.sink(
        "zz-a",
        "zz_one",
        "zz_module",
        header=HEADER + "@hookimpl(optionalhook=True)\ndef contexta_of_the_future(anything): pass",
    )
    assert resolve(new_host()).name == "zz_one"


def test_interrupt_at_import_is_not_swallowed(site, new_host, resolve):
    """Ctrl-C while a plugin is imported ends the program as always."""
    site.module("zz_module", "raise KeyboardInterrupt")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    with pytest.raises(KeyboardInterrupt):
        resolve(new_host())


def test_mended_plugin_serves_without_a_new_host(site, new_host, described, resolve):
    """A failure is not for ever: after the plugin was repaired the same host resolves it and lists it as active."""
    site.module("zz_broken", "import zz_late_dependency")
    site.distribution("zz-broken", {"sink": {"zz_one": "zz_broken"}})
    host = new_host()
    with pytest.raises(PluginLoadError):
        resolve(host)
    site.module("zz_late_dependency", "")
    site.module(
        "zz_broken",
        HEADER + "@hookimpl\ndef contexta_sinks():\n    return [Provider('zz_one', print)]  # new",
    )
    assert resolve(host).name == "zz_one"
    assert [plugin.status for plugin in described(host)] == ["active"]
    assert not [failure for failure in host.failures if failure.distribution == "zz-broken"]

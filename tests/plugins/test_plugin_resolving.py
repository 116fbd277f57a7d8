from __future__ import annotations

import subprocess
import sys

import pytest

from contexta.errors import (
    MissingPluginError,
    PluginConflictError,
    PluginError,
)
from contexta.plugins import PluginIndex, default_host

HEADER = "from contexta.plugins import Provider, hookimpl\n"


def test_only_the_named_plugin_is_imported(site, new_host, resolve):
    """Resolving one name imports its module and no other plugin's."""
    site.sink("zz-a", "zz_one", "zz_module_one")
    site.sink("zz-b", "zz_two", "zz_module_two")
    host = new_host()
    assert {"zz_one", "zz_two"} <= set(host.names("sink"))
    assert not {"zz_module_one", "zz_module_two"} & sys.modules.keys()
    assert resolve(host).create("context") == ("zz_one", "context", None)
    assert "zz_module_one" in sys.modules
    assert "zz_module_two" not in sys.modules


def test_resolving_twice_gives_the_same_provider(site, new_host, resolve):
    """A registration hook is called once; later questions are answered from what it returned."""
    site.sink("zz-a", "zz_one", "zz_module_one")
    host = new_host()
    assert resolve(host) is resolve(host)


def test_dash_and_underscore_are_the_same(site, new_host, resolve):
    """A configuration may write zz-one for zz_one."""
    site.sink("zz-a", "zz_one", "zz_module_one")
    assert resolve(new_host(), "zz-one").name == "zz_one"


def test_one_module_may_serve_several_kinds(site, new_host, resolve):
    """One plugin module behind two groups is registered once and answers for both."""
    site.module(
        "zz_both",
        HEADER
        + "@hookimpl\ndef contexta_sinks():\n    return [Provider('zz_one', print)]\n"
        + "@hookimpl\ndef contexta_surfaces():\n    return (Provider('zz_one', print) for _ in range(1))\n",
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_both"}, "surface": {"zz_one": "zz_both"}})
    host = new_host()
    assert resolve(host) is not resolve(host, kind="surface")


def test_entry_point_may_name_an_object(site, new_host, resolve):
    """An entry point with an attribute leads to an object that has the hooks."""
    site.module(
        "zz_object",
        HEADER
        + "class Inner:\n    @hookimpl\n    def contexta_sinks(self):\n        return [Provider('zz_one', print)]\n"
        + "plugin = Inner()\n",
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_object:plugin"}})
    assert resolve(new_host()).name == "zz_one"


def test_missing_name_says_what_is_installed_and_what_to_install(site, new_host):
    """The error names kind, asker, what is there, the nearest known name and the command that brings it."""
    site.distribution("zz-a", {"metadata_store": {"zz_db": "m"}})
    host = new_host(allow=["zz-a"])
    with pytest.raises(MissingPluginError) as caught:
        host.resolve("metadata_store", "sqllite", required_by="metadata.storage_adapter")
    assert str(caught.value) == (
        "no metadata store named 'sqllite' is installed; asked for by metadata.storage_adapter; installed: zz_db"
        " (did you mean 'sqlite'?); install: pip install \"contexta[sqlite]>=2\""
    )
    assert caught.value.code == "plugin_missing"
    assert isinstance(caught.value, ImportError)


def test_missing_known_name_has_its_hint(new_host, monkeypatch):
    """A name of ours that is not installed is not called a typo; the hint says what brings it."""
    monkeypatch.setattr(PluginIndex, "entries", lambda *_: ())
    with pytest.raises(MissingPluginError) as caught:
        new_host().resolve("sink", "otel", required_by="capture.sinks[0].use")
    assert "did you mean" not in str(caught.value)
    assert str(caught.value).endswith('install: pip install "contexta[otel]>=2"')


def test_missing_unknown_name_in_an_empty_environment(new_host, monkeypatch):
    """With nothing of the kind installed, the advice is to install everything, never the bare name."""
    monkeypatch.setattr(PluginIndex, "entries", lambda *_: ())
    with pytest.raises(MissingPluginError) as caught:
        new_host().resolve("record_store", "qqqq", required_by="records.layout_mode")
    assert str(caught.value).endswith('installed: none; install: pip install "contexta[all]>=2"')


def test_missing_third_party_name_says_which_entry_point_is_looked_for(site, new_host, resolve):
    """For a name nobody knows the message tells the entry point that a distribution would have to declare."""
    site.distribution("zz-a", {"sink": {"zz_other": "m"}})
    with pytest.raises(MissingPluginError) as caught:
        resolve(new_host(), "qqqq")
    assert str(caught.value).endswith(
        "install: a distribution with an entry point named 'qqqq' in the group 'contexta.sink'"
    )


def test_near_miss_of_an_installed_name_suggests_it(site, new_host, resolve):
    """A typo in the name of an installed plugin is answered with that name."""
    site.distribution("zz-a", {"sink": {"zz_other": "m"}})
    with pytest.raises(MissingPluginError, match=r"did you mean 'zz_other'\?"):
        resolve(new_host(), "zz_othr")


def test_missing_name_mentions_unreadable_distributions(site, new_host, resolve):
    """What could not be read may be what is missing: the message says where it lies."""
    (site.distribution("zz-broken", {}) / "entry_points.txt").write_bytes(b"[contexta.sink]\n\xff\n")
    with pytest.raises(MissingPluginError, match=r"not readable: .*zz_broken-1.0.dist-info"):
        resolve(new_host(), "zz_one")


def test_missing_name_mentions_three_unreadable_distributions_at_most(site, new_host, resolve):
    """A long list of broken distributions is cut, and the rest counted."""
    for number in range(5):
        folder = site.distribution(f"zz-broken{number}", {})
        (folder / "entry_points.txt").write_bytes(b"[contexta.sink]\n\xff\n")
    with pytest.raises(MissingPluginError, match=r"not readable: [^;]* and \d+ more; install"):
        resolve(new_host(), "zz_one")


def test_unknown_kind(new_host, resolve):
    """Asking for a kind that does not exist lists the kinds."""
    with pytest.raises(PluginError, match="the kinds are metadata_store, record_store") as caught:
        resolve(new_host(), kind="flavour")
    assert caught.value.code == "plugin_kind_unknown"


def test_observing_kind_has_nothing_to_resolve(new_host, resolve):
    """Plugins that only observe offer no component."""
    with pytest.raises(PluginError) as caught:
        resolve(new_host(), kind="hooks")
    assert caught.value.code == "plugin_kind_without_components"


def test_conflict_shows_pins_and_a_pin_resolves_it(site, new_host, resolve):
    """Two distributions with one name are an error with both pins; each pin is accepted."""
    site.sink("zz-a", "zz_one", "zz_module_a", provider="Provider('zz_one', print, summary='A')")
    site.sink("Zz.B", "zz_one", "zz_module_b", provider="Provider('zz_one', print, summary='B')")
    host = new_host()
    with pytest.raises(PluginConflictError) as caught:
        resolve(host)
    assert caught.value.details["pins"] == ["Zz.B:zz_one", "zz-a:zz_one"]
    assert '"zz-a:zz_one" for zz-a 1.0 -> zz_module_a' in str(caught.value)
    assert not {"zz_module_a", "zz_module_b"} & sys.modules.keys()
    assert [resolve(host, pin).summary for pin in caught.value.details["pins"]] == ["B", "A"]


def test_disabling_one_side_ends_the_conflict(site, new_host, resolve):
    """With one of the rivals disabled the other is meant."""
    site.sink("zz-a", "zz_one", "zz_module_a")
    site.sink("zz-b", "zz_one", "zz_module_b")
    resolve(new_host(disabled=["zz-a"]))
    assert "zz_module_b" in sys.modules
    assert "zz_module_a" not in sys.modules


def test_conflict_within_one_distribution_is_pinned_by_module(site, new_host, resolve):
    """Where one distribution offers a name twice, the pin holds the module as well."""
    site.sink("zz-a", "zz_one", "zz_module_a")
    site.module("zz_module_b", "raise AssertionError")
    [folder] = site.directory.glob("zz_a-*.dist-info")
    (folder / "entry_points.txt").write_text("[contexta.sink]\nzz_one = zz_module_a\nzz-one = zz_module_b\n")
    host = new_host()
    with pytest.raises(PluginConflictError) as caught:
        resolve(host)
    assert "zz-a:zz_module_a:zz_one" in caught.value.details["pins"]
    assert resolve(host, "zz-a:zz_module_a:zz_one").name == "zz_one"


def test_pin_by_the_other_distribution_of_one_entry_point(site, new_host, resolve):
    """An entry point that a bundle and its part both declare is pinned by either name."""
    site.sink("zz-bundle", "zz_one", "zz_module")
    site.distribution("zz-part", {"sink": {"zz_one": "zz_module"}})
    host = new_host()
    assert resolve(host, "zz-part:zz_one") is resolve(host, "zz-bundle:zz_one")


def test_pin_of_a_distribution_that_does_not_offer_it(site, new_host, resolve):
    """A pin whose distribution has no such name is missing, with the names that are there."""
    site.sink("zz-a", "zz_one", "zz_module_a")
    with pytest.raises(
        MissingPluginError, match=r"no sink named 'zz-b:zz_one' is installed;.*installed: .*zz_one"
    ):
        resolve(new_host(), "zz-b:zz_one")


def test_importing_the_package_loads_no_machinery(site):
    """The package, the host's construction and the markers' absence: no pluggy, cattrs or importlib_metadata."""
    program = """
import sys
import contexta.plugins
from contexta.plugins import PluginHost, Provider
PluginHost()
loaded = {"pluggy", "cattrs", "importlib_metadata", "packaging"} & sys.modules.keys()
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_public_names_are_importable():
    """Every name that the package promises exists."""
    import contexta.plugins as package

    assert sorted(package.__all__) == dir(package)
    assert all(getattr(package, name) is not None for name in package.__all__)


def test_default_host_is_one():
    """The convenience host is made once for the process."""
    assert default_host() is default_host()

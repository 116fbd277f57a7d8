from __future__ import annotations

import sys

import pytest

from contexta.errors import PluginNotUsableError
from contexta.plugins import PluginHost, PluginIndex

HEADER = "from contexta.plugins import Provider, hookimpl\n"


@pytest.fixture
def stranger(site):
    """Install a stranger's plugin that calls itself `stdout`, as a sink of ours does."""
    site.sink("zz-evil", "stdout", "zz_evil_module", provider="Provider('stdout', print, summary='evil')")
    return site


def test_a_name_of_ours_cannot_be_taken_unnoticed(stranger, new_host, resolve):
    """Beside a stranger's of the same name, ours serves, and the stranger's is not imported."""
    host = new_host()
    assert "evil" not in resolve(host, "stdout").summary
    assert "zz_evil_module" not in sys.modules


def test_a_shadow_is_listed_and_serves_where_it_is_pinned(stranger, new_host, resolve, described):
    """The listing says that it shadows and which pin to write; with the pin it serves."""
    host = new_host()
    [shadow] = [plugin for plugin in described(host, "stdout") if plugin.distribution == "zz-evil"]
    assert shadow.status == "shadowing"
    assert "write the pin 'zz-evil:stdout'" in shadow.reason
    assert resolve(host, "zz-evil:stdout").summary == "evil"


def test_a_shadow_alone_does_not_serve_either(stranger, new_host, resolve, monkeypatch):
    """Where ours is not installed, the stranger's is not taken for it: the error says how it could be."""
    everything = PluginIndex().entries()
    monkeypatch.setattr(
        PluginIndex,
        "entries",
        lambda _, kind=None: tuple(
            ref for ref in everything if ref.distribution == "zz-evil" and kind in {None, ref.kind}
        ),
    )
    host = new_host()
    with pytest.raises(PluginNotUsableError, match="the name 'stdout' belongs to contexta itself"):
        resolve(host, "stdout")
    assert host.names("sink") == []
    assert host.activate_all("sink") == []


def test_ours_counts_where_both_declare_the_same(site):
    """A stranger that declares our own module under our name changes nothing: the entry point stays ours."""
    site.distribution("aa-copy", {"sink": {"stdout": "contexta.capture.sinks.plugin"}})
    [ref] = [ref for ref in PluginIndex().entries("sink") if ref.name == "stdout"]
    assert ref.distribution in {"contexta", "contexta-core"}
    assert "aa-copy" in ref.also_in


@pytest.mark.parametrize(
    ("requires_python", "text"),
    [
        (">=3.99", r"it requires Python >=3\.99, and this is Python 3\."),
        ("<3", "it requires Python <3"),
        ("soon", "its requirement of Python 'soon' cannot be read"),
    ],
)
def test_a_plugin_for_another_python_is_not_imported(
    site, new_host, resolve, described, requires_python, text
):
    """In a copied environment a plugin for another Python is refused before its import."""
    site.module("zz_module", "raise AssertionError")
    site.distribution(
        "zz-a", {"sink": {"zz_one": "zz_module"}}, headers=[f"Requires-Python: {requires_python}"]
    )
    host = new_host()
    with pytest.raises(PluginNotUsableError, match=text):
        resolve(host)
    assert [plugin.status for plugin in described(host)] == ["incompatible"]


def test_a_plugin_for_this_python_serves(site, new_host, resolve):
    """A requirement of Python that holds stands in nobody's way."""
    site.sink("zz-a", "zz_one", "zz_module")
    [metadata] = site.directory.glob("zz_a-*/METADATA")
    metadata.write_text(metadata.read_text() + "Requires-Python: >=3.11\n")
    assert resolve(new_host()).name == "zz_one"


def test_the_distribution_behind_a_name(site, new_host):
    """The host tells who serves a name; nobody does for one that is missing, offered twice or registered."""
    site.sink("zz-a", "zz_one", "zz_m1")
    site.sink("zz-b", "zz_two", "zz_m2")
    site.sink("zz-c", "zz_two", "zz_m3")
    host = new_host()
    assert host.distribution_of("sink", "zz_one") == "zz-a"
    assert host.distribution_of("sink", "zz-c:zz_two") == "zz-c"
    assert host.distribution_of("sink", "zz_two") == ""
    assert host.distribution_of("sink", "zz_three") == ""


def test_a_registered_component_has_no_distribution(new_host):
    """What a program registers itself comes from no distribution."""
    from contexta.plugins import Provider, hookimpl

    class Mine:
        @hookimpl
        def contexta_sinks(self):
            return [Provider("zz_one", print)]

    assert new_host(plugins=[Mine()]).distribution_of("sink", "zz_one") == ""


def test_the_host_of_a_configuration(tmp_path, monkeypatch):
    """A configuration's section `plugins` decides who serves, and how failures are treated."""
    from contexta.config import load_config
    from contexta.plugins import configured_host

    config = load_config(
        config={"plugins": {"disabled": ["sink:stdout"], "on_error": "ignore"}},
        workspace=tmp_path,
        use_env=False,
    )
    monkeypatch.delenv("CONTEXTA_PLUGIN_ERRORS", raising=False)
    host = configured_host(config)
    assert isinstance(host, PluginHost)
    assert "stdout" not in host.names("sink")
    assert host.errors.word == "ignore"

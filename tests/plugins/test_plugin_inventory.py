"""What a listing holds beyond what is installed, and the host that is there where the configuration is broken."""

from __future__ import annotations

import json
import sys

import pytest

from contexta.config import UnifiedConfig
from contexta.errors import ConfigurationError, PluginError
from contexta.plugins import PluginIndex, PluginSurroundings, command, origin_of, take_inventory
from contexta.plugins.install_hints import INSTALL_HINTS


@pytest.fixture
def empty(monkeypatch):
    """Let nothing count as installed."""
    monkeypatch.setattr(PluginIndex, "entries", lambda *_: ())


def test_an_inventory_is_in_order(site, new_host):
    """Components are ordered by kind, name and distribution, whatever the order of the files; one kind on demand."""
    site.sink("zz-b", "zz_two", "zz_b")
    site.sink("zz-a", "zz_two", "zz_a")
    site.sink("zz-c", "zz_one", "zz_c")
    plugins, distributions = take_inventory(new_host(), kind="sink")
    ours = [(each.name, each.distribution) for each in plugins if each.name.startswith("zz_")]
    assert ours == [("zz_one", "zz-c"), ("zz_two", "zz-a"), ("zz_two", "zz-b")]
    assert {each.kind for each in plugins} == {"sink"}
    assert distributions is None
    assert {"zz_a", "zz_b", "zz_c"}.isdisjoint(sys.modules)


def test_an_unknown_kind_has_no_inventory(new_host):
    """A kind that there is not is an error, not an empty list."""
    with pytest.raises(PluginError, match="flavour"):
        take_inventory(new_host(), kind="flavour")


def test_what_is_missing_is_listed_with_its_command(empty, new_host):
    """In an empty environment every name that we know is missing, each with a command that has a lower bound."""
    plugins, _ = take_inventory(new_host(), missing=True)
    assert {(each.kind, each.name): each.reason for each in plugins} == {
        known: f'pip install "{requirement}"' for known, requirement in INSTALL_HINTS.items()
    }
    assert {each.status for each in plugins} == {"missing"}
    assert not take_inventory(new_host()).plugins


def test_what_is_there_is_not_missing(site, new_host, monkeypatch):
    """A name that anybody offers, with a dash or an underscore, is not listed as missing."""
    hints = {**INSTALL_HINTS, ("metadata_store", "zz_nobodys"): "zz>=1"}
    monkeypatch.setattr("contexta.plugins.inventory.INSTALL_HINTS", hints)
    site.distribution("zz-a", {"record_store": {"jsonl-segments": "zz_a"}, "sink": {"otel": "zz_a"}})
    plugins, _ = take_inventory(new_host(disabled=["sink:otel"]), missing=True)
    missing = {(each.kind, each.name) for each in plugins if each.status == "missing"}
    assert ("sink", "otel") not in missing
    assert ("record_store", "jsonl_segments") not in missing
    assert ("metadata_store", "zz_nobodys") in missing


def test_origins_are_told_once_for_each_distribution(site, new_host):
    """Two components of one distribution have one origin; a distribution that cannot be read has none."""
    site.module("zz_a", "")
    site.distribution(
        "zz-a",
        {"sink": {"zz_one": "zz_a", "zz_two": "zz_a"}},
        requires=["contexta>=2", "requests; extra == 'net'"],
        headers=["Requires-Python: >=3.8"],
    )
    (site.distribution("zz-torn", {}) / "entry_points.txt").write_bytes(b"[contexta.sink]\n\xff\n")
    plugins, distributions = take_inventory(new_host(), requirements=True)
    assert any("zz_torn" in each.distribution for each in plugins)
    origin = distributions["zz-a"]
    assert origin.location == str(site.directory)
    assert origin.editable == ""
    assert origin.requires == ("Python >=3.8", "contexta>=2")
    assert sorted(distributions) == sorted({each.distribution for each in plugins if each.kind})


def test_an_editable_origin_names_its_source(site, tmp_path):
    """What was installed as editable says from where."""
    folder = site.distribution("zz-a", {"sink": {"zz_one": "zz_a"}})
    source = tmp_path / "source"
    (folder / "direct_url.json").write_text(
        json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}}), encoding="utf-8"
    )
    assert origin_of("zz-a").editable == str(source)
    assert origin_of("zz-a").requires == ()


def test_the_kernels_listing_tells_all(site, capsys, tmp_path, monkeypatch):
    """`plugins list --all --requirements` of the kernel's own: missing names, and a block for each distribution."""
    monkeypatch.chdir(tmp_path)
    hints = {**INSTALL_HINTS, ("sink", "zz_nobodys"): "zz>=1"}
    monkeypatch.setattr("contexta.plugins.inventory.INSTALL_HINTS", hints)
    site.distribution("zz-a", {"sink": {"zz_one": "zz_a"}}, requires=["contexta>=2"])
    assert command.main(["list", "--kind", "sink", "--all", "--requirements"]) == 0
    table, *blocks = capsys.readouterr().out.split("\n\n")
    assert ["sink", "zz_nobodys", "-", "-", "missing", "pip", "install", '"zz>=1"'] in [
        line.split() for line in table.splitlines()
    ]
    [block] = [block for block in blocks if block.startswith("zz-a\n")]
    assert block.splitlines() == ["zz-a", f"  location  {site.directory}", "  requires  contexta>=2"]


def test_the_kernels_listing_tells_all_in_json(site, capsys, tmp_path, monkeypatch):
    """In JSON the distributions stand beside the plugins."""
    monkeypatch.chdir(tmp_path)
    site.distribution("zz-a", {"sink": {"zz_one": "zz_a"}}, requires=["contexta>=2"])
    assert command.main(["list", "--requirements", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["distributions"]["zz-a"] == {
        "location": str(site.directory),
        "editable": "",
        "requires": ["contexta>=2"],
    }


@pytest.mark.parametrize("no_plugins", [False, True])
def test_a_broken_configuration_leaves_a_host(site, monkeypatch, no_plugins):
    """Where the configuration cannot be read there is a host with the defaults, and the error beside it."""

    def broken():
        raise ConfigurationError("no good")

    site.sink("zz-a", "zz_one", "zz_module", requires=["contexta"])
    monkeypatch.setenv("CONTEXTA_PLUGIN_ERRORS", "shout")
    host, config, error = PluginSurroundings.read(broken, no_plugins=no_plugins)
    assert config is None
    assert "no good" in str(error)
    [plugin] = [plugin for plugin in host.describe() if plugin.name == "zz_one"]
    assert plugin.status == ("blocked" if no_plugins else "available")


def test_a_switch_with_an_unknown_word_leaves_a_host(monkeypatch):
    """A configuration that is right, beside a variable that is wrong: the variable is the error."""
    monkeypatch.setenv("CONTEXTA_PLUGIN_ERRORS", "shout")
    host, config, error = PluginSurroundings.read(UnifiedConfig)
    assert config is None
    assert "CONTEXTA_PLUGIN_ERRORS" in str(error)
    assert "stdout" in host.names("sink")


def test_the_doctor_without_plugins_examines_the_kernel_alone(capsys, tmp_path, monkeypatch):
    """With --no-plugins a configured store is no finding, though it is not allowed to serve."""
    monkeypatch.chdir(tmp_path)
    command.main(["doctor", "--no-plugins"])
    assert "storage_adapter" not in capsys.readouterr().out

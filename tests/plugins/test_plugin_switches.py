from __future__ import annotations

import sys

import pytest

from contexta.errors import (
    PluginNotUsableError,
)

HEADER = "from contexta.plugins import Provider, hookimpl\n"


@pytest.mark.parametrize(
    "requirement", ["contexta>=3", "contexta-core<2", "contexta_core==1.0", "contexta>=2,!=2.0.0"]
)
def test_incompatible_requirement_is_refused_before_import(site, new_host, requirement, described, resolve):
    """A distribution made for another kernel is not imported, and the error says what it requires."""
    site.sink("zz-a", "zz_one", "zz_module", requires=[requirement])
    host = new_host()
    with pytest.raises(PluginNotUsableError, match="it requires"):
        resolve(host)
    assert "zz_module" not in sys.modules
    assert [plugin.status for plugin in described(host)] == ["incompatible"]


@pytest.mark.parametrize(
    "requirement",
    [
        "contexta>=2,<3",
        "contexta",
        "contexta-core==2.0.0+mono",
        "contexta-sink-of-somebody>=9",
        'contexta>=9; extra == "future"',
        'contexta>=9; python_version < "3"',
    ],
)
def test_compatible_requirement_is_accepted(site, new_host, requirement, resolve):
    """Requirements that this kernel meets, or that do not apply, stand in nobody's way."""
    site.sink("zz-a", "zz_one", "zz_module", requires=[requirement, "numpy>=1"])
    assert resolve(new_host()).name == "zz_one"


def test_unreadable_requirement_is_refused(site, new_host, resolve):
    """A requirement on the kernel that cannot be parsed is not guessed at."""
    site.sink("zz-a", "zz_one", "zz_module", requires=["contexta >>> 2"])
    with pytest.raises(PluginNotUsableError, match="cannot be read"):
        resolve(new_host())


def test_provider_for_another_interface_is_refused(site, new_host, described, resolve):
    """A provider of another plugin interface is not usable; another one of the same plugin is."""
    site.module(
        "zz_module",
        HEADER
        + "@hookimpl\ndef contexta_sinks():\n"
        + "    return [Provider('zz_one', print, api=2), Provider('zz_two', print)]\n",
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module", "zz_two": "zz_module"}})
    host = new_host()
    with pytest.raises(PluginNotUsableError, match=r"written for plugin interface 2, and this is 1\.0"):
        resolve(host)
    assert resolve(host, "zz_two").name == "zz_two"
    assert [plugin.status for plugin in described(host)] == ["failed"]


@pytest.mark.parametrize(
    "switches",
    [
        {"disabled": ["zz-a"]},
        {"disabled": ["sink:zz_one"]},
        {"disabled": ["ZZ_A:zz-one"]},
        {"disabled": ["zz_one"]},
        {"allow": ["something-else"]},
        {"allow": []},
        {"autoload": False},
        {"environ": {"CONTEXTA_PLUGINS": "off"}},
        {"environ": {"CONTEXTA_PLUGINS": "core"}},
        {"environ": {"CONTEXTA_PLUGINS": "this, that"}},
        {"environ": {"CONTEXTA_PLUGINS_DISABLED": "other, zz-a"}},
        {"disabled": ["zz-a"], "allow": ["zz-a"]},
        {"allow": ["zz-a"], "environ": {"CONTEXTA_PLUGINS": "off"}},
    ],
)
def test_blocked_plugin_is_never_imported(site, new_host, switches, resolve):
    """Every way to block a plugin keeps its module out of sys.modules, also when everything is verified."""
    site.sink("zz-a", "zz_one", "zz_module")
    host = new_host(**switches)
    with pytest.raises(PluginNotUsableError, match="is installed but cannot be used"):
        resolve(host)
    assert [plugin.status for plugin in host.verify() if plugin.name == "zz_one"] == ["blocked"]
    assert "zz_one" not in host.names("sink")
    assert "zz_module" not in sys.modules


@pytest.mark.parametrize(
    "switches",
    [
        {"allow": ["zz-a"]},
        {"allow": ["sink:zz_one"]},
        {"environ": {"CONTEXTA_PLUGINS": "all"}},
        {"environ": {"CONTEXTA_PLUGINS": " other , zz_one "}},
        {"environ": {"CONTEXTA_PLUGINS_DISABLED": " , "}},
        {"disabled": ["surface:zz_one"]},
    ],
)
def test_allowed_plugin_serves(site, new_host, switches, resolve):
    """What the switches allow is resolved."""
    site.sink("zz-a", "zz_one", "zz_module")
    assert resolve(new_host(**switches)).name == "zz_one"


def test_first_party_switch_accepts_our_sub_projects(site, new_host, resolve):
    """CONTEXTA_PLUGINS=core lets in what carries the kernel's own version."""
    site.sink("zz-ours", "zz_one", "zz_module", version="2.0.0+mono")
    assert resolve(new_host(environ={"CONTEXTA_PLUGINS": "core"})).name == "zz_one"


def test_kernel_components_need_no_permission(site, new_host):
    """What lives in the kernel itself stays available with every plugin off, unless it is disabled by name."""
    site.distribution("zz-kernel", {"sink": {"zz_one": "contexta.capture.anything"}})
    assert "zz_one" in new_host(autoload=False).names("sink")
    assert "zz_one" not in new_host(disabled=["zz_one"]).names("sink")


def test_environment_of_the_process_is_the_default(site, monkeypatch, resolve):
    """A host that is given no variables reads the process's own."""
    from contexta.plugins import PluginHost

    site.sink("zz-a", "zz_one", "zz_module")
    monkeypatch.setenv("CONTEXTA_PLUGINS_DISABLED", "zz-a")
    with pytest.raises(PluginNotUsableError, match="environment variable CONTEXTA_PLUGINS_DISABLED"):
        resolve(PluginHost())

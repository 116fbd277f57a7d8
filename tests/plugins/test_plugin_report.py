from __future__ import annotations

import sys

import pytest

from contexta.errors import MissingPluginError, PluginError
from contexta.plugins import Provider, hookimpl, report_on

SOURCE = """
from dataclasses import dataclass, field
from contexta.plugins import PluginInfo, Provider, hookimpl

@dataclass
class Options:
    url: str
    size: 'int | None' = 3
    tags: dict[str, str] = field(default_factory=dict)
    untyped: object = None

@hookimpl
def contexta_plugin_info():
    return PluginInfo("Acme", "Sends things.", "https://example.org/acme")

@hookimpl
def contexta_sinks():
    return [
        Provider("zz_one", "zz_module:open_sink", options=Options, capabilities={"batches"}, summary="Sends."),
        Provider("zz_two", print),
        Provider("zz_odd", print, options="zz_module:missing"),
    ]
"""


@pytest.fixture
def acme(site):
    """Install a plugin that says much about itself."""
    site.module("zz_module", SOURCE)
    site.distribution(
        "zz-a",
        {"sink": {"zz_one": "zz_module", "zz_two": "zz_module", "zz_odd": "zz_module"}},
        requires=["contexta>=2,<3", 'zz-more; extra == "more"'],
        headers=["Requires-Python: >=3.11"],
    )
    return site


def test_everything_about_a_component_is_reported(acme, new_host):
    """Distribution, requirements, interface, factory, options, hooks and import of a component."""
    [found] = report_on(new_host(), "zz-one")
    assert (found.description.status, found.description.summary) == ("active", "Sends.")
    assert found.location == str(acme.directory)
    assert found.requires == ("Python >=3.11", "contexta>=2,<3")
    assert (found.title, found.docs_url, found.api) == ("Acme", "https://example.org/acme", "1.0")
    assert (found.factory, found.capabilities) == ("zz_module:open_sink", ("batches",))
    assert [tuple(option) for option in found.options[:2]] == [
        ("url", "str", "", True),
        ("size", "int | None", "3", False),
    ]
    assert [option.type for option in found.options[2:]] == ["dict[str, str]", "object"]
    assert found.hooks == ("contexta_plugin_info", "contexta_sinks")
    assert found.import_seconds > 0
    assert found.imported >= 1
    assert (found.warnings, found.traceback) == ((), "")


def test_a_component_that_takes_no_options(acme, new_host):
    """No options is an empty list; options that cannot be read are none; a callable is named."""
    host = new_host()
    [plain] = report_on(host, "zz_two", kind="sink")
    [odd] = report_on(host, "zz_odd")
    assert (plain.options, plain.factory) == ((), "print")
    assert odd.options is None


def test_a_distribution_names_all_its_components(acme, new_host):
    """Asked for a distribution, every component of it is reported; a pin names one."""
    host = new_host()
    assert [each.description.name for each in report_on(host, "zz-a")] == ["zz_odd", "zz_one", "zz_two"]
    assert [each.description.name for each in report_on(host, "zz-a:zz_two")] == ["zz_two"]


def test_a_failure_is_reported_with_its_traceback(site, new_host):
    """A plugin that cannot be imported shows where it failed."""
    site.module("zz_broken", "def f():\n    raise ValueError('boom')\nf()\n")
    site.module("zz_torn", "raise SystemExit")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_broken", "zz_other": "zz_torn"}})
    host = new_host()
    host.activate_all("sink")
    host.activate_all("hooks")
    report_on(host, "zz_other")
    [found] = report_on(host, "zz_one")
    assert found.description.status == "failed"
    assert "zz_broken.py" in found.traceback
    assert found.traceback.endswith("see `python -m contexta plugins doctor`")
    assert "ValueError: boom" in found.traceback


def test_what_may_not_be_imported_is_not(site, new_host):
    """A blocked plugin is reported from its metadata alone."""
    site.sink("zz-a", "zz_one", "zz_module")
    [found] = report_on(new_host(disabled=["zz-a"]), "zz_one")
    assert found.description.status == "blocked"
    assert found.hooks == ()
    assert "zz_module" not in sys.modules


def test_a_plugin_that_only_observes(site, new_host):
    """A plugin of the kind hooks has hooks and neither factory nor interface."""
    site.module(
        "zz_watching", "from contexta.plugins import hookimpl\n@hookimpl\ndef contexta_run_started(run): pass"
    )
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    [found] = report_on(new_host(), "zz_watch")
    assert (found.hooks, found.factory, found.api) == (("contexta_run_started",), "", "")


def test_a_registered_component_is_reported(new_host):
    """What a program registered itself has no distribution to tell of."""

    class Mine:
        @hookimpl
        def contexta_sinks(self):
            return [Provider("zz_mine", print, summary="Mine.")]

    [found] = report_on(new_host(plugins=[Mine()]), "zz-mine")
    assert (found.description.summary, found.location) == ("Mine.", "")


def test_a_name_that_is_not_there(site, new_host):
    """A missing name is an error with the nearest one; for one kind it is the error that a configuration would get."""
    site.sink("zz-a", "zz_one", "zz_module")
    with pytest.raises(
        MissingPluginError, match=r"no plugin named 'zz_onne' is installed \(did you mean 'zz_one'\?\)"
    ):
        report_on(new_host(), "zz_onne")
    with pytest.raises(MissingPluginError, match=r"no plugin named 'qqqq' is installed; `plugins list`"):
        report_on(new_host(), "qqqq")
    with pytest.raises(
        MissingPluginError, match="no sink named 'zz_onne' is installed; asked for by plugins show"
    ):
        report_on(new_host(), "zz_onne", kind="sink")
    with pytest.raises(PluginError, match="there is no kind"):
        report_on(new_host(), "zz_one", kind="flavour")

"""The plugin core: what is installed, which of it serves, and what a plugin author needs.

An author imports ``hookimpl`` and ``Provider``.  A program asks a :class:`PluginHost` for a component by kind and
name; only the module behind that name is imported.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.plugins.check import Check as Check
    from contexta.plugins.configured import configured_host as configured_host
    from contexta.plugins.description import PluginDescription as PluginDescription
    from contexta.plugins.doctor import Diagnosis as Diagnosis
    from contexta.plugins.doctor import diagnose as diagnose
    from contexta.plugins.failures import PluginFailure as PluginFailure
    from contexta.plugins.hookspecs import hookimpl as hookimpl
    from contexta.plugins.hookspecs import hookspec as hookspec
    from contexta.plugins.host import PluginHost as PluginHost
    from contexta.plugins.host import default_host as default_host
    from contexta.plugins.index import EntryRef as EntryRef
    from contexta.plugins.index import PluginIndex as PluginIndex
    from contexta.plugins.info import PluginInfo as PluginInfo
    from contexta.plugins.inventory import Inventory as Inventory
    from contexta.plugins.inventory import take_inventory as take_inventory
    from contexta.plugins.kinds import KINDS as KINDS
    from contexta.plugins.kinds import Kind as Kind
    from contexta.plugins.origin import Origin as Origin
    from contexta.plugins.origin import origin_of as origin_of
    from contexta.plugins.provider import API_VERSION as API_VERSION
    from contexta.plugins.provider import Provider as Provider
    from contexta.plugins.report import PluginReport as PluginReport
    from contexta.plugins.report import report_on as report_on
    from contexta.plugins.surroundings import PluginSurroundings as PluginSurroundings
    from contexta.plugins.troubles import Trouble as Trouble
    from contexta.plugins.troubles import Troubles as Troubles

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "API_VERSION": "contexta.plugins.provider",
        "Check": "contexta.plugins.check",
        "Diagnosis": "contexta.plugins.doctor",
        "EntryRef": "contexta.plugins.index",
        "Inventory": "contexta.plugins.inventory",
        "KINDS": "contexta.plugins.kinds",
        "Kind": "contexta.plugins.kinds",
        "Origin": "contexta.plugins.origin",
        "PluginDescription": "contexta.plugins.description",
        "PluginFailure": "contexta.plugins.failures",
        "PluginHost": "contexta.plugins.host",
        "PluginIndex": "contexta.plugins.index",
        "PluginInfo": "contexta.plugins.info",
        "PluginReport": "contexta.plugins.report",
        "PluginSurroundings": "contexta.plugins.surroundings",
        "Provider": "contexta.plugins.provider",
        "Trouble": "contexta.plugins.troubles",
        "Troubles": "contexta.plugins.troubles",
        "configured_host": "contexta.plugins.configured",
        "default_host": "contexta.plugins.host",
        "diagnose": "contexta.plugins.doctor",
        "hookimpl": "contexta.plugins.hookspecs",
        "hookspec": "contexta.plugins.hookspecs",
        "origin_of": "contexta.plugins.origin",
        "report_on": "contexta.plugins.report",
        "take_inventory": "contexta.plugins.inventory",
    },
)

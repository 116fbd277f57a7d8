"""The plugins that are in use: imported, validated and registered with pluggy."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pluggy

from contexta.errors import PluginConflictError, PluginLoadError, PluginNotUsableError
from contexta.plugins import hookspecs
from contexta.plugins.compatibility import api_misfit
from contexta.plugins.naming import component_name, nearest
from contexta.plugins.provider import Provider
from contexta.plugins.references import load_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta.plugins.index import EntryRef
    from contexta.plugins.info import PluginInfo
    from contexta.plugins.kinds import Kind
    from contexta.plugins.tracing import Tracer

__all__ = ["ActivePlugin", "ActivePlugins"]


@dataclass(slots=True)
class ActivePlugin:
    """One plugin in use.

    Args:
        name: Its name in pluggy: distribution and module, or what the program called it.
        plugin: The module or object that has the hooks.
        info: Who it says it is; None where it does not say.
        warnings: What it warned of at its import, each with file and line.
        import_seconds: How long its import took.
        imported: The modules that its import brought in.
        providers: What it offers, by kind and folded name, as far as it was asked.
        failed_in_a_row: How many of its observing hooks raised since one did not.
    """

    name: str
    plugin: object
    info: PluginInfo | None = None
    warnings: tuple[str, ...] = ()
    import_seconds: float = 0.0
    imported: tuple[str, ...] = ()
    providers: dict[str, dict[str, Provider]] = field(default_factory=dict)
    failed_in_a_row: int = 0


class ActivePlugins:
    """Imports and registers plugins, each at most once.

    Args:
        tracer: Told of each call.
        configuration: What ``contexta_configure`` is told, where it is known already.
    """

    def __init__(self, tracer: Tracer, configuration: Mapping[str, Any] | None = None) -> None:
        self._tracer = tracer
        self._manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(_LastResort(), name="contexta")
        self._by_value: dict[str, ActivePlugin] = {}
        self._by_name: dict[str, ActivePlugin] = {}
        self._configuration = configuration

    def get(self, ref: EntryRef) -> ActivePlugin | None:
        """Return the plugin behind an entry point if it is in use."""
        return self._by_value.get(ref.value)

    def all(self) -> list[ActivePlugin]:
        """List the plugins in use, in the order in which they came into use."""
        return list(self._by_name.values())

    def load(self, ref: EntryRef) -> ActivePlugin:
        """Import and register the plugin behind an entry point.

        Raises:
            PluginLoadError: It is no valid plugin; what its import raises passes through.
        """
        known = self._by_value.get(ref.value)
        if known is not None:
            return known
        name = f"{ref.distribution}:{ref.value}"
        before = set(sys.modules)
        started = perf_counter()
        # What somebody's import warns of is no business of the program that uses it: it is kept for the listing.
        with warnings.catch_warnings(record=True) as caught, self._tracer.around(name, "import"):
            warnings.simplefilter("always")
            plugin = load_reference(ref.value)
        seconds = perf_counter() - started
        active = self.add(plugin, name)
        active.import_seconds = seconds
        active.imported = tuple(sorted(set(sys.modules) - before))
        active.warnings = (*map(_warning_text, caught), *active.warnings)
        self._by_value[ref.value] = active
        return active

    def add(self, plugin: object, name: str) -> ActivePlugin:
        """Validate, register and configure a plugin; one that is invalid leaves nothing behind.

        Raises:
            PluginLoadError: It has no hook, an unknown hook, a wrapper where none may be, or a hook with an unknown
                argument; what its own hooks raise passes through.
            PluginNotUsableError: It was written for another plugin interface.
        """
        caught = self._register(plugin, name)
        active = ActivePlugin(name, plugin, warnings=tuple(map(_warning_text, caught)))
        try:
            self._require_valid(plugin)
            active.info = self._info_of(active)
            if self._configuration is not None:
                self._configure(active, self._configuration)
        except BaseException:
            self._manager.unregister(name=name)
            raise
        self._by_name[name] = active
        return active

    def _register(self, plugin: object, name: str) -> list[warnings.WarningMessage]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self._manager.register(plugin, name=name)
            except (pluggy.PluginValidationError, ValueError) as error:
                raise PluginLoadError(f"it is no valid plugin: {error}", code="plugin_invalid") from error
        for each in caught:
            # A deprecated argument: its author reads it with file and line, and the listing shows it too.
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
        return caught

    def _require_valid(self, plugin: object) -> None:
        problem = self._problem_with(plugin)
        if problem is not None:
            raise PluginLoadError(f"it is no valid plugin: {problem}", code="plugin_invalid")

    def _problem_with(self, plugin: object) -> str | None:
        implementations = list(self.implementations_of(plugin))
        if not implementations:
            unmarked = sorted(name for name in dir(plugin) if name in _SPECIFIED)
            hint = f"; {unmarked[0]} lacks the decorator @hookimpl" if unmarked else ""
            return f"{_described(plugin)} implements no hook of contexta{hint}"
        for hook, implementation in implementations:
            if hook not in _SPECIFIED and not implementation.optionalhook:
                close = nearest(hook, _SPECIFIED)
                suggestion = f" (did you mean {close}?)" if close else ""
                return f"it implements {hook}, which is no hook of contexta{suggestion}"
            is_wrapper = implementation.wrapper or implementation.hookwrapper
            if is_wrapper and hook not in hookspecs.WRAPPABLE_HOOKS:
                return f"it wraps {hook}, and only {', '.join(hookspecs.WRAPPABLE_HOOKS)} can be wrapped"
        return None

    def _info_of(self, active: ActivePlugin) -> PluginInfo | None:
        for implementation in self._own(active, "contexta_plugin_info"):
            from contexta.plugins.info import PluginInfo

            info = self.call(implementation, {})
            if not isinstance(info, PluginInfo):
                raise PluginLoadError(
                    f"contexta_plugin_info returned {_described(info)} instead of a PluginInfo",
                    code="plugin_invalid",
                )
            misfit = api_misfit(*info.api)
            if misfit is not None:
                raise PluginNotUsableError(f"it is {misfit}; use a version of it that fits")
            return info
        return None

    def implementations_of(self, plugin: object) -> Iterator[tuple[str, pluggy.HookImpl]]:
        """Yield the hooks that a registered plugin implements, and its implementations."""
        for caller in self._manager.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is plugin:
                    yield caller.name, implementation

    def _own(self, active: ActivePlugin, hook: str) -> list[pluggy.HookImpl]:
        return [found for name, found in self.implementations_of(active.plugin) if name == hook]

    def call(self, implementation: pluggy.HookImpl, arguments: Mapping[str, Any]) -> Any:
        """Call one implementation with those of the hook's arguments that it takes; what it raises passes through."""
        positional = [arguments[argument] for argument in implementation.argnames]
        optional = {name: arguments[name] for name in implementation.kwargnames if name in arguments}
        name = getattr(implementation.function, "__name__", "a hook")
        with self._tracer.around(implementation.plugin_name, name):
            return implementation.function(*positional, **optional)

    def configure(self, configuration: Mapping[str, Any]) -> list[tuple[ActivePlugin, Exception]]:
        """Tell every plugin in use the configuration, and each that comes into use later.

        Returns:
            Each plugin that raised, which is out of use now, and what it raised.
        """
        self._configuration = configuration
        failed: list[tuple[ActivePlugin, Exception]] = []
        for active in self.all():
            try:
                self._configure(active, configuration)
            except Exception as error:  # noqa: BLE001 - one plugin must not keep the others from their configuration
                self.remove(active)
                failed.append((active, error))
        return failed

    def _configure(self, active: ActivePlugin, configuration: Mapping[str, Any]) -> None:
        for implementation in self._own(active, "contexta_configure"):
            self.call(implementation, configuration)

    def providers(self, active: ActivePlugin, kind: Kind) -> dict[str, Provider]:
        """Ask a plugin once for its providers of one kind, by folded name.

        Raises:
            PluginLoadError: It returned something else than providers; what its hook raises passes through.
            PluginConflictError: It offers one name twice.
        """
        known = active.providers.get(kind.name)
        if known is not None:
            return known
        providers: dict[str, Provider] = {}
        for implementation in self._own(active, kind.hook or ""):
            for provider in _checked(self.call(implementation, {}), str(kind.hook)):
                if providers.setdefault(component_name(provider.name), provider) is not provider:
                    raise PluginConflictError(
                        f"{kind.hook} returned two providers named {provider.name!r};"
                        " the plugin's author has to rename one",
                        details={"kind": kind.name, "name": provider.name},
                    )
        active.providers[kind.name] = providers
        return providers

    def remove(self, active: ActivePlugin) -> None:
        """Take a plugin out of use."""
        self._manager.unregister(name=active.name)
        self._by_name.pop(active.name, None)
        for value in [value for value, known in self._by_value.items() if known is active]:
            del self._by_value[value]

    def implementations(self, hook: str) -> list[tuple[ActivePlugin, pluggy.HookImpl]]:
        """List the implementations of a hook in the order of their calls: what came last into use comes first."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return [
            (self._by_name[found.plugin_name], found)
            for found in reversed(caller.get_hookimpls())
            if found.plugin_name in self._by_name
        ]

    def arguments_of(self, hook: str) -> frozenset[str]:
        """Return the arguments that a hook specifies."""
        specification = getattr(self._manager.hook, hook).spec
        return frozenset(specification.argnames)

    def open_component(self, arguments: Mapping[str, Any]) -> Any:
        """Ask ``contexta_open_component``, with its wrappers, for a component; at last the factory builds it."""
        with self._tracer.around(str(arguments["name"]), "contexta_open_component"):
            return self._manager.hook.contexta_open_component(**arguments)


class _LastResort:
    """The kernel's own implementation, asked when no plugin has an answer."""

    @staticmethod
    @hookspecs.hookimpl(trylast=True)
    def contexta_open_component(
        provider: Provider, context: Any, options: Mapping[str, Any], path: str
    ) -> Any:
        return provider.create(context, options, path=path)


_SPECIFIED = frozenset(name for name in vars(hookspecs) if name.startswith("contexta_"))


def _checked(answer: Any, hook: str) -> Iterator[Provider]:
    if isinstance(answer, Provider) or not hasattr(answer, "__iter__"):
        raise PluginLoadError(
            f"{hook} returned {_described(answer)} instead of a list of Provider", code="plugin_invalid"
        )
    for provider in answer:
        if not isinstance(provider, Provider):
            raise PluginLoadError(
                f"{hook} returned {_described(provider)} in its list instead of a Provider",
                code="plugin_invalid",
            )
        yield provider


def _described(value: object) -> str:
    name = getattr(value, "__name__", None)
    return f"the {type(value).__name__} {name!r}" if name else f"a {type(value).__name__}"


def _warning_text(caught: warnings.WarningMessage) -> str:
    return f"{caught.filename}:{caught.lineno}: {caught.category.__name__}: {caught.message}"

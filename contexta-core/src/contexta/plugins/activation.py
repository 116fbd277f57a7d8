"""The plugins that are in use: imported, validated and registered with pluggy."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pluggy

from contexta.errors import PluginConflictError, PluginLoadError
from contexta.plugins import hookspecs
from contexta.plugins.naming import component_name, nearest
from contexta.plugins.provider import Provider
from contexta.plugins.references import load_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.plugins.index import EntryRef
    from contexta.plugins.kinds import Kind

__all__ = ["ActivePlugin", "ActivePlugins"]


@dataclass(slots=True)
class ActivePlugin:
    """One plugin in use.

    Args:
        name: Its name in pluggy: distribution and module, or what the program called it.
        plugin: The module or object that has the hooks.
        import_seconds: How long its import took.
    """

    name: str
    plugin: object
    import_seconds: float = 0.0
    providers: dict[str, dict[str, Provider]] = field(default_factory=dict)


class ActivePlugins:
    """Imports and registers plugins, each at most once."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._manager.add_hookspecs(hookspecs)
        self._by_value: dict[str, ActivePlugin] = {}

    def get(self, ref: EntryRef) -> ActivePlugin | None:
        """Return the plugin behind an entry point if it is in use."""
        return self._by_value.get(ref.value)

    def load(self, ref: EntryRef) -> ActivePlugin:
        """Import and register the plugin behind an entry point.

        Raises:
            PluginLoadError: It is no valid plugin; what its import raises passes through.
        """
        known = self._by_value.get(ref.value)
        if known is not None:
            return known
        started = perf_counter()
        plugin = load_reference(ref.value)
        active = self.add(plugin, f"{ref.distribution}:{ref.value}")
        active.import_seconds = perf_counter() - started
        self._by_value[ref.value] = active
        return active

    def add(self, plugin: object, name: str) -> ActivePlugin:
        """Validate and register a plugin; one that is invalid leaves nothing behind.

        Raises:
            PluginLoadError: It has no hook, an unknown hook, a wrapper, or a hook with an unknown argument.
        """
        try:
            self._manager.register(plugin, name=name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginLoadError(f"it is no valid plugin: {error}", code="plugin_invalid") from error
        problem = self._problem_with(plugin)
        if problem is not None:
            self._manager.unregister(name=name)
            raise PluginLoadError(f"it is no valid plugin: {problem}", code="plugin_invalid")
        return ActivePlugin(name, plugin)

    def _problem_with(self, plugin: object) -> str | None:
        implementations = list(self._implementations_of(plugin))
        if not implementations:
            unmarked = sorted(name for name in dir(plugin) if name in _SPECIFIED)
            hint = f"; {unmarked[0]} lacks the decorator @hookimpl" if unmarked else ""
            return f"{_described(plugin)} implements no hook of contexta{hint}"
        for hook, implementation in implementations:
            if hook not in _SPECIFIED and not implementation.optionalhook:
                close = nearest(hook, _SPECIFIED)
                suggestion = f" (did you mean {close}?)" if close else ""
                return f"it implements {hook}, which is no hook of contexta{suggestion}"
            if implementation.wrapper or implementation.hookwrapper:
                return f"it wraps {hook}, and hooks of contexta cannot be wrapped"
        return None

    def _implementations_of(self, plugin: object) -> Iterator[tuple[str, pluggy.HookImpl]]:
        for caller in self._manager.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is plugin:
                    yield caller.name, implementation

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
        for hook, implementation in self._implementations_of(active.plugin):
            if hook == kind.hook:
                for provider in _checked(implementation.function(), hook):
                    if providers.setdefault(component_name(provider.name), provider) is not provider:
                        raise PluginConflictError(
                            f"{hook} returned two providers named {provider.name!r};"
                            " the plugin's author has to rename one",
                            details={"kind": kind.name, "name": provider.name},
                        )
        active.providers[kind.name] = providers
        return providers

    def remove(self, active: ActivePlugin) -> None:
        """Take a plugin out of use."""
        self._manager.unregister(name=active.name)

    def observers(self, hook: str) -> list[pluggy.HookImpl]:
        """List the implementations of an observing hook in the order of their calls."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return list(reversed(caller.get_hookimpls()))

    def arguments_of(self, hook: str) -> frozenset[str]:
        """Return the arguments that a hook specifies."""
        specification = getattr(self._manager.hook, hook).spec
        return frozenset(specification.argnames)


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

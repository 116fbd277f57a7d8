"""The plugin host: finds the component that a configuration names, and keeps every other plugin asleep."""

from __future__ import annotations

import os
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from contexta.errors import PluginConflictError, PluginError, PluginLoadError, PluginNotUsableError
from contexta.plugins.compatibility import incompatibility
from contexta.plugins.description import PluginDescription, PluginStatus
from contexta.plugins.failures import PluginFailure
from contexta.plugins.index import PluginIndex
from contexta.plugins.kinds import KINDS, Kind, kind_named
from contexta.plugins.messages import conflict_error, load_error, missing_error, pins_for, unusable_error
from contexta.plugins.naming import Pin, component_name
from contexta.plugins.policy import ActivationPolicy
from contexta.plugins.provider import API_VERSION, Provider

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contexta.plugins.activation import ActivePlugin, ActivePlugins
    from contexta.plugins.index import EntryRef

__all__ = ["PluginHost", "default_host"]


class PluginHost:
    """Resolves components by kind and name; each session has its own.

    Nothing is read before the first question, and only the plugin behind a named component is imported.  The methods
    may be called from any thread.

    Args:
        index: What is installed; a new index of the running environment when omitted.
        disabled: Plugins that may not be imported: a distribution, ``kind:name``, ``distribution:name`` or a name.
        allow: The only plugins that may be imported, in the same words; None allows all.
        autoload: False keeps every installed plugin out; registered ones still serve.
        plugins: Plugin objects to register at once, as :meth:`register` does.
        environ: Environment variables (``CONTEXTA_PLUGINS``, ``CONTEXTA_PLUGINS_DISABLED``); the process's own when
            omitted.

    Raises:
        PluginError: One of ``plugins`` is invalid.
    """

    def __init__(
        self,
        *,
        index: PluginIndex | None = None,
        disabled: Iterable[str] = (),
        allow: Iterable[str] | None = None,
        autoload: bool = True,
        plugins: Iterable[object] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._index = PluginIndex() if index is None else index
        self._policy = ActivationPolicy(
            disabled=disabled,
            allow=allow,
            autoload=autoload,
            environ=os.environ if environ is None else environ,
        )
        self._lock = RLock()
        self._active_plugins: ActivePlugins | None = None
        self._registered: dict[tuple[str, str], Provider] = {}
        self._registered_count = 0
        # Keyed, so that asking again for a broken plugin does not grow the list.
        self._failures: dict[tuple[str, str, str, str], PluginFailure] = {}
        for plugin in plugins:
            self.register(plugin)

    # -- asking ----------------------------------------------------------------------------------------------------

    def resolve(self, kind: str, name: str, *, required_by: str) -> Provider:
        """Return the provider of a named component; only its plugin is imported.

        Args:
            kind: A kind's name, ``"metadata_store"`` and its like.
            name: The component's name, or a pin ``distribution:name`` where several distributions offer it.
            required_by: Who asks, for messages: the field of the configuration.

        Returns:
            The descriptor; :meth:`Provider.create` builds the component.

        Raises:
            MissingPluginError: Nothing installed has that name.
            PluginConflictError: Several distributions have it; the message holds the pins to choose from.
            PluginNotUsableError: It is blocked, or incompatible with this kernel.
            PluginLoadError: Its plugin cannot be imported or is invalid.
            PluginError: There is no such kind, or it is one that offers no components.
        """
        asked = kind_named(kind)
        if asked.hook is None:
            raise PluginError(
                f"plugins of the kind {kind!r} observe and offer no components to resolve; use activate_all()",
                code="plugin_kind_without_components",
            )
        pin = Pin.parse(name)
        with self._lock:
            registered = self._registered.get((kind, pin.name))
            if registered is not None and pin.distribution is None:
                return registered
            ref = self._select(asked, name, pin, required_by)
            return self._provider_of(ref, asked, required_by)

    def names(self, kind: str) -> list[str]:
        """List the names of a kind that can be asked for; nothing is imported.

        Raises:
            PluginError: There is no such kind.
        """
        kind_named(kind)
        installed = {ref.name for ref in self._index.entries(kind) if self._policy.blocked_by(ref) is None}
        with self._lock:
            return sorted(installed | {name for owner, name in self._registered if owner == kind})

    @property
    def failures(self) -> tuple[PluginFailure, ...]:
        """Everything that went wrong with a plugin in this host, unreadable metadata first."""
        with self._lock:
            return (*self._index.failures, *self._failures.values())

    def describe(self) -> list[PluginDescription]:
        """Describe every plugin that is installed or registered; nothing is imported."""
        with self._lock:
            registered = [
                PluginDescription(kind, name, "", "", "", "active", None, provider.summary or None)
                for (kind, name), provider in sorted(self._registered.items())
            ]
            installed = [self._description_of(ref) for ref in self._index.entries()]
            unreadable = [
                PluginDescription("", "", failure.distribution, "", "", "failed", failure.reason)
                for failure in self._index.failures
            ]
            return registered + installed + unreadable

    def verify(self) -> list[PluginDescription]:
        """Import every plugin that may be imported, then describe them all; failures are described, not raised."""
        for kind in KINDS:
            self.activate_all(kind)
        return self.describe()

    # -- plugins in use --------------------------------------------------------------------------------------------

    def register(self, plugin: object, *, name: str | None = None) -> str:
        """Put a plugin object into use without installing it, for tests and notebooks.

        It is validated as an installed plugin is, and its components win over installed ones of the same name.

        Args:
            plugin: Module or object with functions marked by ``hookimpl``.
            name: What messages call it; made from its type when omitted.

        Returns:
            Its name.

        Raises:
            PluginLoadError: It is no valid plugin.
            PluginConflictError: A registered plugin already offers one of its names.
        """
        with self._lock:
            self._registered_count += 1
            called = name or f"registered:{type(plugin).__name__}:{self._registered_count}"
            plugins = self._plugins()
            active = plugins.add(plugin, called)
            try:
                self._registered.update(self._offered_by(active, plugins))
            except (Exception, SystemExit) as error:
                plugins.remove(active)
                if isinstance(error, PluginError):
                    raise
                raise PluginLoadError(
                    f"the plugin {called!r} cannot be registered: {type(error).__name__}: {error}"
                ) from error
            return called

    def activate_all(self, kind: str) -> list[str]:
        """Put every usable plugin of a kind into use; one that fails is recorded and logged, and spoils no other.

        Returns:
            The names of the components (or observers) that are in use now.

        Raises:
            PluginError: There is no such kind.
        """
        asked = kind_named(kind)
        activated: list[str] = []
        with self._lock:
            for ref in self._index.entries(kind):
                if self._unusable(ref) is not None:
                    continue
                known = len(self._failures)
                try:
                    if asked.hook is None:
                        self._load(ref, asked, "activate_all")
                    else:
                        self._provider_of(ref, asked, "activate_all")
                except PluginError as error:
                    if len(self._failures) > known:
                        _log_warning("plugin %s is left out: %s", ref.origin, error)
                else:
                    activated.append(ref.name)
        return activated

    def notify(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Call an observing hook of every plugin in use; what one raises harms no other.

        Args:
            hook: Name of the hook (``"contexta_run_started"``).
            **arguments: All arguments that the hook specifies.

        Returns:
            Plugin name and result, for each implementation that did not raise.

        Raises:
            PluginError: There is no such hook, or the arguments are not the specified ones.
        """
        with self._lock:
            plugins = self._active_plugins
        if plugins is None:
            return []
        _check_notification(hook, arguments, plugins)
        results: list[tuple[str, Any]] = []
        for implementation in plugins.observers(hook):
            positional = [arguments[argument] for argument in implementation.argnames]
            optional = {name: arguments[name] for name in implementation.kwargnames if name in arguments}
            try:
                results.append((implementation.plugin_name, implementation.function(*positional, **optional)))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - one observer must not disturb the others or the run
                reason = f"{hook} raised {type(error).__name__}: {error}"
                failure = PluginFailure(implementation.plugin_name, "notify", reason, error, "hooks", hook)
                if self._record(failure):
                    _log_warning("plugin %s: %s", implementation.plugin_name, reason)
        return results

    # -- inside ----------------------------------------------------------------------------------------------------

    def _plugins(self) -> ActivePlugins:
        if self._active_plugins is None:
            # Brings pluggy in; a program that uses no plugin does not pay for it.
            from contexta.plugins.activation import ActivePlugins

            self._active_plugins = ActivePlugins()
        return self._active_plugins

    def _select(self, kind: Kind, asked: str, pin: Pin, required_by: str) -> EntryRef:
        """Choose the one usable entry point that is meant."""
        candidates = [ref for ref in self._index.entries(kind.name) if _means(pin, ref)]
        if not candidates:
            raise missing_error(kind, asked, pin, self.names(kind.name), self._index.failures, required_by)
        reasons = [(ref, self._unusable(ref)) for ref in candidates]
        usable = [ref for ref, reason in reasons if reason is None]
        if not usable:
            refused = [(ref, reason) for ref, reason in reasons if reason is not None]
            raise unusable_error(kind, asked, refused, required_by)
        if len(usable) > 1:
            raise conflict_error(kind, asked, usable, required_by)
        return usable[0]

    def _unusable(self, ref: EntryRef) -> str | None:
        return self._policy.blocked_by(ref) or incompatibility(ref)

    def _load(self, ref: EntryRef, kind: Kind, required_by: str) -> ActivePlugin:
        try:
            return self._plugins().load(ref)
        except (Exception, SystemExit) as error:
            raise self._failed(ref, kind, error, required_by) from error

    def _provider_of(self, ref: EntryRef, kind: Kind, required_by: str) -> Provider:
        active = self._load(ref, kind, required_by)
        try:
            provider = _named_provider(self._plugins().providers(active, kind), ref, kind)
        except (Exception, SystemExit) as error:
            raise self._failed(ref, kind, error, required_by) from error
        misfit = _api_misfit(provider)
        if misfit is not None:
            refusal = unusable_error(kind, ref.name, [(ref, misfit)], required_by)
            self._record(PluginFailure(ref.distribution, "load", misfit, refusal, ref.kind, ref.name))
            raise refusal
        # What failed before and was mended meanwhile is no longer listed as broken.
        self._failures.pop((ref.distribution, "load", ref.kind, ref.name), None)
        return provider

    def _failed(self, ref: EntryRef, kind: Kind, cause: BaseException, required_by: str) -> PluginLoadError:
        error = load_error(ref, kind.title, cause, required_by)
        self._record(PluginFailure(ref.distribution, "load", str(error), error, ref.kind, ref.name))
        return error

    def _record(self, failure: PluginFailure) -> bool:
        """Keep a failure; tell whether it is the first of its plugin and stage."""
        identity = (failure.distribution, failure.stage, failure.kind, failure.name)
        with self._lock:
            is_first = identity not in self._failures
            self._failures[identity] = failure
        return is_first

    def _offered_by(self, active: ActivePlugin, plugins: ActivePlugins) -> dict[tuple[str, str], Provider]:
        offered: dict[tuple[str, str], Provider] = {}
        for kind in KINDS.values():
            for name, provider in plugins.providers(active, kind).items():
                misfit = _api_misfit(provider)
                if misfit is not None:
                    raise PluginNotUsableError(
                        f"{provider.name!r} of {active.name!r} cannot be used: it is {misfit};"
                        " use a version of it that fits",
                        details={"kind": kind.name, "name": name},
                    )
                if (kind.name, name) in self._registered:
                    raise PluginConflictError(
                        f"a registered plugin already offers a {kind.title} named {name!r};"
                        f" give the one of {active.name!r} another name",
                        details={"kind": kind.name, "name": name},
                    )
                offered[kind.name, name] = provider
        return offered

    def _description_of(self, ref: EntryRef) -> PluginDescription:
        status, reason = self._status_of(ref)
        active = self._active_plugins.get(ref) if self._active_plugins is not None else None
        provider = (
            active.providers.get(ref.kind, {}).get(component_name(ref.name)) if active is not None else None
        )
        return PluginDescription(
            ref.kind,
            ref.name,
            ref.distribution,
            ref.version,
            ref.value,
            status,
            reason,
            (provider.summary or None) if provider is not None else None,
        )

    def _status_of(self, ref: EntryRef) -> tuple[PluginStatus, str | None]:
        kind = KINDS.get(ref.kind)
        if kind is None:
            return "unknown-kind", f"this contexta knows no kind of plugin named {ref.kind!r}"
        blocked = self._policy.blocked_by(ref)
        if blocked is not None:
            return "blocked", blocked
        misfit = incompatibility(ref)
        if misfit is not None:
            return "incompatible", misfit
        failure = self._failures.get((ref.distribution, "load", ref.kind, ref.name))
        if failure is not None:
            return "failed", failure.reason
        rivals = [
            other
            for other in self._index.entries(ref.kind)
            if component_name(other.name) == component_name(ref.name) and self._unusable(other) is None
        ]
        if kind.hook is not None and len(rivals) > 1:
            return "conflict", f"offered by several plugins; pins: {', '.join(pins_for(rivals))}"
        active = self._active_plugins.get(ref) if self._active_plugins is not None else None
        return ("available" if active is None else "active"), None


def _named_provider(providers: Mapping[str, Provider], ref: EntryRef, kind: Kind) -> Provider:
    provider = providers.get(component_name(ref.name))
    if provider is None:
        raise PluginLoadError(
            f"its {kind.hook} offers no {kind.title} of that name"
            f" (it offers: {', '.join(sorted(providers)) or 'none'})",
            code="plugin_invalid",
        )
    return provider


def _api_misfit(provider: Provider) -> str | None:
    if provider.api == API_VERSION[0]:
        return None
    return f"written for plugin interface {provider.api}, and this is {API_VERSION[0]}.{API_VERSION[1]}"


def _means(pin: Pin, ref: EntryRef) -> bool:
    return any(
        pin.matches(ref.name, distribution, ref.value) for distribution in (ref.distribution, *ref.also_in)
    )


def _check_notification(hook: str, arguments: Mapping[str, Any], plugins: ActivePlugins) -> None:
    from contexta.plugins.hookspecs import OBSERVING_HOOKS

    if hook not in OBSERVING_HOOKS:
        raise PluginError(
            f"{hook!r} is no observing hook; they are {', '.join(sorted(OBSERVING_HOOKS))}",
            code="plugin_hook_unknown",
        )
    expected = plugins.arguments_of(hook)
    if arguments.keys() != expected:
        raise PluginError(
            f"{hook} is called with {', '.join(sorted(expected))}, got {', '.join(sorted(arguments)) or 'nothing'}",
            code="plugin_hook_arguments",
        )


def _log_warning(message: str, *arguments: object) -> None:
    import logging

    logging.getLogger("contexta.plugins").warning(message, *arguments)


@cache
def default_host() -> PluginHost:
    """Return one host for the process, for programs without a session of their own; the kernel does not use it."""
    return PluginHost()

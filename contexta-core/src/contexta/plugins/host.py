"""The plugin host: finds the component that a configuration names, and keeps every other plugin asleep."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, PluginError, PluginLoadError, PluginNotUsableError
from contexta.log.fork_lock import ForkLock
from contexta.plugins.compatibility import api_misfit
from contexta.plugins.description import PluginDescription
from contexta.plugins.error_policy import ErrorPolicy
from contexta.plugins.failures import PluginFailure
from contexta.plugins.index import PluginIndex
from contexta.plugins.kinds import KINDS, Kind, kind_named
from contexta.plugins.messages import load_error, unusable_error
from contexta.plugins.naming import Pin
from contexta.plugins.ownership import is_shadow
from contexta.plugins.policy import ActivationPolicy
from contexta.plugins.registering import named_provider, not_registered, offered_by
from contexta.plugins.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from contexta.config.models import UnifiedConfig
    from contexta.plugins.activation import ActivePlugin, ActivePlugins
    from contexta.plugins.index import EntryRef
    from contexta.plugins.provider import Provider
    from contexta.plugins.troubles import Trouble, Troubles

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
        environ: Environment variables (``CONTEXTA_PLUGINS``, ``CONTEXTA_PLUGINS_DISABLED``, ``CONTEXTA_PLUGIN_ERRORS``,
            ``CONTEXTA_TRACE_PLUGINS``); the process's own when omitted.
        on_error: What happens when a plugin that nobody named fails: ``"warn"``, ``"raise"`` or ``"ignore"``.
        troubles: Where the failures of components at work are kept; nowhere when None.

    Raises:
        PluginError: One of ``plugins`` is invalid.
        ConfigurationError: ``on_error``, or the variable that is stronger, is none of its words.
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
        on_error: str = "warn",
        troubles: Troubles | None = None,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self.index = PluginIndex() if index is None else index
        self.policy = ActivationPolicy(
            disabled=disabled, allow=allow, autoload=autoload, environ=self._environ
        )
        self.errors = ErrorPolicy(on_error, self._environ)
        self._selection = Selection(self.index, self.policy)
        self._lock = ForkLock(level=2)
        self._active_plugins: ActivePlugins | None = None
        self._configuration: Mapping[str, Any] | None = None
        self._configured_in: int | None = None
        self._watches = False
        self._registered: dict[tuple[str, str], Provider] = {}
        self._registered_count = 0
        # Keyed, so that asking again for a broken plugin does not grow the list.
        self._failures: dict[tuple[str, str, str, str], PluginFailure] = {}
        self._troubles = troubles
        self._noted: dict[tuple[str, str], Trouble] = {}
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
            The descriptor; :meth:`open` builds the component.

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
            ref = self._selection.choose(
                asked, name, pin, required_by, lambda rivals: self._ask_to_choose(kind, name, rivals)
            )
            return self._provider_of(ref, asked, required_by)

    def open(
        self,
        kind: str,
        name: str,
        context: Any,
        *,
        options: Mapping[str, Any] | None = None,
        required_by: str,
        path: str = "options",
    ) -> Any:
        """Resolve a component and build it, through ``contexta_open_component`` and its wrappers.

        Args:
            kind: As in :meth:`resolve`, like ``name`` and ``required_by``.
            name: See there.
            context: The surroundings that the kind's SPI promises to its factories.
            options: The component's options as configured.
            required_by: See there.
            path: Where the options stand in the configuration, for messages.

        Returns:
            What the factory, or a plugin in its place, returned.

        Raises:
            PluginError: As :meth:`resolve`; or the factory or a hook around it raised something that is no error of
                ours.
            ConfigurationError: An option is unknown, missing or of the wrong type.
        """
        self.watch()
        provider = self.resolve(kind, name, required_by=required_by)
        arguments = {
            "kind": kind,
            "name": name,
            "provider": provider,
            "context": context,
            "options": options or {},
            "path": path,
        }
        try:
            return self._plugins().open_component(arguments)
        except ContextaError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"the {kind_named(kind).title} {name!r}, asked for by {required_by}, could not be opened: a plugin's"
                f" contexta_open_component raised {type(error).__name__}: {error}; mend that plugin, or disable it",
                code="plugin_hook_failed",
                details={"kind": kind, "name": name},
            ) from error

    def distribution_of(self, kind: str, name: str) -> str:
        """Return the distribution that serves a name here; empty where none does; nothing is imported.

        Args:
            kind: As in :meth:`resolve`.
            name: See there.
        """
        asked, pin = kind_named(kind), Pin.parse(name)
        if (kind, pin.name) in self._registered and pin.distribution is None:
            return ""
        try:
            return self._selection.choose(asked, name, pin, "", lambda _: None).distribution
        except PluginError:
            return ""

    def names(self, kind: str) -> list[str]:
        """List the names of a kind that can be asked for; nothing is imported.

        Raises:
            PluginError: There is no such kind.
        """
        kind_named(kind)
        installed = self._selection.names(kind)
        with self._lock:
            return sorted(installed | {name for owner, name in self._registered if owner == kind})

    @property
    def failures(self) -> tuple[PluginFailure, ...]:
        """Everything that went wrong with a plugin in this host, unreadable metadata first."""
        with self._lock:
            return (*self.index.failures, *self._failures.values())

    def describe(self) -> list[PluginDescription]:
        """Describe every plugin that is installed or registered; nothing is imported."""
        from contexta.plugins.listing import Listing

        with self._lock:
            kept = self._troubles.read() if self._troubles is not None else []
            listing = Listing(self._selection, self._failures, (*self._noted.values(), *kept))
            registered = [
                PluginDescription(kind, name, "", "", "", "active", None, provider.summary or None)
                for (kind, name), provider in sorted(self._registered.items())
            ]
            installed = [listing.describe(ref, self.active(ref)) for ref in self.index.entries()]
            unreadable = [
                PluginDescription("", "", failure.distribution, "", "", "failed", failure.reason)
                for failure in self.index.failures
            ]
            return registered + installed + unreadable

    def verify(self) -> list[PluginDescription]:
        """Import every plugin that may be imported, then describe them all; failures are described, not raised."""
        for kind in KINDS.values():
            self._activate(kind)
        return self.describe()

    def load_matching(self, kind: str, is_meant: Callable[[EntryRef], bool]) -> None:
        """Import those of a kind's plugins that are meant and may be imported; failures are recorded, not raised.

        Args:
            kind: As in :meth:`resolve`.
            is_meant: Tells which.
        """
        self._activate(kind_named(kind), is_meant)

    def hooks_of(self, active: ActivePlugin) -> set[str]:
        """Return the hooks that a plugin in use implements."""
        return {hook for hook, _ in self._plugins().implementations_of(active.plugin)}

    def active(self, ref: EntryRef) -> ActivePlugin | None:
        """Return the plugin behind an entry point if it is in use."""
        return None if self._active_plugins is None else self._active_plugins.get(ref)

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
            PluginNotUsableError: It was written for another plugin interface.
            PluginConflictError: A registered plugin already offers one of its names.
        """
        with self._lock:
            self._registered_count += 1
            called = name or f"registered:{type(plugin).__name__}:{self._registered_count}"
            plugins = self._plugins()
            try:
                active = plugins.add(plugin, called)
                try:
                    self._registered.update(offered_by(active, plugins, self._registered))
                except BaseException:
                    plugins.remove(active)
                    raise
            except PluginError:
                raise
            except (Exception, SystemExit) as error:
                raise not_registered(called, error) from error
            return called

    def configure(self, config: UnifiedConfig) -> None:
        """Tell the plugins in use the configuration, and each that comes into use later; nothing is imported.

        Args:
            config: The configuration of the session.

        Raises:
            PluginLoadError: The hook of a registered plugin raised; it is out of use.
        """
        with self._lock:
            self._configured_in = os.getpid()
            self._configuration = {"config": config, "host": self}
            if self._active_plugins is None:
                return
            failed = self._active_plugins.configure(self._configuration)
            for active, error in failed:
                self._registered = {
                    offered: provider
                    for offered, provider in self._registered.items()
                    if provider is not active.providers.get(offered[0], {}).get(offered[1])
                }
                self._keep(PluginFailure(active.name, "load", f"contexta_configure raised {error!r}", error))
        for active, error in failed:
            raise not_registered(active.name, error) from error

    def watch(self) -> None:
        """Put the plugins of the kind ``hooks`` into use, once: they are told what happens and named by nobody."""
        with self._lock:
            if self._watches:
                return
            self._watches = True
            if self.index.entries("hooks"):
                self.activate_all("hooks")

    def activate_all(self, kind: str) -> list[str]:
        """Put every usable plugin of a kind into use; one that fails is recorded and logged, and spoils no other.

        Returns:
            The names of the components (or observers) that are in use now.

        Raises:
            PluginError: There is no such kind; or one failed, and failures are to be raised.
        """
        activated, failed = self._activate(kind_named(kind))
        for ref, error in failed:
            if self.errors.raises:
                raise error
            message = f"plugin {ref.origin} is left out: {error}"
            self.errors.warn(message, message)
        return activated

    def notify(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Call an observing hook of every plugin in use; what one raises harms no other.

        After three failures in a row a plugin is told nothing more by this host.

        Args:
            hook: Name of the hook (``"contexta_run_started"``).
            **arguments: All arguments that the hook specifies.

        Returns:
            Plugin name and result, for each implementation that did not raise.

        Raises:
            PluginError: There is no such hook, or the arguments are not the specified ones; or an implementation
                raised, and failures are to be raised.
        """
        plugins = self._active_plugins
        if plugins is None:
            return []
        from contexta.plugins.observing import notify_each, require_observing

        require_observing(hook, arguments, plugins)
        return notify_each(plugins, hook, arguments, self._hook_failed)

    def call_all(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Call a hook that returns something of every plugin in use, as :meth:`notify` does; nobody is suspended."""
        from contexta.plugins.observing import call_each

        return (
            []
            if (plugins := self._active_plugins) is None
            else call_each(plugins, hook, arguments, self._hook_failed)
        )

    def note_trouble(self, trouble: Trouble, error: BaseException, *, log: bool = True) -> None:
        """Record that a component failed at work: here, in the log, and in the workspace for later listings."""
        with self._lock:
            self._noted[trouble.kind, trouble.id] = trouble
            self._keep(
                PluginFailure(trouble.distribution, "use", trouble.reason, error, trouble.kind, trouble.id)
            )
        if log:
            message = f"the {trouble.kind} {trouble.id!r} failed: {trouble.reason}"
            self.errors.warn(message, message)
        if self._troubles is not None:
            self._troubles.note(trouble)

    def forget_trouble(self, kind: str, identifier: str) -> None:
        """Forget what the workspace says of a component that served without failing."""
        if self._troubles is not None:
            self._troubles.clear(kind, identifier)

    def close(self) -> None:
        """Tell the plugins in use that their session is over, once and where it began; what they raise is recorded."""
        with self._lock:
            configured_in, self._configured_in = self._configured_in, None
        # What a forked child lets go of would be gone for its parent.
        if configured_in == os.getpid():
            self.call_all("contexta_unconfigure", host=self)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _plugins(self) -> ActivePlugins:
        if self._active_plugins is None:
            # Brings pluggy in; a program that uses no plugin does not pay for it.
            from contexta.plugins.activation import ActivePlugins
            from contexta.plugins.tracing import Tracer

            self._active_plugins = ActivePlugins(Tracer(self._environ), self._configuration)
        return self._active_plugins

    def _ask_to_choose(self, kind: str, name: str, rivals: Sequence[EntryRef]) -> EntryRef | None:
        self.watch()
        for plugin, chosen in self.call_all(
            "contexta_select_provider", kind=kind, name=name, candidates=rivals
        ):
            if chosen in rivals:
                answer: EntryRef = chosen
                return answer
            if chosen is not None:
                error = PluginError(
                    f"contexta_select_provider returned {chosen!r}, which is none of the candidates",
                    code="plugin_invalid",
                )
                self._hook_failed(
                    PluginFailure(plugin, "call", str(error), error, "hooks", "contexta_select_provider")
                )
        return None

    def _activate(
        self, kind: Kind, is_meant: Callable[[EntryRef], bool] = lambda ref: not is_shadow(ref)
    ) -> tuple[list[str], list[tuple[EntryRef, PluginError]]]:
        activated: list[str] = []
        failed: list[tuple[EntryRef, PluginError]] = []
        with self._lock:
            for ref in self.index.entries(kind.name):
                if not is_meant(ref) or self._selection.refused(ref) is not None:
                    continue
                try:
                    if kind.hook is None:
                        self._load(ref, kind, "activate_all")
                    else:
                        self._provider_of(ref, kind, "activate_all")
                except PluginError as error:
                    failed.append((ref, error))
                else:
                    activated.append(ref.name)
        return activated, failed

    def _load(self, ref: EntryRef, kind: Kind, required_by: str) -> ActivePlugin:
        try:
            active = self._plugins().load(ref)
        except PluginNotUsableError as error:
            raise self._refused(ref, kind, str(error), required_by) from error
        except (Exception, SystemExit) as error:
            raise self._failed(ref, kind, error, required_by) from error
        # What failed before and was mended meanwhile is no longer listed as broken.
        self._failures.pop((ref.distribution, "load", ref.kind, ref.name), None)
        return active

    def _provider_of(self, ref: EntryRef, kind: Kind, required_by: str) -> Provider:
        active = self._load(ref, kind, required_by)
        try:
            provider = named_provider(self._plugins().providers(active, kind), ref, kind)
        except (Exception, SystemExit) as error:
            raise self._failed(ref, kind, error, required_by) from error
        misfit = api_misfit(provider.api)
        if misfit is not None:
            raise self._refused(ref, kind, misfit, required_by)
        return provider

    def _failed(self, ref: EntryRef, kind: Kind, cause: BaseException, required_by: str) -> PluginLoadError:
        error = load_error(ref, kind.title, cause, required_by)
        self._keep(PluginFailure(ref.distribution, "load", str(error), error, ref.kind, ref.name))
        return error

    def _refused(self, ref: EntryRef, kind: Kind, reason: str, required_by: str) -> PluginNotUsableError:
        error = unusable_error(kind, ref.name, [(ref, reason)], required_by)
        self._keep(PluginFailure(ref.distribution, "load", reason, error, ref.kind, ref.name))
        return error

    def _hook_failed(self, failure: PluginFailure) -> None:
        self._keep(failure)
        if self.errors.raises:
            raise PluginError(
                f"plugin {failure.distribution}: {failure.reason}", code="plugin_hook_failed"
            ) from failure.error
        # What an error says differs from run to run; that a plugin is suspended is told beside its first failure.
        subject = f"{failure.distribution} {failure.name}{failure.reason.partition('; after ')[1]}"
        self.errors.warn(subject, f"plugin {failure.distribution}: {failure.reason}")

    def _keep(self, failure: PluginFailure) -> None:
        with self._lock:
            self._failures[failure.distribution, failure.stage, failure.kind, failure.name] = failure


@cache
def default_host() -> PluginHost:
    """Return one host for the process, for programs without a session of their own; the kernel does not use it."""
    return PluginHost()

"""A plugin that remembers which hooks were called, in which order, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.plugins import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HookCall", "HookRecorder"]


class HookCall(NamedTuple):
    """One call of a hook.

    Args:
        hook: Name of the hook, without ``contexta_``.
        arguments: What it was called with.
    """

    hook: str
    arguments: Mapping[str, Any]


class HookRecorder:
    """Implements every hook that tells or asks, answers none of them, and remembers the calls.

    Hand it over as an object: ``Contexta(..., plugins=[recorder])`` or ``PluginHost(plugins=[recorder])``.
    """

    def __init__(self) -> None:
        #: The calls, in order.
        self.calls: list[HookCall] = []

    @property
    def hooks(self) -> list[str]:
        """Names of the hooks that were called, in order."""
        return [call.hook for call in self.calls]

    def _record(self, hook: str, **arguments: Any) -> None:
        self.calls.append(HookCall(hook, arguments))

    @hookimpl
    def contexta_configure(self, config: Any, host: Any) -> None:
        """Remember that a configuration is in force."""
        self._record("configure", config=config, host=host)

    @hookimpl
    def contexta_unconfigure(self, host: Any) -> None:
        """Remember that a host lets go."""
        self._record("unconfigure", host=host)

    @hookimpl
    def contexta_session_opened(self, session: Any) -> None:
        """Remember that a session was opened."""
        self._record("session_opened", session=session)

    @hookimpl
    def contexta_session_closed(self, session: Any, failures: Sequence[tuple[str, Exception]]) -> None:
        """Remember that a session was closed."""
        self._record("session_closed", session=session, failures=failures)

    @hookimpl
    def contexta_run_started(self, run: Any) -> None:
        """Remember that a run was started."""
        self._record("run_started", run=run)

    @hookimpl
    def contexta_run_finished(self, run: Any, outcome: str) -> None:
        """Remember that a run has ended."""
        self._record("run_finished", run=run, outcome=outcome)

    @hookimpl
    def contexta_select_provider(self, kind: str, name: str, candidates: Sequence[Any]) -> None:
        """Remember the question which provider is to serve a name."""
        self._record("select_provider", kind=kind, name=name, candidates=candidates)

    @hookimpl
    def contexta_open_component(
        self, kind: str, name: str, provider: Any, context: Any, options: Mapping[str, Any], path: str
    ) -> None:
        """Remember that a component is being opened."""
        self._record(
            "open_component",
            kind=kind,
            name=name,
            provider=provider,
            context=context,
            options=options,
            path=path,
        )

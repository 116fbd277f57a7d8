"""What a host says about each plugin, without importing any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.plugins.description import PluginDescription, PluginStatus
from contexta.plugins.kinds import KINDS
from contexta.plugins.messages import pins_for, shadow_reason
from contexta.plugins.naming import Pin, component_name, distribution_name
from contexta.plugins.observing import MOST_FAILURES_IN_A_ROW
from contexta.plugins.ownership import is_shadow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contexta.plugins.activation import ActivePlugin
    from contexta.plugins.failures import PluginFailure
    from contexta.plugins.index import EntryRef
    from contexta.plugins.selection import Selection
    from contexta.plugins.troubles import Trouble

__all__ = ["Listing"]


class Listing:
    """Describes entry points as one host sees them at one moment.

    Args:
        selection: What may be used.
        failures: What went wrong in this host: distribution, stage, kind and name to the failure.
        troubles: What went wrong when the workspace's components were last used.
    """

    def __init__(
        self,
        selection: Selection,
        failures: Mapping[tuple[str, str, str, str], PluginFailure],
        troubles: Iterable[Trouble],
    ) -> None:
        self._selection = selection
        self._failures = failures
        self._troubles = [
            (
                trouble.kind,
                Pin.parse(trouble.name).name,
                distribution_name(trouble.distribution),
                trouble.sentence,
            )
            for trouble in troubles
        ]

    def describe(self, ref: EntryRef, active: ActivePlugin | None) -> PluginDescription:
        """Describe one entry point.

        Args:
            ref: The entry point.
            active: Its plugin, if that is in use.
        """
        status, reason = self._status_of(ref, active)
        provider = active.providers.get(ref.kind, {}).get(component_name(ref.name)) if active else None
        summary = (provider.summary if provider else "") or (
            active.info.summary if active and active.info and ref.kind == "hooks" else ""
        )
        if reason is None:
            reason = self._trouble_of(ref)
        return PluginDescription(
            ref.kind, ref.name, ref.distribution, ref.version, ref.value, status, reason, summary or None
        )

    def _status_of(self, ref: EntryRef, active: ActivePlugin | None) -> tuple[PluginStatus, str | None]:
        kind = KINDS.get(ref.kind)
        if kind is None:
            return "unknown-kind", f"this contexta knows no kind of plugin named {ref.kind!r}"
        blocked = self._selection.blocked(ref)
        if blocked is not None:
            return "blocked", blocked
        misfit = self._selection.refused(ref)
        if misfit is not None:
            return "incompatible", misfit
        failure = self._failures.get((ref.distribution, "load", ref.kind, ref.name))
        if failure is not None:
            return "failed", failure.reason
        if is_shadow(ref):
            return "shadowing", shadow_reason(ref)
        rivals = self._selection.rivals(ref)
        if kind.hook is not None and ref in rivals and len(rivals) > 1:
            return "conflict", f"offered by several plugins; pins: {', '.join(pins_for(rivals))}"
        if active is None:
            return "available", None
        if active.failed_in_a_row >= MOST_FAILURES_IN_A_ROW:
            return "suspended", self._last_failure_of(active)
        return "active", None

    def _last_failure_of(self, active: ActivePlugin) -> str | None:
        reasons = [
            failure.reason
            for (plugin, stage, _, _), failure in self._failures.items()
            if plugin == active.name and stage == "notify"
        ]
        return reasons[-1] if reasons else None

    def _trouble_of(self, ref: EntryRef) -> str | None:
        names = {distribution_name(found) for found in (ref.distribution, *ref.also_in)}
        for kind, name, distribution, sentence in self._troubles:
            if kind == ref.kind and name == component_name(ref.name) and distribution in {"", *names}:
                return sentence
        return None

"""Which installed entry point is meant by a name, and which may be used at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.plugins.compatibility import incompatibility
from contexta.plugins.messages import conflict_error, missing_error, shadow_reason, unusable_error
from contexta.plugins.naming import Pin, component_name
from contexta.plugins.ownership import is_shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta.plugins.index import EntryRef, PluginIndex
    from contexta.plugins.kinds import Kind
    from contexta.plugins.policy import ActivationPolicy

__all__ = ["Selection"]


class Selection:
    """Chooses among what is installed; imports nothing.

    Args:
        index: What is installed.
        policy: What may be used.
    """

    def __init__(self, index: PluginIndex, policy: ActivationPolicy) -> None:
        self._index = index
        self._policy = policy

    def refused(self, ref: EntryRef) -> str | None:
        """Say why an entry point may not be used, or return None when it may."""
        return self._policy.blocked_by(ref) or incompatibility(ref)

    def blocked(self, ref: EntryRef) -> str | None:
        """Say what forbids an entry point, or return None when nothing does."""
        return self._policy.blocked_by(ref)

    def names(self, kind: str) -> set[str]:
        """Return the names of a kind that are installed and may be asked for without a pin."""
        return {
            ref.name for ref in self._index.entries(kind) if self.blocked(ref) is None and not is_shadow(ref)
        }

    def rivals(self, ref: EntryRef) -> list[EntryRef]:
        """List the usable entry points that a name without a pin may mean, this one among them or not."""
        return [
            other
            for other in self._index.entries(ref.kind)
            if component_name(other.name) == component_name(ref.name)
            and not is_shadow(other)
            and self.refused(other) is None
        ]

    def choose(
        self,
        kind: Kind,
        asked: str,
        pin: Pin,
        required_by: str,
        settle: Callable[[Sequence[EntryRef]], EntryRef | None],
    ) -> EntryRef:
        """Choose the one usable entry point that is meant.

        Args:
            kind: The kind that is asked for.
            asked: The name as it was written.
            pin: The same, taken apart.
            required_by: Who asks, for messages.
            settle: Asked where several remain; None means that it has no answer.

        Raises:
            MissingPluginError: Nothing installed has that name.
            PluginNotUsableError: It is blocked, incompatible, or a stranger's with a name of ours.
            PluginConflictError: Several have it, and nobody chose.
        """
        candidates = [ref for ref in self._index.entries(kind.name) if _means(pin, ref)]
        if not candidates:
            installed = sorted(self.names(kind.name))
            raise missing_error(kind, asked, pin, installed, self._index.failures, required_by)
        reasons = [(ref, self.refused(ref) or _shadowing(ref, pin)) for ref in candidates]
        usable = [ref for ref, reason in reasons if reason is None]
        if not usable:
            refused = [(ref, reason) for ref, reason in reasons if reason is not None]
            raise unusable_error(kind, asked, refused, required_by)
        chosen = usable[0] if len(usable) == 1 else settle(tuple(usable))
        if chosen is None:
            raise conflict_error(kind, asked, usable, required_by)
        return chosen


def _means(pin: Pin, ref: EntryRef) -> bool:
    return any(
        pin.matches(ref.name, distribution, ref.value) for distribution in (ref.distribution, *ref.also_in)
    )


def _shadowing(ref: EntryRef, pin: Pin) -> str | None:
    return shadow_reason(ref) if pin.distribution is None and is_shadow(ref) else None

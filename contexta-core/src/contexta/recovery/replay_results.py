"""What a replay of the outbox did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.recovery.models import RecoveryResult, as_data

if TYPE_CHECKING:
    from contexta.spi.sinks import DeliveryStatus

__all__ = ["ReplayBatchResult", "ReplayEntryResult"]


@dataclass(frozen=True, slots=True)
class ReplayEntryResult:
    """What became of one entry.

    Args:
        replay_ref: The entry.
        family: Family of its payload.
        target: The sink that it was delivered to, or is meant for.
        status: SUCCESS, DEGRADED or FAILURE as the sink answered; SKIPPED where there is no such sink.
        detail: What the sink said.
        attempts: How many replays of it have failed in a row.
        dead_lettered: Whether it became a dead letter now.
    """

    replay_ref: str
    family: str
    target: str
    status: DeliveryStatus
    detail: str = ""
    attempts: int = 0
    dead_lettered: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return as_data(self)


@dataclass(frozen=True, slots=True)
class ReplayBatchResult(RecoveryResult):
    """What a replay did.

    Its status is FAILURE where every delivery failed, and DEGRADED where some did.

    Args:
        entries: What became of each entry that was looked at, in order.
        acknowledged_count: How many were delivered and are no longer pending.
        pending_count: How many are pending now, those of other sinks included.
        dead_lettered_count: How many became dead letters now.
    """

    entries: tuple[ReplayEntryResult, ...] = ()
    acknowledged_count: int = 0
    pending_count: int = 0
    dead_lettered_count: int = 0

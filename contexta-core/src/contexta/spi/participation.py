"""Participations: who takes part in a run or stage, and the status folded from them.

Every process that opens a scope adds a *participation* to the entity's document, under
``<writer>.<ordinal>``: ``{"attempt", "status", "started_at", "ended_at", "host", "pid"}``.  Nobody else ever writes it,
so participations of one distributed job cannot conflict.  Resuming a closed run starts the next attempt; the ranks of
one job share an attempt.

The status of the entity is folded from the participations of its last attempt:

* one is open and its writer lives (or nobody can tell): ``open``;
* otherwise the worst of them: ``failed``, ``interrupted`` (open, but its writer is dead), ``cancelled``, ``completed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.log.liveness import Liveness

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fold_participations", "participation_writer"]

#: From harmless to grave; the worst of the last attempt names the entity's status.  A word of a newer version ranks
#: above all: it is shown rather than hidden.
_GRAVITY = {"completed": 0, "cancelled": 1, "interrupted": 2, "failed": 3}


def participation_writer(participation: str) -> str:
    """Return the writer's token of a participation's name."""
    return participation.partition(".")[0]


def fold_participations(document: Mapping[str, Any], liveness: Callable[[str], Liveness]) -> dict[str, Any]:
    """Return the document with ``status``, ``started_at`` and ``ended_at`` folded from its participations.

    Args:
        document: A merged document; without participations it is returned as it is.
        liveness: Tells whether a writer, by its token, still lives.

    Returns:
        A new document.  ``started_at`` is the earliest start of all attempts, ``ended_at`` the latest end of the last
        attempt, absent while the entity is open.
    """
    folded = dict(document)
    participants = _participants(document)
    if not participants:
        return folded
    last = max(int(entry.get("attempt", 1)) for entry in participants.values())
    statuses: list[str] = []
    ends: list[str] = []
    for name, entry in participants.items():
        if int(entry.get("attempt", 1)) != last:
            continue
        status = str(entry.get("status", "open"))
        if status == "open" and liveness(participation_writer(name)) is Liveness.DEAD:
            status = "interrupted"
        statuses.append(status)
        if entry.get("ended_at"):
            ends.append(entry["ended_at"])
    starts = [entry["started_at"] for entry in participants.values() if entry.get("started_at")]
    if starts:
        folded["started_at"] = min(starts, key=instant)
    folded["status"] = (
        "open"
        if "open" in statuses
        else max(statuses, key=lambda status: _GRAVITY.get(status, len(_GRAVITY)))
    )
    folded.pop("ended_at", None)
    if folded["status"] != "open" and ends:
        folded["ended_at"] = max(ends, key=instant)
    return folded


def _participants(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the participations that are entries at all; a foreign value must not hide the others."""
    participants = document.get("participants")
    if not isinstance(participants, Mapping):
        return {}
    return {name: entry for name, entry in participants.items() if isinstance(entry, Mapping)}

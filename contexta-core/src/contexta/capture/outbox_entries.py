"""Reading the outbox: the entries, and the state that each is in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from contexta.capture.outbox import STATE_KEY
from contexta.log import HybridClock, LogReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["EntryState", "OutboxEntry", "OutboxView", "read_outbox"]


class EntryState(StrEnum):
    """What has become of a failed delivery."""

    #: It waits for a replay.
    PENDING = "pending"
    #: It failed too often, and waits for somebody to look at it and requeue it.
    DEAD = "dead"
    #: A sink has taken it.
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A failed delivery that is kept.

    Args:
        replay_ref: Its reference: the same payload and sink always have the same.
        sink_name: The sink that could not take it.
        family: Family of the payload.
        payload_type: Class of the payload.
        payload_ref: Reference of the record or artifact, where there is one.
        failed_at: When the delivery failed first (ISO 8601, UTC).
        state: What has become of it.
        failures: How many replays have failed in a row.
        error: What the sink said last.
        error_code: Its stable identifier.
        changed_at: When the state was last changed (ISO 8601, UTC).
        payload: What is to be delivered, as plain data.
    """

    replay_ref: str
    sink_name: str
    family: str
    payload_type: str
    payload_ref: str | None
    failed_at: str
    state: EntryState = EntryState.PENDING
    failures: int = 0
    error: str = ""
    error_code: str | None = None
    changed_at: str | None = None
    payload: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"state": str(self.state)}


@dataclass(frozen=True, slots=True)
class OutboxView:
    """The outbox as it was read.

    Args:
        entries: All entries that are still kept, in the order in which their deliveries failed.
        warnings: What could not be read, with its place.
        clock: A clock that has seen every state.
    """

    entries: tuple[OutboxEntry, ...]
    warnings: tuple[str, ...] = ()
    clock: HybridClock = field(default_factory=HybridClock)

    def in_state(self, state: EntryState) -> tuple[OutboxEntry, ...]:
        """Return the entries in one state."""
        return tuple(entry for entry in self.entries if entry.state is state)


def read_outbox(root: Path) -> OutboxView:
    """Read the whole outbox; what is damaged is passed over and told.

    Args:
        root: Directory of the outbox; it may be missing.

    Raises:
        StoreAccessError: The directory cannot be read.
    """
    entries: dict[str, Mapping[str, Any]] = {}
    states: dict[str, Mapping[str, Any]] = {}
    warnings: list[str] = []
    clock = HybridClock()
    for place, line in outbox_lines(root, warnings):
        ref = line.get("replay_ref")
        if not isinstance(ref, str):
            warnings.append(f"{place}: the line names no entry")
        elif STATE_KEY not in line:
            entries.setdefault(ref, line)
        elif not _is_stamp(line.get("h")):
            warnings.append(f"{place}: the state has no time")
        else:
            clock.observe(line["h"])
            if ref not in states or states[ref]["h"] < line["h"]:
                states[ref] = line
    kept = [_entry(ref, line, states.get(ref, {})) for ref, line in entries.items()]
    return OutboxView(tuple(sorted(kept, key=lambda entry: entry.failed_at)), tuple(warnings), clock)


def outbox_lines(root: Path, warnings: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every line that is whole, with its place; damage is added to the warnings."""
    reader = LogReader(root)
    with reader.hold():
        for segment in reader.segments():
            for chunk in reader.blocks(segment):
                warnings += [
                    f"{damage.segment} byte {damage.offset}: {damage.detail}" for damage in chunk.damages
                ]
                for number, _, line in chunk.lines:
                    place = f"{segment.name} line {number}"
                    try:
                        content = json.loads(line)
                    except (ValueError, RecursionError):
                        warnings.append(f"{place}: no readable JSON")
                        continue
                    yield place, content


def _is_stamp(value: object) -> bool:
    return isinstance(value, str) and len(value) == 16 and value.isascii() and value.isdigit()


def _entry(ref: str, line: Mapping[str, Any], state: Mapping[str, Any]) -> OutboxEntry:
    word = str(state.get(STATE_KEY, ""))
    said = state if state.get("error") else line
    failures = state.get("failures")
    return OutboxEntry(
        replay_ref=ref,
        sink_name=str(line.get("sink_name")),
        family=str(line.get("family")),
        payload_type=str(line.get("payload_type")),
        payload_ref=_text(line.get("payload_ref")),
        failed_at=str(line.get("failed_at")),
        state=EntryState(word) if word in {"dead", "delivered"} else EntryState.PENDING,
        failures=failures if isinstance(failures, int) else 0,
        error=str(said.get("error") or ""),
        error_code=_text(said.get("error_code")),
        changed_at=_text(state.get("at")),
        payload=line.get("payload"),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

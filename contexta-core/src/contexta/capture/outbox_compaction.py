"""Giving back the space of entries that were delivered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contexta.capture.outbox import STATE_KEY
from contexta.capture.outbox_entries import EntryState, outbox_lines, read_outbox
from contexta.log import compact_log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contexta.log.scan import Line
    from contexta.log.segments import Segment

__all__ = ["compact_outbox"]


def compact_outbox(root: Path) -> None:
    """Drop what was delivered from all segments that nobody writes any more.

    First the entries, then, in a second pass, the states of entries that are gone: a crash between the two leaves a
    state without an entry, which means nothing, and never an entry without its state, which would be delivered again.

    Args:
        root: Directory of the outbox.

    Raises:
        StoreAccessError: The storage failed or is full; everything is still there.
    """
    settled = {entry.replay_ref for entry in read_outbox(root).in_state(EntryState.DELIVERED)}
    if not settled:
        return
    _rewrite(root, lambda line: STATE_KEY in line or line.get("replay_ref") not in settled)
    present = {line.get("replay_ref") for _, line in outbox_lines(root, []) if STATE_KEY not in line}
    _rewrite(root, lambda line: STATE_KEY not in line or line.get("replay_ref") in present)


def _rewrite(root: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    def keep(segment: str, lines: Sequence[Line]) -> Sequence[bool]:
        del segment
        return [wanted(json.loads(line)) for _, _, line in lines]

    def start(segments: Sequence[Segment]) -> Callable[[str, Sequence[Line]], Sequence[bool]]:
        del segments
        return keep

    compact_log(root, start_batch=start, chosen=_any)


def _any(segment: Segment) -> bool:
    """Choose every segment."""
    del segment
    return True

"""Looking at the outbox: what waits, what is dead, and how it waits again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contexta.capture.outbox import Outbox
from contexta.capture.outbox_entries import EntryState, read_outbox
from contexta.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.capture.outbox_entries import OutboxEntry
    from contexta.config.models import UnifiedConfig

__all__ = ["find_outbox_entry", "list_outbox", "outbox_root", "requeue_outbox"]


def outbox_root(config: UnifiedConfig) -> Path:
    """Return the directory of a workspace's outbox."""
    return Path(config.recovery.outbox_root or Path(config.workspace.root_path) / "recovery" / "outbox")


def list_outbox(
    config: UnifiedConfig, *, state: EntryState | str | None = None, target: str | None = None
) -> tuple[OutboxEntry, ...]:
    """Return what is in the outbox and was not delivered, in the order in which it failed.

    Args:
        config: The resolved configuration.
        state: Only entries in this state, ``"pending"`` or ``"dead"``; both when None.
        target: Only entries of the sink of this name.

    Raises:
        ValueError: There is no such state.
        StoreAccessError: The outbox cannot be read.
    """
    wanted = {EntryState.PENDING, EntryState.DEAD} if state is None else {EntryState(state)}
    return tuple(
        entry
        for entry in read_outbox(outbox_root(config)).entries
        if entry.state in wanted and target in {None, entry.sink_name}
    )


def find_outbox_entry(config: UnifiedConfig, replay_ref: str) -> OutboxEntry:
    """Return one entry with its payload.

    Args:
        config: The resolved configuration.
        replay_ref: Its reference.

    Raises:
        NotFoundError: There is no such entry, or it was delivered (``outbox_entry_unknown``).
        StoreAccessError: The outbox cannot be read.
    """
    for entry in list_outbox(config):
        if entry.replay_ref == replay_ref:
            return entry
    raise NotFoundError(
        f"the outbox has no entry {replay_ref!r}; it may have been delivered. `contexta recover outbox list` shows"
        " what there is",
        code="outbox_entry_unknown",
        details={"replay_ref": replay_ref},
    )


def requeue_outbox(config: UnifiedConfig, replay_refs: Sequence[str] | None = None) -> tuple[str, ...]:
    """Make dead letters wait for a replay again, as if none of them had failed yet.

    Args:
        config: The resolved configuration.
        replay_refs: The entries; all dead letters when None.  One that is pending stays as it is.

    Returns:
        The references of those that were dead.

    Raises:
        NotFoundError: There is no such entry, or it was delivered (``outbox_entry_unknown``).
        StoreAccessError: The outbox cannot be written.
    """
    root = outbox_root(config)
    view = read_outbox(root)
    for ref in replay_refs or ():
        find_outbox_entry(config, ref)
    dead = [
        entry.replay_ref
        for entry in view.in_state(EntryState.DEAD)
        if replay_refs is None or entry.replay_ref in replay_refs
    ]
    if dead:
        outbox = Outbox(root, "fsync")
        try:
            for ref in dead:
                outbox.mark(ref, "requeued", view.clock)
        finally:
            outbox.close()
    return tuple(dead)

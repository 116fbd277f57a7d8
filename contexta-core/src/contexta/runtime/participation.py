"""The participations that this process adds to runs, stages and other scopes."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = ["Participations", "next_attempt"]


class Participations:
    """Names and entries of participations.

    Args:
        backend: The metadata store, which knows this process as a writer.
    """

    __slots__ = ("_backend", "_counter")

    def __init__(self, backend: MetadataBackend) -> None:
        self._backend = backend
        self._counter = itertools.count()

    def name(self) -> str:
        """Return a new participation's name: the writer, then a number."""
        return f"{self._backend.writer}.{next(self._counter)}"

    @staticmethod
    def entry(
        started_at: str, *, status: str = "open", ended_at: str | None = None, attempt: int = 1
    ) -> dict[str, Any]:
        """Return the entry of a participation."""
        entry: dict[str, Any] = {"attempt": attempt, "status": status, "started_at": started_at}
        if ended_at is not None:
            entry["ended_at"] = ended_at
        # For the message only; whether the writer lives is told by its lock.
        entry["host"] = _host_name()
        entry["pid"] = os.getpid()
        return entry


def _host_name() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket

    return socket.gethostname()


def next_attempt(entity: Entity | None) -> int:
    """Return the attempt that a new participant of an existing run belongs to.

    Joining a run that is open means its attempt; resuming one that is not means the next.
    """
    participants = {} if entity is None else entity.document.get("participants") or {}
    attempts = [int(entry.get("attempt", 1)) for entry in participants.values()]
    if entity is None or not attempts:
        return 1
    return max(attempts) + (entity.document.get("status") != "open")

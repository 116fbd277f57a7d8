"""A sink that keeps what it takes in memory; for tests and notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.capture.sinks.base import BaseSink, payload_ref
from contexta.results import plain
from contexta.spi.sinks import PayloadFamily, SinkCaptureReceipt

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["InMemorySink", "InMemorySinkEntry"]


@dataclass(frozen=True, slots=True)
class InMemorySinkEntry:
    """One payload that the sink took.

    Args:
        family: Its family.
        payload: The payload itself.
    """

    family: PayloadFamily
    payload: Any

    @property
    def payload_type(self) -> str:
        """Name of the payload's class."""
        return type(self.payload).__name__

    @property
    def payload_ref(self) -> str | None:
        """Reference of what the payload is about."""
        return payload_ref(self.payload)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return {
            "family": str(self.family),
            "payload_type": self.payload_type,
            "payload_ref": self.payload_ref,
            "payload": plain(self.payload),
        }


class InMemorySink(BaseSink):
    """Keeps what it takes, in order.

    Args:
        name: Name of the sink's deliveries.
        supported_families: The families that it takes; None for all.
    """

    def __init__(
        self, *, name: str = "memory", supported_families: Iterable[PayloadFamily | str] | None = None
    ) -> None:
        super().__init__(name=name, supported_families=supported_families)
        self._entries: list[InMemorySinkEntry] = []

    @property
    def entries(self) -> tuple[InMemorySinkEntry, ...]:
        """What was taken so far, in order."""
        return tuple(self._entries)

    def clear(self) -> None:
        """Forget what was taken so far."""
        self._entries.clear()

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Keep one payload."""
        self._entries.append(InMemorySinkEntry(PayloadFamily.of(family), payload))
        return SinkCaptureReceipt.success()

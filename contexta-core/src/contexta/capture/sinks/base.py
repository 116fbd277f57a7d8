"""A base for sinks that saves them the repetition; deriving from it is optional."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from contexta.spi.sinks import PayloadFamily, SinkCaptureReceipt

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BaseSink", "payload_ref"]


class BaseSink(ABC):
    """Name and families of a sink.

    Args:
        name: Name of the sink's deliveries.
        supported_families: The families that it takes; None for all.
    """

    def __init__(self, *, name: str, supported_families: Iterable[PayloadFamily | str] | None = None) -> None:
        self.name = name
        self.supported_families: tuple[PayloadFamily, ...] = (
            tuple(PayloadFamily)
            if supported_families is None
            else tuple(PayloadFamily.of(each) for each in supported_families)
        )

    def supports(self, family: PayloadFamily | str) -> bool:
        """Return whether the sink takes this family."""
        return PayloadFamily.of(family) in self.supported_families

    @abstractmethod
    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Take one payload; it must not be changed."""


def payload_ref(payload: Any) -> str | None:
    """Return the reference of what a payload is about, or None."""
    if isinstance(payload, dict):
        manifest = payload.get("manifest")
        return payload_ref(manifest) if manifest is not None else None
    ref = getattr(payload, "artifact_ref", None)
    if ref is None:
        ref = getattr(getattr(payload, "envelope", None), "record_ref", None)
    return None if ref is None else str(ref)

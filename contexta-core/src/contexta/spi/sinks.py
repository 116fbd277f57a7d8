"""The sink's SPI: where captured things go besides the workspace.

A sink is any object with a name, the families it takes, and ``capture``.  Twenty lines suffice::

    class PrintSink:
        name = "print"
        supported_families = (PayloadFamily.RECORD,)

        def supports(self, family):
            return family in self.supported_families

        def capture(self, *, family, payload):
            print(family, payload)
            return SinkCaptureReceipt.success()

Sinks with something to flush or to close have those methods as well; see ``SupportsFlush`` and ``SupportsClose``.  One
that answers before it has delivered says afterwards what it could not deliver; see ``SupportsLateDelivery``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.errors import ValidationError
from contexta.results import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "WORKSPACE",
    "Delivery",
    "DeliveryStatus",
    "PayloadFamily",
    "Sink",
    "SinkCaptureReceipt",
    "SupportsBatches",
    "SupportsClose",
    "SupportsFlush",
    "SupportsLateDelivery",
]

#: Name of the delivery to the stores of the workspace; no sink can have it.
WORKSPACE = "workspace"


class _Word(StrEnum):
    """A vocabulary whose members are also found by their name in any case."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, str):
            return cls.__members__.get(value.strip().upper())
        return None

    @classmethod
    def of(cls, value: Self | str) -> Self:
        """Return the member for a member or a word in any case.

        Raises:
            ValidationError: There is no such word.
        """
        try:
            return cls(value)
        except ValueError as error:
            words = ", ".join(cls.__members__)
            raise ValidationError(
                f"{value!r} is no {cls.__name__}; use one of {words}", code="capture_invalid_word"
            ) from error


class PayloadFamily(_Word):
    """What a captured payload is."""

    CONTEXT = "CONTEXT"
    RECORD = "RECORD"
    ARTIFACT = "ARTIFACT"
    DEGRADATION = "DEGRADATION"


class DeliveryStatus(_Word):
    """What became of one delivery to one sink."""

    SUCCESS = "SUCCESS"
    DEGRADED = "DEGRADED"
    FAILURE = "FAILURE"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class SinkCaptureReceipt:
    """What a sink answers to one capture.

    Args:
        status: SUCCESS, DEGRADED or FAILURE; SKIPPED is the dispatcher's word.
        detail: Free text for people.
        metadata: Anything a program may want to know.
    """

    status: DeliveryStatus = DeliveryStatus.SUCCESS
    detail: str = ""
    metadata: Mapping[str, Any] = field(default_factory=lambda: EMPTY_MAPPING)

    def __post_init__(self) -> None:
        status = DeliveryStatus.of(self.status)
        if status is DeliveryStatus.SKIPPED:
            raise ValidationError("a sink cannot answer SKIPPED", code="capture_invalid_receipt")
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "metadata", FrozenMapping.of(self.metadata))

    @classmethod
    def success(cls, detail: str = "", metadata: Mapping[str, Any] | None = None) -> Self:
        """Return the receipt of a capture that went well."""
        return cls(DeliveryStatus.SUCCESS, detail, FrozenMapping.of(metadata))

    @classmethod
    def degraded(cls, detail: str = "", metadata: Mapping[str, Any] | None = None) -> Self:
        """Return the receipt of a capture that was taken, but not whole."""
        return cls(DeliveryStatus.DEGRADED, detail, FrozenMapping.of(metadata))


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one payload at one sink.

    Args:
        sink_name: Name of the sink; the stores of the workspace are the delivery ``workspace``.
        family: Family of the payload.
        status: What became of it.
        detail: Free text for people.
        metadata: Error code, attempts and the like.
    """

    sink_name: str
    family: PayloadFamily | str
    status: DeliveryStatus | str
    detail: str = ""
    metadata: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.sink_name, str) or not self.sink_name.strip():
            raise ValidationError("a delivery needs the name of its sink", code="capture_invalid_delivery")
        object.__setattr__(self, "family", PayloadFamily.of(self.family))
        object.__setattr__(self, "status", DeliveryStatus.of(self.status))
        object.__setattr__(self, "metadata", FrozenMapping.of(self.metadata))

    def to_dict(self) -> dict[str, Any]:
        """Return the delivery as plain data."""
        return {
            "sink_name": self.sink_name,
            "family": str(self.family),
            "status": str(self.status),
            "detail": self.detail,
            "metadata": plain(self.metadata or {}),
        }


@runtime_checkable
class Sink(Protocol):
    """What a sink implements.

    ``capture`` may be called from any thread.  What it raises never reaches the program that captures: it becomes a
    delivery with status FAILURE.
    """

    # Properties, so that a class attribute, an instance attribute and a property all satisfy a type checker.

    @property
    def name(self) -> str:
        """Name of the sink's deliveries."""

    @property
    def supported_families(self) -> tuple[PayloadFamily, ...]:
        """The families that it takes."""

    def supports(self, family: PayloadFamily) -> bool:
        """Return whether the sink takes this family."""

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Take one payload; it must not be changed."""


@runtime_checkable
class SupportsFlush(Protocol):
    """A sink that buffers."""

    def flush(self, timeout: float) -> None:
        """Deliver what is buffered within so many seconds."""


@runtime_checkable
class SupportsClose(Protocol):
    """A sink that holds resources."""

    def close(self) -> None:
        """Deliver what is buffered and let go of every resource."""


@runtime_checkable
class SupportsLateDelivery(Protocol):
    """A sink that answers a capture before it has delivered."""

    def on_undelivered(self, tell: Callable[[Delivery, Any], bool]) -> None:
        """Set what is told of each payload that could not be delivered; called once, before the first capture.

        Args:
            tell: Called with a delivery whose status is FAILURE and the payload, on any thread.  It answers whether
                the payload is kept for a later replay, and raises nothing.  A delivery whose status is DEGRADED is
                reported, and its payload not kept.
        """


@runtime_checkable
class SupportsBatches(Protocol):
    """A sink that takes several payloads with one call, where it is behind a queue.

    A sink that talks to a network wants to be behind one: ``queue_capacity`` is how many payloads may wait when the
    configuration does not say.
    """

    @property
    def queue_capacity(self) -> int:
        """How many payloads may wait, where the configuration says nothing."""

    @property
    def most_at_once(self) -> int:
        """How many payloads one call may bring."""

    def capture_many(self, payloads: Sequence[tuple[PayloadFamily, Any]]) -> Sequence[SinkCaptureReceipt]:
        """Take payloads in the order in which they were captured; they must not be changed.

        Returns:
            One receipt for each, in their order.  What is raised is the failure of all of them.
        """

"""Fan-out to attached sinks, with failures contained.

The stores of the workspace have taken a payload before it comes here.  A sink that raises, answers nonsense or lacks a
method spoils its own delivery and no other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, ValidationError
from contexta.spi.sinks import WORKSPACE, Delivery, DeliveryStatus, PayloadFamily, SinkCaptureReceipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contexta.spi.sinks import Sink

__all__ = ["AttachedSink", "CaptureDispatcher"]


@dataclass(frozen=True, slots=True)
class AttachedSink:
    """A sink with what the configuration says of it.

    Args:
        sink: The sink.
        name: Name of its deliveries; unique among the attached.
        required: Whether a failed delivery is an error of the capture.
        families: Only these families; empty for all that the sink takes.
        close_timeout_seconds: What its flushing and closing may take together, in seconds.
    """

    sink: Sink
    name: str
    required: bool = False
    families: tuple[PayloadFamily, ...] = ()
    close_timeout_seconds: float = 5.0

    @classmethod
    def of(cls, sink: Sink | AttachedSink) -> AttachedSink:
        """Return an attached sink as it is, or attach a bare one under its own name.

        Raises:
            ValidationError: The object is no sink.
        """
        if isinstance(sink, AttachedSink):
            return sink
        name = getattr(sink, "name", None)
        if not isinstance(name, str) or not name.strip() or not callable(getattr(sink, "capture", None)):
            raise ValidationError(
                f"{sink!r} is no sink: it needs a name, supported_families, supports() and capture()",
                code="capture_invalid_sink",
            )
        return cls(sink, name.strip(), required=bool(getattr(sink, "required", False)))


class CaptureDispatcher:
    """Delivers payloads to the attached sinks, one after the other.

    Args:
        sinks: The sinks, in the order of delivery.
        retry_attempts: How often a raising sink is tried again.
        retry_backoff_seconds: Pause before the first retry, in seconds; doubled for each further one.
        delivered: Told of every delivery.

    Raises:
        ValidationError: An object is no sink, two have one name, or one has the workspace's.
    """

    def __init__(
        self,
        sinks: Iterable[Sink | AttachedSink] = (),
        *,
        retry_attempts: int = 0,
        retry_backoff_seconds: float = 0.0,
        delivered: Callable[[Delivery], None] | None = None,
    ) -> None:
        self.attached: tuple[AttachedSink, ...] = tuple(AttachedSink.of(each) for each in sinks)
        self._attempts = retry_attempts + 1
        self._backoff = retry_backoff_seconds
        self._delivered = delivered
        names = [each.name for each in self.attached]
        for name in names:
            if names.count(name) > 1:
                raise ValidationError(
                    f"two sinks are named {name!r}; give each its own id", code="capture_duplicate_sink"
                )
        if WORKSPACE in names:
            raise ValidationError(
                f"a sink is named {WORKSPACE!r}, which is the delivery to the workspace's own stores; rename it",
                code="capture_duplicate_sink",
            )

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """The attached sinks, in the order of delivery."""
        return tuple(each.sink for each in self.attached)

    @property
    def required(self) -> frozenset[str]:
        """Names of the sinks whose failed delivery is an error of the capture."""
        return frozenset(each.name for each in self.attached if each.required)

    def deliver(self, family: PayloadFamily, payload: Any) -> tuple[Delivery, ...]:
        """Deliver one payload to every sink; what a sink raises becomes its delivery.

        ``KeyboardInterrupt`` and its like are not contained.
        """
        deliveries = tuple(self._deliver(each, family, payload) for each in self.attached)
        if self._delivered is not None:
            for delivery in deliveries:
                self._delivered(delivery)
        return deliveries

    def _deliver(self, attached: AttachedSink, family: PayloadFamily, payload: Any) -> Delivery:
        attempts = 0
        error: Exception | None = None
        while attempts < self._attempts:
            if attempts and self._backoff:
                time.sleep(self._backoff * 2 ** (attempts - 1))
            attempts += 1
            try:
                if not _takes(attached, family):
                    return Delivery(
                        attached.name, family, DeliveryStatus.SKIPPED, "the sink does not take this family"
                    )
                receipt = attached.sink.capture(family=family, payload=payload)
                return _delivery_of(attached.name, family, receipt, attempts)
            except Exception as caught:  # noqa: BLE001 - one bad sink spoils only itself
                error = caught
        return Delivery(
            attached.name,
            family,
            DeliveryStatus.FAILURE,
            _text_of(error),
            {
                "error_code": error.code if isinstance(error, ContextaError) else "unexpected_error",
                "error_type": type(error).__name__,
                "attempts": attempts,
            },
        )

    def close(self) -> Sequence[tuple[str, Exception]]:
        """Flush and close every sink that can, each within its deadline; return what they raised, by name."""
        if not self.attached:
            return []
        from contexta.capture.closing import close_sinks

        return close_sinks(self.attached)


def _text_of(error: Exception | None) -> str:
    """Return what an error says; one that cannot say it is named."""
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - a sink's error may be as broken as the sink
        return type(error).__name__


def _takes(attached: AttachedSink, family: PayloadFamily) -> bool:
    if attached.families and family not in attached.families:
        return False
    return bool(attached.sink.supports(family))


def _delivery_of(name: str, family: PayloadFamily, receipt: object, attempts: int) -> Delivery:
    if not isinstance(receipt, SinkCaptureReceipt):
        return Delivery(
            name,
            family,
            DeliveryStatus.FAILURE,
            f"the sink answered {receipt!r} instead of a SinkCaptureReceipt",
            {"error_code": "sink_invalid_receipt", "attempts": attempts},
        )
    return Delivery(name, family, receipt.status, receipt.detail, {**receipt.metadata, "attempts": attempts})

"""Fan-out to attached sinks, with failures contained.

The stores of the workspace have taken a payload before it comes here.  A sink that raises, answers nonsense or lacks a
method spoils its own delivery and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.capture.sink_attempts import RetryPolicy, SinkAttempts
from contexta.errors import ValidationError
from contexta.spi.sinks import WORKSPACE, DeliveryStatus, SupportsLateDelivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contexta.spi.sinks import Delivery, PayloadFamily, Sink

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
        suspend_after_failures: After so many failed deliveries in a row it is left alone for a while; 0 for never.
        suspension_seconds: For how long, in seconds.
    """

    sink: Sink
    name: str
    required: bool = False
    families: tuple[PayloadFamily, ...] = ()
    close_timeout_seconds: float = 5.0
    suspend_after_failures: int = 5
    suspension_seconds: float = 30.0

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
        self._delivered = delivered
        self._attempts = tuple(
            SinkAttempts(
                each.sink,
                each.name,
                each.families,
                RetryPolicy(
                    retry_attempts,
                    retry_backoff_seconds,
                    each.suspend_after_failures,
                    each.suspension_seconds,
                ),
            )
            for each in self.attached
        )
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
        deliveries = tuple(each.deliver(family, payload) for each in self._attempts)
        if self._delivered is not None:
            for delivery in deliveries:
                self._delivered(delivery)
        return deliveries

    def on_undelivered(self, keep: Callable[[Delivery, Any], bool]) -> None:
        """Set what is told of payloads that sinks took and could not deliver afterwards.

        Args:
            keep: Called with the failed delivery and the payload, on any thread; answers whether the payload is kept.
        """

        def tell(delivery: Delivery, payload: Any) -> bool:
            if self._delivered is not None:
                self._delivered(delivery)
            # What was taken, though only in part, must not be sent again.
            return delivery.status is DeliveryStatus.FAILURE and keep(delivery, payload)

        for each in self.attached:
            if isinstance(each.sink, SupportsLateDelivery):
                each.sink.on_undelivered(tell)

    def close(self) -> Sequence[tuple[str, Exception]]:
        """Flush and close every sink that can, each within its deadline; return what they raised, by name."""
        if not self.attached:
            return []
        from contexta.capture.closing import close_sinks

        return close_sinks(self.attached)

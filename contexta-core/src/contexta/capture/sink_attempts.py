"""One sink, called with care: retries, a pause after repeated failures, and counts of what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.capture.suspension import Suspension
from contexta.errors import ContextaError
from contexta.spi.sinks import Delivery, DeliveryStatus, SinkCaptureReceipt, SupportsBatches

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from contexta.spi.sinks import PayloadFamily, Sink

__all__ = ["RetryPolicy", "SinkAttempts"]


class RetryPolicy(NamedTuple):
    """How often a delivery is tried, and when a sink that keeps failing is left alone.

    Args:
        retry_attempts: How often a raising sink is tried again for one payload.
        retry_backoff_seconds: Pause before the first retry, in seconds; doubled for each further one.
        suspend_after_failures: After so many failed deliveries in a row the sink is suspended; 0 for never.
        suspension_seconds: How long, in seconds; then one delivery is tried.
    """

    retry_attempts: int = 0
    retry_backoff_seconds: float = 0.0
    suspend_after_failures: int = 5
    suspension_seconds: float = 30.0


class SinkAttempts:
    """Delivers payloads to one sink; what it raises becomes its delivery, and nothing else.

    Args:
        sink: The sink.
        name: Name of its deliveries.
        families: Only these families; empty for all that the sink takes.
        policy: Retries and suspension.
    """

    def __init__(
        self, sink: Sink, name: str, families: tuple[PayloadFamily, ...], policy: RetryPolicy
    ) -> None:
        self._sink = sink
        self._name = name
        self._families = families
        self._policy = policy
        self.suspension = Suspension(policy.suspend_after_failures, policy.suspension_seconds)

    def deliver(
        self, family: PayloadFamily, payload: Any, stopped: threading.Event | None = None
    ) -> Delivery:
        """Deliver one payload.

        ``KeyboardInterrupt`` and its like are not contained.

        Args:
            family: The payload's family.
            payload: What was captured.
            stopped: Ends the waiting between retries when it is set.
        """
        (delivery,) = self.deliver_many([(family, payload)], stopped)
        return delivery

    def deliver_many(
        self, payloads: Sequence[tuple[PayloadFamily, Any]], stopped: threading.Event | None = None
    ) -> list[Delivery]:
        """Deliver payloads in their order: with one call where the sink takes several, else one by one.

        Args:
            payloads: Family and content of each.
            stopped: Ends the waiting between retries when it is set.
        """
        deliveries = [self._refused(family) for family, _ in payloads]
        places = [place for place, refused in enumerate(deliveries) if refused is None]
        step = self._most_at_once()
        for first in range(0, len(places), step):
            chosen = places[first : first + step]
            answers = self._tried([payloads[place] for place in chosen], stopped)
            for place, answer in zip(chosen, answers, strict=True):
                deliveries[place] = answer
        return [each for each in deliveries if each is not None]

    def _most_at_once(self) -> int:
        return max(1, self._sink.most_at_once) if isinstance(self._sink, SupportsBatches) else 1

    def _refused(self, family: PayloadFamily) -> Delivery | None:
        """Return the delivery of a payload that the sink is not called for; None where it is."""
        try:
            if self._takes(family):
                return None
        except Exception as error:  # noqa: BLE001 - one bad sink spoils only itself
            return self._failed(family, error, 1)
        return self._answer(family, DeliveryStatus.SKIPPED, "the sink does not take this family")

    def _tried(
        self, payloads: Sequence[tuple[PayloadFamily, Any]], stopped: threading.Event | None
    ) -> list[Delivery]:
        wait = self.suspension.remaining_seconds()
        if wait:
            detail = (
                f"the sink is suspended after {self.suspension.failures} failed deliveries in a row;"
                f" it is tried again in {wait:.0f} s"
            )
            facts = {"error_code": "sink_suspended", "attempts": 0}
            return [self._answer(family, DeliveryStatus.FAILURE, detail, facts) for family, _ in payloads]
        answers = self._attempted(payloads, stopped)
        for answer in answers:
            if answer.status is DeliveryStatus.FAILURE:
                self.suspension.failed()
            else:
                self.suspension.succeeded()
        return answers

    def _attempted(
        self, payloads: Sequence[tuple[PayloadFamily, Any]], stopped: threading.Event | None
    ) -> list[Delivery]:
        attempts = 0
        error: Exception | None = None
        while attempts <= self._policy.retry_attempts:
            if attempts and self._policy.retry_backoff_seconds:
                pause = self._policy.retry_backoff_seconds * 2 ** (attempts - 1)
                if stopped is None:
                    time.sleep(pause)
                elif stopped.wait(pause):
                    break
            attempts += 1
            try:
                receipts = self._call(payloads)
                return [
                    self._received(family, receipt, attempts)
                    for (family, _), receipt in zip(payloads, receipts, strict=True)
                ]
            except Exception as caught:  # noqa: BLE001 - one bad sink spoils only itself
                error = caught
        return [self._failed(family, error, attempts) for family, _ in payloads]

    def _call(self, payloads: Sequence[tuple[PayloadFamily, Any]]) -> Sequence[object]:
        if len(payloads) > 1 and isinstance(self._sink, SupportsBatches):
            return self._sink.capture_many(payloads)
        return [self._sink.capture(family=family, payload=payload) for family, payload in payloads]

    def _takes(self, family: PayloadFamily) -> bool:
        if self._families and family not in self._families:
            return False
        return bool(self._sink.supports(family))

    def _received(self, family: PayloadFamily, receipt: object, attempts: int) -> Delivery:
        if not isinstance(receipt, SinkCaptureReceipt):
            return self._answer(
                family,
                DeliveryStatus.FAILURE,
                f"the sink answered {receipt!r} instead of a SinkCaptureReceipt",
                {"error_code": "sink_invalid_receipt", "attempts": attempts},
            )
        facts = {**receipt.metadata, "attempts": attempts}
        return self._answer(family, receipt.status, receipt.detail, facts)

    def _failed(self, family: PayloadFamily, error: Exception | None, attempts: int) -> Delivery:
        facts = {
            "error_code": error.code if isinstance(error, ContextaError) else "unexpected_error",
            "error_type": type(error).__name__,
            "attempts": attempts,
        }
        return self._answer(family, DeliveryStatus.FAILURE, _text_of(error), facts)

    def _answer(
        self,
        family: PayloadFamily,
        status: DeliveryStatus | str,
        detail: str,
        facts: dict[str, Any] | None = None,
    ) -> Delivery:
        return Delivery(self._name, family, status, detail, facts)


def _text_of(error: Exception | None) -> str:
    """Return what an error says; one that cannot say it is named."""
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - a sink's error may be as broken as the sink
        return type(error).__name__

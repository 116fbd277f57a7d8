"""A sink behind a bounded queue: the program that captures never waits for what the sink talks to."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from contexta.capture.sink_attempts import RetryPolicy, SinkAttempts
from contexta.errors import CaptureError, ValidationError
from contexta.log import forks
from contexta.spi.sinks import Delivery, DeliveryStatus, SinkCaptureReceipt, SupportsBatches

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.sinks import PayloadFamily, Sink

__all__ = ["BufferStatistics", "BufferedSink"]

#: The thread ends itself after so many seconds without work; starting another costs little.
_IDLE_SECONDS = 1.0


class BufferStatistics(NamedTuple):
    """What has happened behind the queue of one sink, in this process.

    Args:
        queued: Payloads that wait now.
        most_queued: The most that ever waited.
        delivered: Payloads that the sink took, whole or in part.
        failed: Payloads that the sink did not take.
        dropped: Payloads for which there was no room.
        suspensions: How often the sink was left alone after failing repeatedly.
        degraded: Payloads of those delivered that the sink, or what it talks to, took only in part.
    """

    queued: int = 0
    most_queued: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    suspensions: int = 0
    degraded: int = 0


class BufferedSink:
    """Puts any sink behind a bounded queue and a thread.

    ``capture`` answers at once; the thread delivers, with one call for several payloads where the sink takes that,
    retries, and leaves a sink alone that keeps failing.  What could
    not be delivered goes to the outbox where the session has one (``capture.dispatch_failure_mode = "outbox"``), and
    is counted and told of at closing where it has none.

    A forked child begins with an empty queue: what waited in its parent is the parent's to deliver.

    Args:
        sink: The sink.
        name: Name of its deliveries; the sink's own when None.
        capacity: How many payloads may wait.
        deadline_seconds: How long a capture waits for room when the queue is full, in seconds.
        when_full: What is dropped then: ``"drop_newest"``, the one that came last, or ``"drop_oldest"``.
        policy: Retries and suspension.

    Raises:
        ValidationError: The capacity is no positive number, or the word is another.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        name: str | None = None,
        capacity: int = 10_000,
        deadline_seconds: float = 0.0,
        when_full: Literal["drop_newest", "drop_oldest"] = "drop_newest",
        policy: RetryPolicy | None = None,
    ) -> None:
        if capacity < 1:
            raise ValidationError(
                f"the capacity of a queue is {capacity}; use 1 or more", code="capture_invalid_queue"
            )
        if when_full not in {"drop_newest", "drop_oldest"}:
            raise ValidationError(
                f"when_full is {when_full!r}; use 'drop_newest' or 'drop_oldest'",
                code="capture_invalid_queue",
            )
        self.sink = sink
        self.name = name or sink.name
        self.supported_families = tuple(sink.supported_families)
        self._told: Callable[[Delivery, Any], bool] | None = None
        self._capacity = capacity
        self._deadline_seconds = deadline_seconds
        self._drops_oldest = when_full == "drop_oldest"
        self._policy = policy or RetryPolicy()
        self._begin()
        # Above everything that is called while its lock is held, which is nothing.
        forks.register(self, level=3)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[PayloadFamily, Any]] = deque()
        self._attempts = SinkAttempts(self.sink, self.name, (), self._policy)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._delivering = 0
        self._closed = False
        self._most = self._delivered = self._failed = self._dropped = self._kept = self._degraded = 0

    def on_undelivered(self, tell: Callable[[Delivery, Any], bool]) -> None:
        """Set what is told of each payload that could not be delivered.

        Args:
            tell: Called with the failed delivery and the payload, on any thread; answers whether the payload is kept
                for a later replay.  Called with a degraded delivery as well, whose payload is not to be kept.
        """
        self._told = tell

    @property
    def statistics(self) -> BufferStatistics:
        """What has happened so far, in this process."""
        with self._changed:
            return BufferStatistics(
                len(self._waiting) + self._delivering,
                self._most,
                self._delivered,
                self._failed,
                self._dropped,
                self._attempts.suspension.suspensions,
                self._degraded,
            )

    def supports(self, family: PayloadFamily) -> bool:
        """Return whether the sink takes this family."""
        return self.sink.supports(family)

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Put one payload into the queue.

        Returns:
            SUCCESS with ``queued`` in its metadata; DEGRADED where something was dropped for want of room.

        Raises:
            CaptureError: The sink is closed.
        """
        dropped = None
        with self._changed:
            if self._closed:
                raise CaptureError(f"the sink {self.name!r} is closed", code="sink_closed")
            self._ensure_thread()
            if len(self._waiting) >= self._capacity and self._deadline_seconds:
                self._changed.wait_for(
                    lambda: len(self._waiting) < self._capacity or self._closed, self._deadline_seconds
                )
            if len(self._waiting) >= self._capacity:
                dropped = self._waiting.popleft() if self._drops_oldest else (family, payload)
                self._dropped += 1
            if dropped is None or self._drops_oldest:
                self._waiting.append((family, payload))
                self._most = max(self._most, len(self._waiting))
                self._changed.notify_all()
        if dropped is None:
            return SinkCaptureReceipt.success(metadata={"queued": True})
        detail = f"the queue of {self._capacity} is full; {'the oldest payload' if self._drops_oldest else 'this one'} was left out"
        self._tell(self._undelivered(dropped[0], detail, "sink_queue_full"), dropped[1])
        return SinkCaptureReceipt.degraded(detail, {"queued": self._drops_oldest})

    def _ensure_thread(self) -> None:
        if self._thread is None:
            # A daemon: closing waits for it within a deadline, and the end of the interpreter must not.
            thread = threading.Thread(target=self._work, name=f"contexta-sink-{self.name}", daemon=True)
            thread.start()
            self._thread = thread

    def _work(self) -> None:
        while True:
            with self._changed:
                self._delivering = 0
                self._changed.notify_all()
                if not self._changed.wait_for(lambda: self._waiting or self._closed, _IDLE_SECONDS):
                    self._thread = None
                    return
                if not self._waiting:
                    return
                most = self.sink.most_at_once if isinstance(self.sink, SupportsBatches) else 1
                taken = [self._waiting.popleft() for _ in range(min(max(1, most), len(self._waiting)))]
                self._delivering = len(taken)
                self._changed.notify_all()
            self._pass_on(taken)

    def _pass_on(self, taken: list[tuple[PayloadFamily, Any]]) -> None:
        try:
            deliveries = self._attempts.deliver_many(taken, self._stopped)
        except BaseException as error:  # noqa: BLE001 - a sink that exits ends no thread but its own delivery
            detail = f"{type(error).__name__}: {error}"
            deliveries = [self._undelivered(family, detail, "unexpected_error") for family, _ in taken]
        for delivery, (_, payload) in zip(deliveries, taken, strict=True):
            if delivery.status is not DeliveryStatus.FAILURE:
                self._delivered += 1
                if delivery.status is DeliveryStatus.DEGRADED:
                    self._degraded += 1
                    self._tell(delivery, payload)
            else:
                self._failed += 1
                self._tell(delivery, payload)

    def _undelivered(self, family: PayloadFamily, detail: str, code: str) -> Delivery:
        return Delivery(self.name, family, DeliveryStatus.FAILURE, detail, {"error_code": code})

    def _tell(self, delivery: Delivery, payload: Any) -> None:
        if self._told is not None:
            # The thread must live on whatever the session does with it.
            with suppress(Exception):
                self._kept += self._told(delivery, payload)

    def flush(self, timeout: float) -> None:
        """Wait until the queue is empty, then flush the sink.

        Args:
            timeout: How long, in seconds.

        Raises:
            CaptureError: Something still waits then.
        """
        end = time.monotonic() + timeout
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting and not self._delivering, timeout):
                raise CaptureError(
                    f"{len(self._waiting) + self._delivering} payloads still wait after {timeout:g} s",
                    code="sink_flush_timeout",
                    details={"sink": self.name},
                )
        flush = getattr(self.sink, "flush", None)
        if callable(flush):
            flush(max(0.0, end - time.monotonic()))

    def close(self) -> None:
        """Give up what still waits, and close the sink; call :meth:`flush` first.

        Raises:
            CaptureError: Payloads were not delivered, and no outbox has them.
        """
        with self._changed:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            self._failed += len(left)
            self._changed.notify_all()
        self._stopped.set()
        for family, payload in left:
            detail = "it still waited when the session ended"
            self._tell(self._undelivered(family, detail, "sink_closed"), payload)
        close = getattr(self.sink, "close", None)
        if callable(close):
            close()
        missed = self._failed + self._dropped
        if missed > self._kept:
            raise CaptureError(
                f"{missed - self._kept} of {missed + self._delivered} payloads were neither delivered nor kept"
                f" ({self._failed} refused, {self._dropped} without room in the queue of {self._capacity},"
                f" suspended {self._attempts.suspension.suspensions} times)",
                code="sink_undelivered",
                details={"sink": self.name, **self.statistics._asdict()},
            )

    def before_fork(self) -> None:
        """Wait until nobody is in the middle of a change."""
        self._changed.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._changed.release()

    def after_fork_in_child(self) -> None:
        """Begin anew: the thread and what waited are the parent's."""
        self._begin()

"""Sinks that break one promise each."""

from __future__ import annotations

import threading
import time
from functools import partial

from wrong import breaks

from contexta.capture.sinks import InMemorySink
from contexta.spi.sinks import PayloadFamily, SinkCaptureReceipt

breaks = partial(breaks, "SinkContract")


@breaks(
    "test_its_name_can_name_deliveries", "name of the sink's deliveries; no sink can have the workspace's"
)
class CallsItselfWorkspace(InMemorySink):
    def __init__(self):
        super().__init__(name="workspace")


@breaks("test_its_families_are_families", "the families that it takes")
class TakesWords(InMemorySink):
    def __init__(self):
        super().__init__()
        self.supported_families = ("METRIC", "TRACE_SPAN")


@breaks("test_it_supports_what_it_says", "return whether the sink takes this family")
class SupportsEverything(InMemorySink):
    def __init__(self):
        super().__init__(supported_families=[PayloadFamily.RECORD])

    def supports(self, family):
        return True


@breaks("test_a_capture_answers_a_receipt", "a sink answers a SinkCaptureReceipt")
class AnswersNothing(InMemorySink):
    def capture(self, *, family, payload):
        super().capture(family=family, payload=payload)


@breaks("test_a_payload_is_not_changed", "take one payload; it must not be changed")
class PopsFromPayloads(InMemorySink):
    def capture(self, *, family, payload):
        if isinstance(payload, dict):
            payload.clear()
        return super().capture(family=family, payload=payload)


@breaks("test_threads_share_it", "capture may be called from any thread")
class BelongsToOneThread(InMemorySink):
    def __init__(self):
        super().__init__()
        self._thread = threading.get_ident()

    def capture(self, *, family, payload):
        if threading.get_ident() != self._thread:
            raise RuntimeError("another thread")
        return super().capture(family=family, payload=payload)


@breaks("test_what_it_took_arrives_in_order", "take one payload", capabilities={"arrivals"})
class DeliversBackwards(InMemorySink):
    @property
    def entries(self):
        return super().entries[::-1]


@breaks(
    "test_flushing_keeps_its_deadline",
    "deliver what is buffered within so many seconds",
    capabilities={"flush"},
)
class FlushesForEver(InMemorySink):
    def flush(self, timeout):
        time.sleep(timeout + 5)


@breaks(
    "test_closing_delivers_what_is_buffered",
    "deliver what is buffered and let go",
    capabilities={"close", "arrivals"},
)
class DropsItsBuffer(InMemorySink):
    def __init__(self):
        super().__init__()
        self._buffer = []

    def capture(self, *, family, payload):
        self._buffer.append((family, payload))
        return SinkCaptureReceipt.success()

    def close(self):
        self._buffer.clear()


@breaks("test_abilities_are_declared", "sinks with something to flush or to close have those methods as well")
class ClosesUndeclared(InMemorySink):
    def close(self):
        self.clear()

"""Telling the plugin host how configured sinks fare, so that it can be found out afterwards."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import CaptureError
from contexta.plugins.troubles import Trouble
from contexta.spi.sinks import DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta.config.models import CaptureConfig
    from contexta.plugins import PluginHost
    from contexta.spi.sinks import Delivery

__all__ = ["SinkReports"]

_LONGEST_REASON = 500


class SinkReports:
    """Reports the first failure of each sink in a session, and forgets the troubles of those that served well.

    Args:
        config: The capture section: which sinks there are.
        host: Keeps and logs what is reported.
        redact: Applied to what sinks say before it is written.
    """

    def __init__(self, config: CaptureConfig, host: PluginHost, redact: Callable[[str], str]) -> None:
        self._words = {str(entry.id): entry.use for entry in config.sinks}
        self._host = host
        self._redact = redact
        self._failed: set[str] = set()
        self._degraded: set[str] = set()
        self._suspended: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._served: set[str] = set()
        self._lock = threading.Lock()

    def delivered(self, delivery: Delivery) -> None:
        """Take note of a delivery."""
        name = delivery.sink_name
        facts = delivery.metadata or {}
        if delivery.status is not DeliveryStatus.FAILURE:
            if delivery.status is DeliveryStatus.SUCCESS:
                self._served.add(name)
            elif delivery.status is DeliveryStatus.DEGRADED:
                self._partly(delivery)
            return
        suspended = facts.get("error_code") == "sink_suspended"
        told = self._suspended if suspended else self._failed
        with self._lock:
            if name in told:
                return
            told.add(name)
        kind = facts.get("error_type")
        said = f"{kind}: {delivery.detail}" if kind and kind != delivery.detail else delivery.detail
        if suspended:
            said = f"suspended after failing repeatedly: {self._reasons.get(name, said)}"
        self._reasons.setdefault(name, said)
        error = CaptureError(delivery.detail, code="sink_failed")
        # That a sink could not be opened was logged then.
        self._report(name, said, error, log=not facts.get("unavailable"))

    def _partly(self, delivery: Delivery) -> None:
        """Take note of a delivery that was taken only in part; one that failed says more."""
        name = delivery.sink_name
        with self._lock:
            if name in self._failed or name in self._degraded:
                return
            self._degraded.add(name)
        said = f"took a delivery only in part: {delivery.detail}"
        self._report(name, said, CaptureError(delivery.detail, code="sink_degraded"))

    def closed(self, failures: Sequence[tuple[str, Exception]]) -> None:
        """Take note of how the sinks were closed.

        Args:
            failures: What they raised, by name.
        """
        for name, error in failures:
            self._failed.add(name)
            said = f"at closing: {type(error).__name__}: {error}"
            if name in self._reasons:
                said = f"{said}; it began with {self._reasons[name]}"
            self._report(name, said, error)
        for name in self._served & self._words.keys() - self._failed - self._degraded:
            self._host.forget_trouble("sink", name)

    def _report(self, name: str, said: str, error: Exception, *, log: bool = True) -> None:
        reason = self._redact(said)[:_LONGEST_REASON]
        word = self._words.get(name)
        if word is None:
            # Attached by the program, not named in the configuration: no listing has it.
            message = f"the sink {name!r} failed: {reason}"
            self._host.errors.warn(message, message)
            return
        trouble = Trouble(
            "sink", word, name, self._host.distribution_of("sink", word), utc_now_text(), reason
        )
        self._host.note_trouble(trouble, error, log=log)

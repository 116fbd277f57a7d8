"""By OTLP: each sending is one export, whose outcome is known when it returns."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import contexta
from contexta.errors import CaptureError
from contexta_sink_otel.libraries import without_instrumentation
from contexta_sink_otel.routes.exporters import open_exporter, protocol_of
from contexta_sink_otel.routes.metrics_data import metrics_data
from contexta_sink_otel.routes.readable import readable_log, readable_span
from contexta_sink_otel.routes.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta_sink_otel.facts.logs import LogFacts
    from contexta_sink_otel.facts.points import PointFacts
    from contexta_sink_otel.facts.spans import SpanFacts
    from contexta_sink_otel.options import OTelOptions

__all__ = ["OTLPRoute"]


class OTLPRoute:
    """Sends by exporters of its own, without a provider: what fails is known, and nothing is batched twice.

    Args:
        options: The options.
        workspace: Root of the workspace, for the resource; None where there is none.

    Raises:
        ConfigurationError: The environment names a protocol that there is not.
    """

    def __init__(self, options: OTelOptions, workspace: Path | None) -> None:
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        self._options = options
        self._resources = Resources(options, workspace)
        self._scope = InstrumentationScope("contexta", contexta.__version__)
        # By process as well: a forked child must not talk on its parent's connections. No lock, which a fork could
        # leave held for ever.
        self._exporters: dict[tuple[int, str], Any] = {}
        for signal in options.signals:
            protocol_of(signal, options)

    def send_spans(self, spans: Sequence[SpanFacts]) -> None:
        """Send spans.

        Raises:
            CaptureError: They did not arrive.
        """
        self._export("traces", [readable_span(each, self._resources.of, self._scope) for each in spans])

    def send_points(self, points: Sequence[PointFacts]) -> None:
        """Send values of metrics.

        Raises:
            CaptureError: They did not arrive.
        """
        self._export("metrics", metrics_data(points, self._resources.of, self._scope))

    def send_logs(self, logs: Sequence[LogFacts]) -> None:
        """Send log records.

        Raises:
            CaptureError: They did not arrive.
        """
        self._export("logs", [readable_log(each, self._resources.of, self._scope) for each in logs])

    def _export(self, signal: str, data: Any) -> None:
        exporter = self._exporter(signal)
        with without_instrumentation():
            outcome = exporter.export(data)
        if outcome.name != "SUCCESS":
            raise CaptureError(
                f"the collector at {getattr(exporter, '_endpoint', 'its endpoint')} did not take the {signal};"
                " the log opentelemetry.exporter says why",
                code="otel_export_failed",
                details={"signal": signal},
            )

    def _exporter(self, signal: str) -> Any:
        key = (os.getpid(), signal)
        if key not in self._exporters:
            made = open_exporter(signal, self._options)
            if self._exporters.setdefault(key, made) is not made:
                # Another thread was quicker.
                made.shutdown()
        return self._exporters[key]

    def flush(self, timeout: float) -> None:
        """Do nothing: what was sent has arrived."""

    def close(self) -> None:
        """Close the connections of this process."""
        for key in [each for each in list(self._exporters) if each[0] == os.getpid()]:
            self._exporters.pop(key).shutdown()

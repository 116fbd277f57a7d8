"""By OTLP: each sending is one export, whose outcome is known when it returns."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import contexta
from contexta.errors import CaptureError
from contexta_sink_otel.libraries import without_instrumentation
from contexta_sink_otel.routes.distributions import CumulativeDistributions, DeltaDistributions
from contexta_sink_otel.routes.exporters import open_exporter, protocol_of, temporality_of
from contexta_sink_otel.routes.metrics_data import metrics_data
from contexta_sink_otel.routes.partial_success import Answers
from contexta_sink_otel.routes.readable import readable_log, readable_span
from contexta_sink_otel.routes.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta_sink_otel.facts.logs import LogFacts
    from contexta_sink_otel.facts.points import PointFacts
    from contexta_sink_otel.facts.spans import SpanFacts
    from contexta_sink_otel.options import OTelOptions
    from contexta_sink_otel.routes.partial_success import Rejected

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
        self._totals: dict[int, CumulativeDistributions] = {}
        self._answers = Answers()
        for signal in options.signals:
            protocol_of(signal, options)

    def send_spans(self, spans: Sequence[SpanFacts]) -> Rejected | None:
        """Send spans, and return what the collector rejected of them.

        Raises:
            CaptureError: They did not arrive.
        """
        return self._export(
            "traces", [readable_span(each, self._resources.of, self._scope) for each in spans]
        )

    def send_points(self, points: Sequence[PointFacts]) -> Rejected | None:
        """Send values of metrics, and return what the collector rejected of them.

        Raises:
            CaptureError: They did not arrive.
        """
        with self._distributions().batch() as batch:
            return self._export("metrics", metrics_data(points, self._resources.of, self._scope, batch))

    def _distributions(self) -> DeltaDistributions | CumulativeDistributions:
        if temporality_of(self._options) == "delta":
            return DeltaDistributions()
        # A forked child tells of its own values alone.
        return self._totals.setdefault(os.getpid(), CumulativeDistributions())

    def send_logs(self, logs: Sequence[LogFacts]) -> Rejected | None:
        """Send log records, and return what the collector rejected of them.

        Raises:
            CaptureError: They did not arrive.
        """
        return self._export("logs", [readable_log(each, self._resources.of, self._scope) for each in logs])

    def _export(self, signal: str, data: Any) -> Rejected | None:
        exporter = self._exporter(signal)
        self._answers.begin()
        with without_instrumentation():
            outcome = exporter.export(data)
        if outcome.name != "SUCCESS":
            raise CaptureError(
                f"the collector at {getattr(exporter, '_endpoint', 'its endpoint')} did not take the {signal};"
                " the log opentelemetry.exporter says why",
                code="otel_export_failed",
                details={"signal": signal},
            )
        return self._answers.rejected

    def _exporter(self, signal: str) -> Any:
        key = (os.getpid(), signal)
        if key not in self._exporters:
            made = open_exporter(signal, self._options, self._answers)
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

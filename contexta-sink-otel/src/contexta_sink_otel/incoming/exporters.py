"""The exporters that ``OTEL_TRACES_EXPORTER=contexta`` and its like name; the SDK calls them on its own threads."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from contexta_sink_otel.incoming.landing import Arrival, current_landing
from contexta_sink_otel.incoming.logs import log_draft
from contexta_sink_otel.incoming.metrics import metric_drafts
from contexta_sink_otel.incoming.origin import is_of_our_logger, is_ours
from contexta_sink_otel.incoming.run_history import HISTORY
from contexta_sink_otel.incoming.span_scopes import watch_spans
from contexta_sink_otel.incoming.spans import span_drafts
from contexta_sink_otel.libraries import without_instrumentation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["ContextaLogExporter", "ContextaMetricExporter", "ContextaSpanExporter"]

# Below the kernel's: neither its log handler nor the exporter below captures what it says.
_log = logging.getLogger("contexta.otel")


class _Intake:
    """Takes what one exporter is given; raises nothing, for the SDK's threads must go on.

    Args:
        signal: What it exports, for the log.
    """

    def __init__(self, signal: str) -> None:
        self._signal = signal
        self._told: set[str] = set()
        self._is_open = True
        current_landing().attach()

    def take(self, arrivals: Callable[[], Iterable[Arrival]]) -> bool:
        """Land a batch, and return whether all of it was kept.

        Args:
            arrivals: Makes the drafts.
        """
        return self._is_open and self._attempted(lambda: current_landing().take(list(arrivals())))

    def close(self) -> None:
        """Take nothing more."""
        if self._is_open:
            self._is_open = False
            self._attempted(lambda: current_landing().detach())

    def _attempted(self, land: Callable[[], list[tuple[str, str]]]) -> bool:
        try:
            with without_instrumentation():
                refused = land()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the batch or the workspace
            refused = [(type(error).__name__, f"{type(error).__name__}: {error}")]
        for code, reason in refused:
            self._tell(code, f"{self._signal} of OpenTelemetry were not kept: {reason}")
        return not refused

    def _tell(self, code: str, message: str) -> None:
        """Log the first trouble of each kind: a workspace that is full would otherwise fill the log as well."""
        if code not in self._told:
            self._told.add(code)
            _log.warning("%s", message)


class ContextaSpanExporter(SpanExporter):
    """Lands spans, and the events in them, in the workspace, joined to the run and stage that they were started in."""

    def __init__(self) -> None:
        self._intake = _Intake("spans")
        HISTORY.on_run_started = watch_spans
        if not HISTORY.is_empty:
            watch_spans()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Land spans.

        Args:
            spans: Spans that have ended.

        Returns:
            FAILURE where one of them was not kept; the log ``contexta.otel`` says why.
        """
        is_kept = self._intake.take(lambda: _span_arrivals(spans))
        return SpanExportResult.SUCCESS if is_kept else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Take nothing more; the last exporter of the process closes what was opened."""
        self._intake.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's own
        """Return at once: what was exported is on its disk."""
        return True


class ContextaMetricExporter(MetricExporter):
    """Lands metrics in the workspace, joined to the run that they were measured in.

    Args:
        preferred_temporality: See the SDK; cumulative where nothing is said.
        preferred_aggregation: See the SDK.
    """

    def __init__(
        self,
        preferred_temporality: dict[type, Any] | None = None,
        preferred_aggregation: dict[type, Any] | None = None,
    ) -> None:
        super().__init__(preferred_temporality, preferred_aggregation)
        self._intake = _Intake("metrics")

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002 - the SDK's own
        **_: Any,
    ) -> MetricExportResult:
        """Land metrics.

        Args:
            metrics_data: The points of one collection.
            timeout_millis: Not needed: a local disk answers.

        Returns:
            FAILURE where one of them was not kept; the log ``contexta.otel`` says why.
        """
        is_kept = self._intake.take(lambda: _metric_arrivals(metrics_data))
        return MetricExportResult.SUCCESS if is_kept else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002 - the SDK's own
        """Return at once: what was exported is on its disk."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:  # noqa: ARG002 - the SDK's own
        """Take nothing more; the last exporter of the process closes what was opened."""
        self._intake.close()


class ContextaLogExporter(LogRecordExporter):
    """Lands log records in the workspace, joined to the run of their span or of their time."""

    def __init__(self) -> None:
        self._intake = _Intake("log records")

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Land log records.

        Args:
            batch: Log records.

        Returns:
            FAILURE where one of them was not kept; the log ``contexta.otel`` says why.
        """
        is_kept = self._intake.take(lambda: _log_arrivals(batch))
        return LogRecordExportResult.SUCCESS if is_kept else LogRecordExportResult.FAILURE

    def shutdown(self) -> None:
        """Take nothing more; the last exporter of the process closes what was opened."""
        self._intake.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's own
        """Return at once: what was exported is on its disk."""
        return True


def _span_arrivals(spans: Iterable[ReadableSpan]) -> Iterator[Arrival]:
    for span in spans:
        if is_ours(span.attributes):
            continue
        context = span.get_span_context()
        own = None if context is None else (context.trace_id, context.span_id)
        for made in span_drafts(span):
            yield Arrival(made, span.start_time or 0, span.end_time or 0, own, span.resource)


def _metric_arrivals(data: MetricsData) -> Iterator[Arrival]:
    for group in data.resource_metrics:
        for measured in group.scope_metrics:
            for metric in measured.metrics:
                for made, start, end in metric_drafts(metric, measured.scope.name):
                    yield Arrival(made, start, end, None, group.resource)


def _log_arrivals(batch: Iterable[ReadableLogRecord]) -> Iterator[Arrival]:
    for readable in batch:
        record, scope = readable.log_record, readable.instrumentation_scope
        if is_ours(record.attributes) or is_of_our_logger(scope.name if scope is not None else None):
            continue
        now = time.time_ns()
        moment = record.timestamp or record.observed_timestamp or now
        own = (record.trace_id, record.span_id) if record.trace_id and record.span_id else None
        yield Arrival(log_draft(readable, now), moment, moment, own, readable.resource)

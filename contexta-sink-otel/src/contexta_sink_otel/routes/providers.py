"""By the providers of the program: what it has configured decides where everything goes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from contexta_sink_otel.routes.preset_ids import PresetIds
from contexta_sink_otel.routes.readable import span_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta_sink_otel.facts.logs import LogFacts
    from contexta_sink_otel.facts.points import PointFacts
    from contexta_sink_otel.facts.spans import SpanFacts

__all__ = ["ProvidersRoute"]


class ProvidersRoute:
    """Sends by tracers, meters and loggers; whichever provider is not given is the program's global one.

    Args:
        service_name: Name of the tracer, the meter and the logger.
        tracer_provider: For spans.
        meter_provider: For metrics.
        logger_provider: For events; without one, an event inside a span that is being recorded becomes an event of it.
    """

    def __init__(
        self,
        service_name: str,
        *,
        tracer_provider: Any = None,
        meter_provider: Any = None,
        logger_provider: Any = None,
    ) -> None:
        self._service_name = service_name
        self._tracers = tracer_provider
        self._meters = meter_provider
        self._loggers = logger_provider
        self._ids = PresetIds()
        self._lock = threading.Lock()
        self._instruments: dict[tuple[str, str, bool], Any] = {}
        self._tracer: Any = None
        self._meter: Any = None

    def send_spans(self, spans: Sequence[SpanFacts]) -> None:
        """Send spans."""
        from opentelemetry import trace

        tracer = self._own_tracer()
        for facts in spans:
            self._ids.preset(facts.trace, facts.span)
            root = trace.set_span_in_context(trace.INVALID_SPAN)
            parent = root
            if facts.parent is not None:
                around = trace.NonRecordingSpan(span_context(facts.trace, facts.parent))
                parent = trace.set_span_in_context(around)
            span = tracer.start_span(
                facts.name,
                context=parent,
                kind=trace.SpanKind[facts.kind],
                attributes=facts.attributes,
                links=[
                    trace.Link(span_context(link.trace, link.span), {"contexta.linked_ref": link.ref})
                    for link in facts.links
                ],
                start_time=facts.start,
            )
            span.set_status(trace.StatusCode[facts.status])
            span.end(end_time=facts.end)

    def _own_tracer(self) -> Any:
        with self._lock:
            if self._tracer is None:
                from opentelemetry import trace

                provider = self._tracers or trace.get_tracer_provider()
                self._tracer = provider.get_tracer(self._service_name)
                # The SDK's tracer asks this object; others have no use for the attribute.
                self._tracer.id_generator = self._ids
            return self._tracer

    def send_points(self, points: Sequence[PointFacts]) -> None:
        """Send values of metrics."""
        for point in points:
            instrument = self._instrument(point)
            if point.bounds is None:
                instrument.set(point.value, attributes=point.attributes)
            else:
                instrument.record(float(point.value), attributes=point.attributes)

    def _instrument(self, point: PointFacts) -> Any:
        is_gauge = point.bounds is None
        key = (point.name, point.unit, is_gauge)
        with self._lock:
            if self._meter is None:
                from opentelemetry import metrics

                provider = self._meters or metrics.get_meter_provider()
                self._meter = provider.get_meter(self._service_name)
            if key not in self._instruments:
                if is_gauge:
                    made = self._meter.create_gauge(name=point.name, unit=point.unit)
                else:
                    made = self._meter.create_histogram(
                        name=point.name, unit=point.unit, explicit_bucket_boundaries_advisory=point.bounds
                    )
                self._instruments[key] = made
            return self._instruments[key]

    def send_logs(self, logs: Sequence[LogFacts]) -> None:
        """Send events."""
        from opentelemetry import _logs, trace
        from opentelemetry.context import Context

        current = trace.get_current_span()
        if self._loggers is None and current.is_recording():
            for facts in logs:
                current.add_event(facts.name, attributes=facts.attributes)
            return
        provider = self._loggers or _logs.get_logger_provider()
        logger = provider.get_logger(self._service_name)
        for facts in logs:
            record = _logs.LogRecord(
                timestamp=facts.observed,
                observed_timestamp=facts.recorded,
                context=Context({"contexta": True}),
                severity_text=facts.level,
                severity_number=_logs.SeverityNumber[facts.severity],
                body=facts.body,
                attributes=facts.attributes,
                event_name=facts.name,
            )
            record.trace_id = facts.trace
            logger.emit(record)

    def flush(self, timeout: float) -> None:
        """Have every given provider export what it has, within so many seconds each."""
        for provider in (self._tracers, self._meters, self._loggers):
            force_flush = getattr(provider, "force_flush", None)
            if callable(force_flush):
                force_flush(int(timeout * 1000))

    def close(self) -> None:
        """Leave the providers to the program, which made them."""

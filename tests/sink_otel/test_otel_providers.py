"""With providers of the program, by the official SDK."""

from __future__ import annotations

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contexta import Contexta
from contexta.adapters.otel import OTelSink


class Providers:
    """Three providers that keep what they get."""

    def __init__(self):
        self.spans = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.logs = InMemoryLogRecordExporter()
        self.loggers = LoggerProvider(shutdown_on_exit=False)
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self.logs))

    def points(self):
        data = self.reader.get_metrics_data()
        metrics = data.resource_metrics[0].scope_metrics[0].metrics
        return {metric.name: (metric.unit, metric.data.data_points[0]) for metric in metrics}


@pytest.fixture
def providers():
    made = Providers()
    yield made
    made.tracers.shutdown()
    made.meters.shutdown()
    made.loggers.shutdown()


@pytest.fixture
def run_with(tmp_path):
    """Runs a program with a sink."""

    def run_program(sink, program):
        with Contexta(workspace=str(tmp_path / "workspace"), sinks=[sink]) as ctx, ctx.run("training") as run:
            return program(run)

    return run_program


def test_spans_keep_their_identifiers_and_parents(providers, run_with):
    """The SDK's spans have the identifiers of the workspace, though the child was captured before its parent."""

    def program(run):
        outer = run.span(
            "outer", started_at="2026-01-01T00:00:00Z", ended_at="2026-01-01T00:00:02Z"
        ).payload.payload
        run.span("inner", parent_span_id=outer.span_id)
        return outer

    outer = run_with(OTelSink(tracer_provider=providers.tracers), program)
    spans = {span.name: span for span in providers.spans.get_finished_spans()}
    assert int(outer.span_id.removeprefix("span-"), 16) == spans["outer"].context.span_id
    assert int(outer.trace_id.removeprefix("trace-"), 16) == spans["outer"].context.trace_id
    assert None is spans["outer"].parent
    assert spans["outer"].context.span_id == spans["inner"].parent.span_id
    assert spans["outer"].context.trace_id == spans["inner"].context.trace_id
    assert 2 * 10**9 == spans["outer"].end_time - spans["outer"].start_time


def test_a_cancelled_span_is_no_error(providers, run_with):
    """Its status stays unset; what it was is in an attribute."""
    run_with(OTelSink(tracer_provider=providers.tracers), lambda run: run.span("work", status="cancelled"))
    (span,) = providers.spans.get_finished_spans()
    assert "UNSET" == span.status.status_code.name
    assert "cancelled" == span.attributes["contexta.span_status"]


@pytest.mark.parametrize(("instrument", "read"), [("gauge", "value"), ("histogram", "sum")])
def test_metrics_are_gauges_or_histograms(providers, run_with, instrument, read):
    """The configuration decides which instrument of the program's meter a metric is."""
    sink = OTelSink(meter_provider=providers.meters, metrics=instrument)
    run_with(sink, lambda run: run.metric("loss", 0.5))
    unit, point = providers.points()["contexta.loss"]
    assert ("1", 0.5) == (unit, getattr(point, read))


def test_events_are_log_records(providers, run_with):
    """A logger of the program gets name, body, severity and trace."""
    run_with(
        OTelSink(logger_provider=providers.loggers), lambda run: run.event("a.b", message="c", level="error")
    )
    (log,) = providers.logs.get_finished_logs()
    record = log.log_record
    assert ("a.b", "c", 17) == (record.event_name, record.body, record.severity_number.value)
    assert record.trace_id
    assert 0 == record.span_id


def test_an_event_joins_the_span_around_it_without_a_logger(providers, run_with):
    """With a tracer alone, an event is added to the program's span that is being recorded."""

    def program(run):
        with providers.tracers.get_tracer("program").start_as_current_span("around"):
            run.event("a.b", message="c")

    run_with(OTelSink(tracer_provider=providers.tracers), program)
    (span,) = [each for each in providers.spans.get_finished_spans() if each.name == "around"]
    (event,) = span.events
    assert ("a.b", "c") == (event.name, event.attributes["contexta.event_message"])

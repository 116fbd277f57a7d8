"""What the SDK's spans, metrics and log records become."""

from __future__ import annotations

import logging
import time

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExportResult, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult

from contexta import Contexta
from contexta.contract.timestamps import text_from_ns
from contexta.spi.flat import flatten
from contexta_sink_otel.incoming.drafts import finished
from contexta_sink_otel.incoming.exporters import (
    ContextaLogExporter,
    ContextaMetricExporter,
    ContextaSpanExporter,
)


def now():
    """Return the time: what is older than every run belongs to the first that the process had."""
    return time.time_ns()


class Landed:
    """A run that is open, and what was recorded in it."""

    def __init__(self, ctx, run):
        self.ctx = ctx
        self.run = run

    def records(self):
        found = [flatten(stored.record) for stored in self.ctx.record_store.scan()]
        return {(each["type"], each["key"]): each for each in found if each["key"] != "otel.resource"}


@pytest.fixture
def landed(tmp_path):
    """An open run; whatever is exported belongs to it."""
    with Contexta(workspace=str(tmp_path / "workspace")) as ctx, ctx.run("training") as run:
        yield Landed(ctx, run)


@pytest.fixture
def span_exporter():
    """The exporter of spans."""
    exporter = ContextaSpanExporter()
    yield exporter
    exporter.shutdown()


@pytest.fixture
def tracer(span_exporter):
    """A tracer of a provider that is not the program's global one."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(span_exporter))
    return provider.get_tracer("shop", "1.2")


@pytest.fixture
def measured(landed):
    """Measures with a meter, and returns what was recorded."""

    def measure(work, *, temporality=None, aggregation=None):
        exporter = ContextaMetricExporter(temporality, aggregation)
        provider = MeterProvider([PeriodicExportingMetricReader(exporter)], shutdown_on_exit=False)
        work(provider.get_meter("shop"))
        provider.shutdown()
        return landed.records()

    return measure


@pytest.fixture
def logger():
    """A logger of OpenTelemetry."""
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(ContextaLogExporter()))
    yield provider.get_logger("shop")
    provider.shutdown()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("INTERNAL", "internal"), ("CLIENT", "network"), ("PRODUCER", "process"), ("SERVER", "operation")],
)
def test_a_span_keeps_its_kind(landed, tracer, kind, expected):
    """Each kind has one of ours, and its own name beside it."""
    tracer.start_span("call", kind=trace.SpanKind[kind]).end()
    span = landed.records()["span", "call"]
    assert (expected, kind.lower()) == (span.get("kind", "operation"), span["attributes"]["otel.kind"])


def test_a_span_keeps_its_status_scope_and_links(landed, tracer):
    """Status with its description, instrumentation scope, links and times are kept."""
    begin = now()
    linked = tracer.start_span("linked")
    linked.end()
    span = tracer.start_span(
        "call", links=[trace.Link(linked.get_span_context(), {"why": "retry"})], start_time=begin
    )
    span.set_status(trace.StatusCode.ERROR, "refused")
    span.end(end_time=begin + 7)
    found = landed.records()["span", "call"]
    context = linked.get_span_context()
    assert ("error", text_from_ns(begin), text_from_ns(begin + 7)) == (
        found["status"],
        found["start"],
        found["end"],
    )
    assert {
        "otel.kind": "internal",
        "otel.scope.name": "shop",
        "otel.scope.version": "1.2",
        "otel.status_description": "refused",
        "otel.links": [
            {
                "trace_id": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "attributes": {"why": "retry"},
            }
        ],
    } == found["attributes"]


def test_odd_spans_are_kept(landed, tracer):
    """A blank name, a name of any length, values that JSON has not, and an end before the start lose no span."""
    odd = {"nan": float("nan"), "large": 2**70, "zero": "a\x00b", "list": [1.5, float("inf")]}
    tracer.start_span(" ", attributes=odd).end()
    tracer.start_span("x" * 5000).end(end_time=5)
    found = landed.records()
    values = found["span", "(unnamed)"]["attributes"]
    assert ("nan", str(2**70), "a\\x00b", [1.5, "inf"]) == tuple(values[name] for name in odd)
    long = found["span", "x" * 1024]
    assert long["start"] == long["end"]


def test_a_span_that_is_exported_twice_is_one(landed, span_exporter, tracer):
    """A batch that comes again succeeds, and adds nothing."""
    span = tracer.start_span("call")
    span.add_event("step")
    span.end()
    assert SpanExportResult.SUCCESS == span_exporter.export([span])
    stored = [flatten(each.record)["key"] for each in landed.ctx.record_store.scan()]
    assert ["call", "otel.resource", "step"] == sorted(stored)


def test_a_deleted_run_takes_nothing_and_the_sdk_is_told(landed, span_exporter, tracer, caplog):
    """Spans of a run that was deleted are a failed export, not an exception, and the log says why."""
    landed.run.close()
    landed.ctx.delete_runs(landed.ctx.plan_run_deletion(landed.run.ref))
    with caplog.at_level(logging.WARNING, "contexta.otel"):
        span = tracer.start_span("late")
        span.end()
        assert SpanExportResult.FAILURE == span_exporter.export([span])
    assert "is deleted" in caplog.text


def test_after_its_end_an_exporter_takes_nothing(landed, tracer, span_exporter):
    """An exporter that was shut down answers FAILURE."""
    span_exporter.shutdown()
    span = tracer.start_span("late")
    span.end()
    assert SpanExportResult.FAILURE == span_exporter.export([span])
    assert {} == landed.records()


def test_gauges_and_sums_are_metrics(measured):
    """A gauge keeps its value, unit and attributes; a sum says what it sums up."""

    def work(meter):
        meter.create_gauge("temperature", unit="Cel").set(36.6, {"room": 7, "open": True})
        meter.create_up_down_counter("queue/length", unit="1").add(-2)

    found = measured(work)
    gauge, total = found["metric", "temperature"], found["metric", "queue/length"]
    assert (36.6, "Cel", {"room": "7", "open": "true"}) == (gauge["value"], gauge["unit"], gauge["tags"])
    assert ("step", "raw_observation") == (gauge.get("scope", "step"), gauge.get("basis", "raw_observation"))
    assert (-2, "run", "cumulative_sum") == (total["value"], total["scope"], total["basis"])
    assert "unit" not in total


def test_delta_is_said(measured):
    """A sum of one interval is told apart from one since the beginning."""
    found = measured(
        lambda meter: meter.create_counter("orders").add(2),
        temporality={Counter: AggregationTemporality.DELTA},
    )
    assert "delta_sum" == found["metric", "orders"]["basis"]


def test_a_histogram_gives_its_numbers_and_its_buckets(measured):
    """Count, sum, mean, least and greatest are metrics; the buckets are an event."""

    def work(meter):
        latency = meter.create_histogram("latency", unit="s", explicit_bucket_boundaries_advisory=[1.0, 2.0])
        for value in (0.5, 1.5, 4.0):
            latency.record(value)

    found = measured(work)
    values = {key: each["value"] for (kind, key), each in found.items() if kind == "metric"}
    assert {
        "latency.count": 3,
        "latency.sum": 6.0,
        "latency.mean": 2.0,
        "latency.min": 0.5,
        "latency.max": 4.0,
    } == values
    assert "unit" not in found["metric", "latency.count"]
    assert "s" == found["metric", "latency.mean"]["unit"]
    buckets = found["event", "metric.histogram"]["attributes"]
    assert ("latency", [1.0, 2.0], [1, 1, 1]) == (
        buckets["metric_key"],
        buckets["bounds"],
        buckets["bucket_counts"],
    )


def test_an_exponential_histogram_keeps_its_buckets(measured):
    """Scale, zeros and the buckets of both sides are in the event."""

    def work(meter):
        latency = meter.create_histogram("latency")
        for value in (0.0, 1.0, 1.0):
            latency.record(value)

    found = measured(work, aggregation={Histogram: ExponentialBucketHistogramAggregation()})
    buckets = found["event", "metric.histogram"]["attributes"]
    assert (1, 2) == (buckets["zero_count"], sum(buckets["positive"]["bucket_counts"]))
    assert 2.0 == found["metric", "latency.sum"]["value"]


def test_a_value_that_is_not_finite_is_an_event(measured):
    """A sum beyond every number is no value of a metric: an event says it."""

    def work(meter):
        loss = meter.create_counter("loss")
        loss.add(1e308)
        loss.add(1e308)

    found = measured(work)
    event = found["event", "metric.non_finite"]
    assert ("loss", "inf") == (event["attributes"]["metric_key"], event["attributes"]["value"])
    assert ("metric", "loss") not in found


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("TRACE", "debug"),
        ("DEBUG4", "debug"),
        ("INFO", "info"),
        ("WARN2", "warning"),
        ("ERROR", "error"),
        ("FATAL", "critical"),
        ("UNSPECIFIED", "info"),
    ],
)
def test_a_log_record_keeps_its_level(landed, logger, severity, level):
    """Each severity becomes the level that it means."""
    logger.emit(LogRecord(timestamp=now(), body="hello", severity_number=SeverityNumber[severity]))
    record = landed.records()["event", "log.shop"]
    assert ("hello", level) == (record["message"], record.get("level", "info"))


def test_a_log_record_with_a_name_and_a_structured_body(landed, logger):
    """An event name is the key; a body that is no text is kept as data, and as the text of the message."""
    logger.emit(LogRecord(timestamp=now(), event_name="order placed!", body={"n": 1, "raw": b"\x01"}))
    record = landed.records()["event", "order-placed-"]
    assert '{"n": 1, "raw": "01"}' == record["message"]
    assert {"n": 1, "raw": "01"} == record["attributes"]["otel.body"]


def test_what_contexta_logs_is_not_taken(landed):
    """Log records of our own loggers are left out: landing them could make us log again."""
    provider = LoggerProvider(shutdown_on_exit=False)
    exporter = ContextaLogExporter()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    for name in ("contexta", "contexta.otel", "contexta_sink_otel", "contextarium"):
        provider.get_logger(name).emit(LogRecord(timestamp=now(), body="hello"))
    provider.shutdown()
    assert [("event", "log.contextarium")] == list(landed.records())
    assert LogRecordExportResult.FAILURE == exporter.export([])


def test_landing_is_not_instrumented(landed, tracer, monkeypatch):
    """While spans are appended, the instrumentation of libraries is told to stay silent."""
    from opentelemetry import context

    told = []

    def watched(*arguments):
        told.append(context.get_value(context._SUPPRESS_INSTRUMENTATION_KEY))
        return finished(*arguments)

    monkeypatch.setattr("contexta_sink_otel.incoming.landing.finished", watched)
    tracer.start_span("call").end()
    assert {True} == set(told)


def test_odd_attributes_of_a_metric_are_tags(measured):
    """Blank and long values, and names that are no key, stay what they are."""
    odd = {"blank": "", "long": "x" * 200_000, "name with spaces": "a\x00b", "": "nameless"}
    found = measured(lambda meter: meter.create_gauge("size").set(1, odd))
    tags = found["metric", "size"]["tags"]
    assert {"blank": "", "long": "x" * 100_000, "name with spaces": "a\\x00b"} == tags

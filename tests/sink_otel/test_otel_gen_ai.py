"""GenAI's semantic conventions, and histograms."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.adapters.otel import OTelSink
from contexta.capture.sinks import BufferedSink

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "acme",
    "gen_ai.request.model": "m-1",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 4,
    "attempt": 1,
}


@pytest.fixture
def session(collector, tmp_path):
    """Runs a program with the sink behind a queue."""

    def run_with(program, **options):
        sink = BufferedSink(OTelSink(endpoint=collector.endpoint, **options))
        with Contexta(workspace=str(tmp_path / "workspace"), sinks=[sink]) as ctx, ctx.run("training") as run:
            program(run)
        return collector

    return run_with


def call(run):
    run.span(
        "chat m-1",
        started_at="2026-01-01T00:00:00Z",
        ended_at="2026-01-01T00:00:01.500Z",
        span_kind="call",
        attributes=CALL,
    )


def test_conventional_attributes_keep_their_names_and_types(session, plain):
    """`gen_ai.*` is neither renamed nor turned into text, and the call is of the kind CLIENT; other keys are Contexta's."""
    (span,) = session(call).spans()
    attributes = plain(span.attributes)
    assert {key: value for key, value in CALL.items() if key != "attempt"} == {
        key: value for key, value in attributes.items() if key.startswith("gen_ai.")
    }
    assert 1 == attributes["contexta.span.attempt"]
    assert span.SPAN_KIND_CLIENT == span.kind


def test_a_tool_call_runs_inside(session):
    """The convention says INTERNAL for an agent's tool."""
    (span,) = session(
        lambda run: run.span("tool", span_kind="call", attributes={"gen_ai.operation.name": "execute_tool"})
    ).spans()
    assert span.SPAN_KIND_INTERNAL == span.kind


def test_a_call_gives_the_conventional_histograms(session, plain):
    """100 tokens lie in the bucket up to 256, 4 in that up to 4, and 1.5 s in that up to 2.56 s."""
    metrics = {metric.name: metric for metric in session(call).metrics()}
    usage = metrics["gen_ai.client.token.usage"]
    assert "{token}" == usage.unit
    points = {plain(point.attributes)["gen_ai.token.type"]: point for point in usage.histogram.data_points}
    bounds = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
    assert bounds == list(points["input"].explicit_bounds)
    assert ([4], [1]) == tuple(
        [place for place, count in enumerate(points[kind].bucket_counts) if count]
        for kind in ("input", "output")
    )
    assert (100, 4) == (points["input"].sum, points["output"].sum)
    assert "m-1" == plain(points["input"].attributes)["gen_ai.request.model"]

    duration = metrics["gen_ai.client.operation.duration"]
    (point,) = duration.histogram.data_points
    assert ("s", 1.5, 1) == (duration.unit, point.sum, point.count)
    bounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
    assert bounds == list(point.explicit_bounds)
    assert 1 == point.bucket_counts[bounds.index(2.56)]


def test_the_histograms_of_calls_can_be_left_out(session):
    """With `gen_ai_metrics = false` a call gives no metric."""
    assert [] == session(call, gen_ai_metrics=False).metrics()


def test_metrics_can_be_histograms(session):
    """Bounds are the specification's; a value on a bound is in the bucket below it, and delta says each batch alone."""

    def program(run):
        for value in (0.0, 5.0, 7.0, 20_000.0):
            run.metric("latency", value, unit="ms")

    metrics = [
        each for each in session(program, metrics="histogram").metrics() if each.name == "contexta.latency"
    ]
    points = [point for each in metrics for point in each.histogram.data_points]
    bounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]
    assert bounds == list(points[0].explicit_bounds)
    assert [1, 1, 1, *[0] * 12, 1] == [
        sum(counts) for counts in zip(*[p.bucket_counts for p in points], strict=True)
    ]
    assert (4, 20_012.0) == (sum(point.count for point in points), sum(point.sum for point in points))
    assert (0.0, 20_000.0) == (min(point.min for point in points), max(point.max for point in points))
    assert {1} == {each.histogram.aggregation_temporality for each in metrics}

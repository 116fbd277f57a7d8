"""What arrives at a receiver that speaks OTLP, field by field."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.adapters.otel import OTelSink
from contexta.capture.sinks import BufferedSink

#: 2026-01-01T00:00:00Z in nanoseconds since the epoch: 20454 days.
NEW_YEAR = 20_454 * 86_400 * 10**9
SECOND = 10**9


def capture(sink, workspace):
    """Capture one run with a pair of spans, two points and an event."""
    with Contexta(workspace=str(workspace), sinks=[sink]) as ctx, ctx.run("training") as run:
        outer = run.span(
            "epoch",
            started_at="2026-01-01T00:00:00Z",
            ended_at="2026-01-01T00:00:03Z",
            attributes={"size": 32, "rate": 0.5, "shuffle": True, "layers": [1, 2], "nested": {"a": None}},
            linked_refs=[run.ref],
        ).payload.payload
        run.span(
            "fetch",
            started_at="2026-01-01T00:00:01Z",
            ended_at="2026-01-01T00:00:02.000000005Z",
            parent_span_id=outer.span_id,
            status="timeout",
            span_kind="network",
        )
        run.metric("loss", 0.5, unit="nat", step=1, tags={"split": "train"})
        run.metric("loss", 0.25, unit="nat", step=2, tags={"split": "train"})
        run.event("epoch.done", message="one is done", level="warning", attributes={"epoch": 1})
    return outer


@pytest.fixture(params=["http/protobuf", "grpc"])
def received(request, tmp_path):
    """What a receiver of either protocol has got of the run, and the outer span as captured."""
    fixture = "collector" if request.param == "http/protobuf" else "grpc_collector"
    receiver = request.getfixturevalue(fixture)
    sink = OTelSink(protocol=request.param, endpoint=receiver.endpoint, headers={"X-Tenant": "blue"})
    receiver.outer = capture(BufferedSink(sink), tmp_path / "workspace")
    return receiver


def test_a_span_arrives_whole(received, plain):
    """Identifiers, times, kind, status and attributes of a root span are those that were captured."""
    (span,) = [each for each in received.spans() if each.name == "epoch"]
    assert received.outer.trace_id.removeprefix("trace-").rjust(32, "0") == span.trace_id.hex()
    assert received.outer.span_id.removeprefix("span-").rjust(16, "0") == span.span_id.hex()
    assert b"" == span.parent_span_id
    assert (NEW_YEAR, NEW_YEAR + 3 * SECOND) == (span.start_time_unix_nano, span.end_time_unix_nano)
    assert span.SPAN_KIND_INTERNAL == span.kind
    assert span.status.STATUS_CODE_OK == span.status.code
    attributes = plain(span.attributes)
    record = attributes.pop("contexta.record_ref")
    assert record.startswith("record:default.training.")
    assert {
        "contexta.run_ref": "run:default.training",
        "contexta.span_kind": "operation",
        "contexta.span_id": received.outer.span_id,
        "contexta.trace_id": received.outer.trace_id,
        "contexta.span_status": "ok",
        "contexta.span.size": 32,
        "contexta.span.rate": 0.5,
        "contexta.span.shuffle": True,
        "contexta.span.layers": [1, 2],
        "contexta.span.nested": '{"a": null}',
    } == attributes


def test_a_child_names_its_parent(received, plain):
    """A child has its parent's identifier and trace, its own kind, and a time-out is an error with its type."""
    spans = {span.name: span for span in received.spans()}
    child, parent = spans["fetch"], spans["epoch"]
    assert (parent.trace_id, parent.span_id) == (child.trace_id, child.parent_span_id)
    assert child.SPAN_KIND_CLIENT == child.kind
    assert NEW_YEAR + 2 * SECOND + 5 == child.end_time_unix_nano
    assert child.status.STATUS_CODE_ERROR == child.status.code
    assert "timeout" == plain(child.attributes)["error.type"]


def test_a_link_names_what_it_refers_to(received, plain):
    """A link to a run is in the run's trace and carries the reference."""
    (span,) = [each for each in received.spans() if each.links]
    (link,) = span.links
    assert span.trace_id == link.trace_id
    assert {"contexta.linked_ref": "run:default.training"} == plain(link.attributes)


def test_every_point_of_a_metric_arrives(received, plain):
    """Both values of a gauge arrive, each with its own time, unit and tags."""
    metrics = [each for each in received.metrics() if each.name == "contexta.loss"]
    assert {"nat"} == {each.unit for each in metrics}
    points = [point for each in metrics for point in each.gauge.data_points]
    assert [0.5, 0.25] == [point.as_double for point in points]
    assert points[0].time_unix_nano < points[1].time_unix_nano
    assert {
        "contexta.run_ref": "run:default.training",
        "contexta.aggregation_scope": "step",
        "contexta.value_type": "float",
        "contexta.tag.split": "train",
    } == plain(points[0].attributes)


def test_an_event_arrives_as_a_log_record(received, plain):
    """Body, severity, name, attributes and the run's trace of an event arrive; it is in no span."""
    (record,) = [each for each in received.logs() if each.event_name == "epoch.done"]
    assert "one is done" == record.body.string_value
    assert (13, "warning") == (record.severity_number, record.severity_text)
    assert received.spans()[0].trace_id == record.trace_id
    assert b"" == record.span_id
    attributes = plain(record.attributes)
    assert 1 == attributes["contexta.event.epoch"]
    assert "warning" == attributes["contexta.event_level"]
    assert record.time_unix_nano <= record.observed_time_unix_nano


def test_the_resource_names_service_and_run(received):
    """Every signal comes from the service, its project and its run."""
    for field in ("resource_spans", "resource_metrics", "resource_logs"):
        resource = received.resource(field)
        found = [resource[name] for name in ("service.name", "contexta.project", "contexta.run")]
        assert ["contexta", "default", "training"] == found


def test_headers_arrive(received):
    """The configured header is in every request."""
    assert {"blue"} == {headers["x-tenant"] for headers in received.headers}

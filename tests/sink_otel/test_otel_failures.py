"""A receiver that is down, refuses or hangs: the run is whole, the outbox keeps, and a replay delivers."""

from __future__ import annotations

import os
import re
import socket
import time

import pytest

from contexta import Contexta
from contexta.adapters.otel import OTelSink
from contexta.plugins import configured_host, diagnose
from contexta.recovery import list_outbox, replay_outbox


def closed_port():
    """Return an endpoint where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def settings(endpoint, protocol="http/protobuf", timeout_seconds=0.5):
    return {
        "capture": {
            "dispatch_failure_mode": "outbox",
            "retry_attempts": 0,
            "sinks": [
                {
                    "use": "otel",
                    "options": {
                        "endpoint": endpoint,
                        "protocol": protocol,
                        "timeout_seconds": timeout_seconds,
                    },
                }
            ],
        }
    }


def capture(workspace, config):
    """Capture one span, one point and one event; return the closed session and what the program waited."""
    with Contexta(workspace=str(workspace), config=config) as ctx, ctx.run("training") as run:
        begun = time.perf_counter()
        results = [run.span("work"), run.metric("loss", 0.5), run.event("a.b", message="c")]
        waited = time.perf_counter() - begun
    assert ["SUCCESS"] * 3 == [str(result.status) for result in results]
    return ctx, waited


@pytest.mark.parametrize("trouble", ["down", "refuses", "hangs", "grpc down"])
def test_a_failed_export_is_kept_and_replayed(trouble, collector, grpc_collector, tmp_path):
    """The captures succeed at once, the three records wait in the outbox, and a replay brings them to a receiver."""
    endpoint = closed_port() if "down" in trouble else collector.endpoint
    protocol = "grpc" if "grpc" in trouble else "http/protobuf"
    if trouble == "refuses":
        collector.status = 503
    if trouble == "hangs":
        collector.hangs = True
        collector.released.clear()
    ctx, waited = capture(tmp_path / "workspace", settings(endpoint, protocol))
    assert waited < 0.5
    assert {"otel"} == {entry.sink_name for entry in list_outbox(ctx.config)}
    assert 3 == len(list_outbox(ctx.config))

    collector.status = 200
    collector.hangs = False
    collector.released.set()
    target = grpc_collector if protocol == "grpc" else collector
    with Contexta(workspace=str(tmp_path / "workspace"), config=settings(target.endpoint, protocol)) as ctx:
        replay_outbox(ctx.config)
        stored = sorted(str(record.record.envelope.record_type) for record in ctx.record_store.scan())
    assert () == list_outbox(ctx.config)
    # The marker says that the sink failed.
    assert ["degraded", "event", "metric", "span"] == stored
    assert ["work"] == [span.name for span in target.spans()]
    assert ["contexta.loss"] == [metric.name for metric in target.metrics()]
    assert ["c"] == [record.body.string_value for record in target.logs()]


def test_one_signal_fails_alone(collector, tmp_path):
    """Where logs alone have a wrong endpoint, spans and metrics arrive and only the event is kept."""
    config = settings(collector.endpoint)
    del config["capture"]["sinks"][0]["options"]["endpoint"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        environment.setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", closed_port())
        ctx, _ = capture(tmp_path / "workspace", config)
    assert (1, 1, 0) == (len(collector.spans()), len(collector.metrics()), len(collector.logs()))
    (kept,) = list_outbox(ctx.config)
    assert "otel" == kept.sink_name


def test_a_batch_is_one_request_for_each_signal(collector, tmp_path):
    """Two hundred points take far fewer requests, and none is lost."""
    config = settings(collector.endpoint, timeout_seconds=20.0)
    with Contexta(workspace=str(tmp_path / "workspace"), config=config) as ctx:
        collector.released.clear()
        with ctx.run("training") as run:
            for step in range(200):
                run.metric("loss", float(step), step=step)
        collector.released.set()
    values = [point.as_double for each in collector.metrics() for point in each.gauge.data_points]
    assert [float(step) for step in range(200)] == values
    assert len(collector.requests) <= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_has_connections_of_its_own(collector, tmp_path):
    """A child exports over a new connection: its parent's is used on by the parent, and both deliver."""
    sink = OTelSink(endpoint=collector.endpoint, timeout_seconds=20.0)
    with Contexta(workspace=str(tmp_path / "workspace"), sinks=[sink]) as ctx, ctx.run("training") as run:
        run.span("before")
        child = os.fork()
        if child == 0:
            result = run.span("child")
            os._exit(0 if str(result.status) == "SUCCESS" else 1)
        _, status = os.waitpid(child, 0)
        run.span("after")
    assert 0 == os.waitstatus_to_exitcode(status)
    assert ["before", "child", "after"] == [span.name for span in collector.spans()]
    assert 2 == len(collector.connections)


def test_the_doctor_tells_of_the_queue(tmp_path):
    """Afterwards the doctor tells what was refused, dropped and suspended, and what it began with."""
    config = settings(closed_port(), timeout_seconds=0.1)
    config["capture"] |= {"dispatch_failure_mode": "raise"}
    config["capture"]["sinks"][0] |= {"queue_capacity": 1, "suspend_after_failures": 1}
    workspace = str(tmp_path / "workspace")
    ctx = Contexta(workspace=workspace, config=config)
    with ctx.run("training") as run:
        for step in range(20):
            run.metric("loss", 0.5, step=step)
    with pytest.warns(RuntimeWarning, match="neither delivered nor kept"):
        ctx.close()
    checks = diagnose(configured_host(ctx.config), ctx.config).checks
    (said,) = [check.finding for check in checks if "neither delivered nor kept" in check.finding]
    assert re.search(r"\d+ refused, \d+ without room in the queue of 1, suspended \d+ times", said)
    assert "; it began with " in said

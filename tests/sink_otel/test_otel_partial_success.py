"""A collector that takes an export only in part: nothing is sent twice, and it is told."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.adapters.otel import OTelSink
from contexta.capture.sinks import BufferedSink
from contexta.plugins import configured_host, diagnose
from contexta.recovery import list_outbox


@pytest.fixture(params=["http/protobuf", "grpc"])
def receiver(request):
    """A receiver of either protocol, with the protocol's name."""
    fixture = "collector" if request.param == "http/protobuf" else "grpc_collector"
    made = request.getfixturevalue(fixture)
    made.protocol = request.param
    return made


def test_a_rejection_is_a_degraded_delivery(receiver, tmp_path):
    """The capture's result says how many were rejected and why; the payload was sent once."""
    receiver.rejects = (1, "name is reserved")
    sink = OTelSink(protocol=receiver.protocol, endpoint=receiver.endpoint)
    with Contexta(workspace=str(tmp_path / "w"), sinks=[sink]) as ctx, ctx.run("training") as run:
        results = [run.span("work"), run.metric("loss", 0.5), run.event("a.b", message="c")]
    deliveries = [result.deliveries[1] for result in results]
    assert ["DEGRADED"] * 3 == [str(each.status) for each in deliveries]
    assert [
        f"the collector rejected 1 of 1 {signal}: name is reserved"
        for signal in ("traces", "metrics", "logs")
    ] == [each.detail for each in deliveries]
    assert 1 == len(receiver.spans())


def test_behind_a_queue_it_is_counted_and_not_kept(receiver, tmp_path):
    """The queue counts what was taken in part, and no outbox keeps what must not be sent again."""
    receiver.rejects = (2, "too old")
    buffered = BufferedSink(OTelSink(protocol=receiver.protocol, endpoint=receiver.endpoint))
    config = {"capture": {"dispatch_failure_mode": "outbox"}}
    with Contexta(workspace=str(tmp_path / "w"), config=config, sinks=[buffered]) as ctx, ctx.run("a") as run:
        run.metric("loss", 0.5)
        run.metric("loss", 0.25)
    assert (2, 2, 0) == (
        buffered.statistics.delivered,
        buffered.statistics.degraded,
        buffered.statistics.failed,
    )
    assert () == list_outbox(ctx.config)


def test_the_doctor_tells(collector, tmp_path):
    """What was rejected in a session is told by `contexta plugins doctor` afterwards, until a session goes well."""
    config = {"capture": {"sinks": [{"use": "otel", "options": {"endpoint": collector.endpoint}}]}}

    def told():
        with Contexta(workspace=str(tmp_path / "w"), config=config) as ctx, ctx.run("training") as run:
            run.metric("loss", 0.5)
        checks = diagnose(configured_host(ctx.config), ctx.config).checks
        return [check.finding for check in checks if "only in part" in check.finding]

    collector.rejects = (1, "too old")
    (said,) = told()
    assert "the collector rejected 1 of 1 metrics: too old" in said
    collector.rejects = (0, "")
    assert [] == told()


def test_a_warning_of_the_collector_is_no_rejection(collector, tmp_path, caplog):
    """A message without a number is logged, and the delivery went well."""
    collector.rejects = (0, "use the new endpoint")
    sink = OTelSink(endpoint=collector.endpoint)
    with Contexta(workspace=str(tmp_path / "w"), sinks=[sink]) as ctx, ctx.run("training") as run:
        result = run.span("work")
    assert "SUCCESS" == str(result.deliveries[1].status)
    assert "use the new endpoint" in caplog.text

"""Sinks behind a queue: nobody waits for them, and what they miss is counted, told of, and kept."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
import warnings
from pathlib import Path

import pytest

from contexta import Contexta
from contexta.capture import InMemorySink, SinkCaptureReceipt
from contexta.capture.dispatcher import AttachedSink
from contexta.capture.sink_attempts import RetryPolicy
from contexta.capture.sinks import BufferedSink
from contexta.errors import CaptureError, ConfigurationError, ValidationError
from contexta.plugins import Provider, hookimpl
from contexta.recovery import list_outbox
from contexta.spi.sinks import Delivery, DeliveryStatus, PayloadFamily

RECORD = PayloadFamily.RECORD


class GatedSink(InMemorySink):
    """Takes nothing until its gate is open."""

    def __init__(self, name="gated"):
        super().__init__(name=name)
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)

    def capture(self, *, family, payload):
        self.entered.release()
        assert self.gate.wait(30)
        return super().capture(family=family, payload=payload)


class FailingSink(InMemorySink):
    """Raises as long as it is told to."""

    def __init__(self, name="down"):
        super().__init__(name=name)
        self.down = True
        self.calls = 0

    def capture(self, *, family, payload):
        self.calls += 1
        if self.down:
            raise ConnectionError("nobody answers")
        return super().capture(family=family, payload=payload)


def payloads(sink):
    """Return what a memory sink has taken."""
    return [entry.payload for entry in sink.entries]


def test_capture_does_not_wait_for_the_sink():
    """While the sink hangs with the first payload, further captures return at once; all arrive in order afterwards."""
    inner = GatedSink()
    sink = BufferedSink(inner)
    begin = time.monotonic()
    receipts = [sink.capture(family=RECORD, payload=number) for number in range(100)]
    assert time.monotonic() - begin < 5
    assert inner.entries == ()
    assert {DeliveryStatus.SUCCESS} == {receipt.status for receipt in receipts}
    inner.gate.set()
    sink.flush(30)
    sink.close()
    assert list(range(100)) == payloads(inner)
    assert (0, 100, 0, 0) == (
        sink.statistics.queued,
        sink.statistics.delivered,
        sink.statistics.failed,
        sink.statistics.dropped,
    )


@pytest.mark.parametrize(("when_full", "arrive"), [("drop_newest", [0, 1, 2]), ("drop_oldest", [0, 4, 5])])
def test_a_full_queue_drops_by_its_policy(when_full, arrive):
    """With one payload in the sink and room for two: of five more, the last or the first are left out and counted."""
    inner = GatedSink()
    sink = BufferedSink(inner, capacity=2, when_full=when_full)
    sink.capture(family=RECORD, payload=0)
    assert inner.entered.acquire(timeout=30)
    statuses = [sink.capture(family=RECORD, payload=number).status for number in range(1, 6)]
    assert ["SUCCESS", "SUCCESS", "DEGRADED", "DEGRADED", "DEGRADED"] == statuses
    inner.gate.set()
    sink.flush(30)
    assert arrive == payloads(inner)
    assert 3 == sink.statistics.dropped
    assert 2 == sink.statistics.most_queued
    with pytest.raises(CaptureError, match="3 of 6 payloads were neither delivered nor kept"):
        sink.close()


def test_a_capture_waits_for_room_until_its_deadline():
    """With a deadline the capture waits while the queue is full, and succeeds as soon as there is room."""
    inner = GatedSink()
    sink = BufferedSink(inner, capacity=1, deadline_seconds=30)
    sink.capture(family=RECORD, payload=0)
    assert inner.entered.acquire(timeout=30)
    sink.capture(family=RECORD, payload=1)
    opening = threading.Timer(0.1, inner.gate.set)
    opening.start()
    assert DeliveryStatus.SUCCESS == sink.capture(family=RECORD, payload=2).status
    opening.join()
    sink.flush(30)
    sink.close()
    assert [0, 1, 2] == payloads(inner)


def test_flushing_ends_at_its_deadline():
    """A sink that hangs does not keep the flush: the error says how much still waits."""
    inner = GatedSink()
    sink = BufferedSink(inner)
    for number in range(3):
        sink.capture(family=RECORD, payload=number)
    with pytest.raises(CaptureError, match="3 payloads still wait"):
        sink.flush(0.05)
    inner.gate.set()
    sink.flush(30)
    sink.close()


def test_a_failed_payload_is_tried_again():
    """Retries happen behind the queue: the second attempt of each payload succeeds, and nothing counts as failed."""

    class EverySecond(InMemorySink):
        calls = 0

        def capture(self, *, family, payload):
            self.calls += 1
            if self.calls % 2:
                raise ConnectionError("again")
            return super().capture(family=family, payload=payload)

    inner = EverySecond()
    sink = BufferedSink(inner, policy=RetryPolicy(retry_attempts=1))
    for number in range(5):
        sink.capture(family=RECORD, payload=number)
    sink.flush(30)
    sink.close()
    assert list(range(5)) == payloads(inner)
    assert 0 == sink.statistics.failed


def test_what_is_not_delivered_is_told():
    """Each payload that the sink refuses, and each that still waits at closing, is told of with its delivery."""
    inner = FailingSink()
    sink = BufferedSink(inner, policy=RetryPolicy(suspend_after_failures=0))
    told = []

    def keep(delivery, payload):
        told.append((delivery.status, delivery.metadata["error_code"], payload))
        return True

    sink.on_undelivered(keep)
    for number in range(3):
        sink.capture(family=RECORD, payload=number)
    sink.flush(30)
    sink.close()
    assert [("FAILURE", "unexpected_error", number) for number in range(3)] == told


def test_a_closed_buffer_refuses():
    """After closing, a capture is a typed error."""
    sink = BufferedSink(InMemorySink())
    sink.close()
    with pytest.raises(CaptureError, match="is closed") as caught:
        sink.capture(family=RECORD, payload=1)
    assert "sink_closed" == caught.value.code


def test_the_thread_ends_when_it_is_idle_and_begins_again(monkeypatch):
    """An idle queue has no thread; the next payload starts one."""
    monkeypatch.setattr("contexta.capture.sinks.buffered._IDLE_SECONDS", 0.01)
    inner = InMemorySink()
    sink = BufferedSink(inner)
    for number in range(2):
        sink.capture(family=RECORD, payload=number)
        sink.flush(30)
        end = time.monotonic() + 30
        while sink._thread is not None and time.monotonic() < end:
            time.sleep(0.01)
        assert sink._thread is None
    sink.close()
    assert [0, 1] == payloads(inner)


@pytest.mark.parametrize(
    ("arguments", "words"), [({"capacity": 0}, "use 1 or more"), ({"when_full": "x"}, "drop_")]
)
def test_wrong_arguments_are_refused(arguments, words):
    """A queue without room, and an unknown policy, are typed errors."""
    with pytest.raises(ValidationError, match=words):
        BufferedSink(InMemorySink(), **arguments)


def test_a_forked_child_has_a_queue_of_its_own():
    """What waits at a fork is delivered once, by the parent; the child delivers what it captures itself."""
    inner = GatedSink()
    sink = BufferedSink(inner)
    for number in range(3):
        sink.capture(family=RECORD, payload=number)
    assert inner.entered.acquire(timeout=30)

    def child(answer):
        inner.gate.set()
        sink.capture(family=RECORD, payload="child")
        sink.flush(30)
        answer.send([*payloads(inner), sink.statistics.delivered])

    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(sending,))
    process.start()
    assert receiving.poll(60)
    assert ["child", 1] == receiving.recv()
    process.join(30)
    assert 0 == process.exitcode
    inner.gate.set()
    sink.flush(30)
    sink.close()
    assert [0, 1, 2] == payloads(inner)


def test_many_threads_lose_nothing():
    """Four threads that capture at once: every payload arrives once, each thread's in order."""
    inner = InMemorySink()
    sink = BufferedSink(inner)

    def work(name):
        for number in range(500):
            sink.capture(family=RECORD, payload=(name, number))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sink.flush(60)
    sink.close()
    for name in range(4):
        assert list(range(500)) == [number for owner, number in payloads(inner) if owner == name]


class BatchSink(GatedSink):
    """Takes up to three payloads at once, and wants a queue."""

    queue_capacity = 50
    most_at_once = 3

    def __init__(self, name="batches"):
        super().__init__(name)
        self.sizes = []

    def capture_many(self, payloads):
        self.sizes.append(len(payloads))
        if "bad" in [payload for _, payload in payloads]:
            raise ConnectionError("not these")
        return [InMemorySink.capture(self, family=family, payload=payload) for family, payload in payloads]


def test_a_sink_that_takes_batches_gets_batches():
    """What has gathered while the sink was busy comes with as few calls as it allows, in order."""
    inner = BatchSink()
    sink = BufferedSink(inner)
    sink.capture(family=RECORD, payload=0)
    assert inner.entered.acquire(timeout=30)
    for number in range(1, 8):
        sink.capture(family=RECORD, payload=number)
    inner.gate.set()
    sink.flush(30)
    sink.close()
    assert list(range(8)) == payloads(inner)
    # The first came alone, and the last of the seven does again.
    assert [3, 3] == inner.sizes


def test_a_batch_that_fails_is_told_one_by_one():
    """When a batch raises, each of its payloads counts as failed, and the next batch is delivered."""
    inner = BatchSink()
    sink = BufferedSink(inner)
    told = []
    sink.on_undelivered(lambda delivery, payload: told.append(payload) or True)
    sink.capture(family=RECORD, payload=0)
    assert inner.entered.acquire(timeout=30)
    for payload in (1, "bad", 2, 3, 4, 5):
        sink.capture(family=RECORD, payload=payload)
    inner.gate.set()
    sink.flush(30)
    sink.close()
    assert [1, "bad", 2] == told
    assert [0, 3, 4, 5] == payloads(inner)


@pytest.mark.parametrize(
    ("settings", "queued"), [({}, True), ({"queue_capacity": 0}, False), ({"required": True}, False)]
)
def test_a_batch_sink_gets_the_queue_that_it_asks_for(opened, settings, queued):
    """Without a word in the configuration it has a queue; with 0, or where it is required, it has none."""
    inner = BatchSink()
    inner.gate.set()
    ctx = opened(plugins=[offering(inner)], capture={"sinks": [{"use": "zz_sink", **settings}]})
    with ctx.run("r") as run:
        delivery = run.metric("loss", 1.0).deliveries[1]
    assert queued is ("queued" in delivery.metadata)


# -- suspension ---------------------------------------------------------------------------------------------------


def test_a_failing_sink_is_suspended_and_tried_again(opened):
    """After three failures the sink is left alone; after the pause it is tried, and serves from then on."""
    sink = FailingSink()
    ctx = opened(sinks=[attached(sink, after=3, seconds=0.5)])
    with ctx.run("r") as run:
        details = [run.metric("loss", 1.0, step=step).deliveries[1].detail for step in range(6)]
        assert ["nobody answers"] * 3 == details[:3]
        assert all("suspended after 3 failed deliveries" in detail for detail in details[3:])
        assert 3 == sink.calls
        sink.down = False
        time.sleep(0.6)
        assert [DeliveryStatus.SUCCESS] * 2 == [
            run.metric("loss", 1.0, step=step).deliveries[1].status for step in range(2)
        ]
    assert 2 == len([entry for entry in sink.entries if entry.family == RECORD])


def test_a_sink_that_still_fails_is_suspended_again(opened):
    """After the pause one delivery is tried; when it fails, the sink is left alone for as long again."""
    sink = FailingSink()
    ctx = opened(sinks=[attached(sink, after=2, seconds=0.3)])
    with ctx.run("r") as run:
        for step in range(4):
            run.metric("loss", 1.0, step=step)
        time.sleep(0.4)
        for step in range(4):
            run.metric("loss", 1.0, step=step)
    assert 3 == sink.calls


def test_suspension_can_be_switched_off(opened):
    """With 0 the sink is called for every payload, however often it fails."""
    sink = FailingSink()
    ctx = opened(sinks=[attached(sink, after=0, seconds=60)])
    with ctx.run("r") as run:
        for step in range(12):
            run.metric("loss", 1.0, step=step)
    assert 12 == sink.calls


def attached(sink, *, after, seconds):
    """Attach a sink with its suspension."""
    return AttachedSink(
        sink, sink.name, families=(RECORD,), suspend_after_failures=after, suspension_seconds=seconds
    )


# -- in a session -------------------------------------------------------------------------------------------------


def offering(sink):
    """Return a plugin that offers one sink, as ``zz_sink``."""

    class SinkPlugin:
        @hookimpl
        def contexta_sinks(self):
            return [Provider("zz_sink", lambda context, options: sink)]

    return SinkPlugin()


def outbox(ctx):
    """Count what the outbox keeps, by sink."""
    return sorted(entry.sink_name for entry in list_outbox(ctx.config))


def test_the_configuration_puts_a_sink_behind_a_queue(opened):
    """With queue_capacity the capture says that the payload is queued, and at the end all has arrived."""
    inner = InMemorySink(name="other")
    ctx = opened(
        plugins=[offering(inner)], capture={"sinks": [{"use": "zz_sink", "id": "mine", "queue_capacity": 50}]}
    )
    with ctx.run("r") as run:
        delivery = run.metric("loss", 1.0).deliveries[1]
    assert ("mine", DeliveryStatus.SUCCESS, True) == (
        delivery.sink_name,
        delivery.status,
        delivery.metadata["queued"],
    )
    ctx.close()
    assert "loss" in {entry.payload.payload.metric_key for entry in inner.entries if entry.family == RECORD}


def test_late_failures_go_to_the_outbox(opened):
    """In the mode "outbox" each payload that fails behind the queue is kept for replay, and closing does not warn."""
    ctx = opened(
        plugins=[offering(FailingSink())],
        capture={
            "sinks": [{"use": "zz_sink", "families": ["record"], "queue_capacity": 50}],
            "dispatch_failure_mode": "outbox",
            "write_degraded_marker_on_partial_failure": False,
        },
    )
    with ctx.run("r") as run:
        for step in range(8):
            run.metric("loss", 1.0, step=step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ctx.close()
    assert ["zz_sink"] * 8 == outbox(ctx)


def test_late_failures_leave_a_marker_and_a_warning(opened):
    """In the mode "raise" the run has one degraded marker, closing warns with the counts, and the trouble is noted."""
    ctx = opened(
        plugins=[offering(FailingSink())],
        capture={"sinks": [{"use": "zz_sink", "families": ["record"], "queue_capacity": 50}]},
    )
    with ctx.run("r") as run:
        for step in range(8):
            assert run.metric("loss", 1.0, step=step).success
    with pytest.warns(RuntimeWarning, match="8 of 8 payloads were neither delivered nor kept"):
        ctx.close()
    reader = Contexta(workspace=ctx.workspace)
    kinds = [stored.flat["type"] for stored in reader.record_store.scan()]
    reader.close()
    assert (8, 1) == (kinds.count("metric"), kinds.count("degraded"))
    assert ["sink.zz_sink.json"] == [file.name for file in Path(ctx.workspace, "plugins").iterdir()]


def test_a_suspended_sink_is_told_of_afterwards(opened):
    """The trouble that plugins list and doctor show says that the sink was suspended, and why."""
    ctx = opened(plugins=[offering(FailingSink())], capture={"sinks": [{"use": "zz_sink"}]})
    with ctx.run("r") as run:
        for step in range(8):
            run.metric("loss", 1.0, step=step)
    ctx.close()
    trouble = json.loads(Path(ctx.workspace, "plugins", "sink.zz_sink.json").read_text(encoding="utf-8"))
    assert "suspended after failing repeatedly: ConnectionError: nobody answers" == trouble["reason"]


def test_a_required_sink_cannot_wait_in_a_queue():
    """A failure behind a queue comes too late to be an error of the capture, so the configuration refuses both."""
    with pytest.raises(ConfigurationError, match="leave out the queue"):
        Contexta(config={"capture": {"sinks": [{"use": "memory", "required": True, "queue_capacity": 5}]}})


def test_a_sink_that_delivers_late_tells_of_it(opened):
    """A sink of somebody else's with a queue of its own: what it reports as undelivered is in the outbox."""

    class Later(InMemorySink):
        def on_undelivered(self, tell):
            self.tell = tell

        def capture(self, *, family, payload):
            super().capture(family=family, payload=payload)
            return SinkCaptureReceipt.success("later")

        def flush(self, timeout):
            failed = [
                self.tell(Delivery(self.name, entry.family, "FAILURE", "gone"), entry.payload)
                for entry in self.entries
                if entry.family == RECORD
            ]
            assert [True] * 2 == failed

    ctx = opened(sinks=[Later(name="later")], capture={"dispatch_failure_mode": "outbox"})
    with ctx.run("r") as run:
        run.metric("loss", 1.0, step=1)
        run.event("note", message="x")
    ctx.close()
    assert ["later"] * 2 == outbox(ctx)


def test_what_is_taken_in_part_is_counted_and_not_kept(tmp_path):
    """A degraded delivery is counted among the delivered and told of, and no outbox keeps its payload."""

    class PartSink(InMemorySink):
        def capture(self, *, family, payload):
            super().capture(family=family, payload=payload)
            return SinkCaptureReceipt.degraded("two of three")

    sink = BufferedSink(PartSink(name="part"))
    config = {"capture": {"dispatch_failure_mode": "outbox"}}
    workspace = str(tmp_path / "workspace")
    with Contexta(workspace=workspace, config=config, sinks=[sink]) as ctx, ctx.run("training") as run:
        run.metric("loss", 0.5)
    assert (1, 1, 0) == (sink.statistics.delivered, sink.statistics.degraded, sink.statistics.failed)
    assert () == list_outbox(ctx.config)

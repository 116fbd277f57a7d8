"""Sinks that fail: what they spoil, what they never spoil, and what the caller is told."""

from __future__ import annotations

import json
import threading

import pytest

from contexta import Contexta
from contexta.capture import DeliveryStatus, InMemorySink, SinkCaptureReceipt
from contexta.errors import DispatchError, ValidationError
from contexta.log import LogReader

SECRET = "hunter2-" + "tr0ub4dor-Zq7X"


class UnprintableError(Exception):
    """An error that cannot even be shown."""

    def __str__(self):
        raise RuntimeError("no text")


BROKEN_ANSWERS = {
    "raises": ValueError("no"),
    "unprintable": UnprintableError(),
    "surrogate": ValueError("bad \ud800 \0 name"),
    "huge": ValueError("x" * 3_000_000),
    "none": None,
    "text": "fine",
    "failure": SinkCaptureReceipt(DeliveryStatus.FAILURE, "no", {"object": object(), "error_code": object()}),
}


def outbox_lines(ctx):
    """Read the outbox of a workspace."""
    reader = LogReader(ctx.session.workspace / "recovery" / "outbox")
    return [json.loads(line) for segment in reader.segments() for _, _, line in reader.read(segment).lines]


@pytest.mark.parametrize("answer", BROKEN_ANSWERS)
@pytest.mark.parametrize("mode", ["raise", "outbox"])
def test_a_bad_sink_spoils_only_itself(opened, sink, answer, mode):
    """Whatever a sink raises or answers: the workspace keeps the record, the next sink gets it, nothing raises."""
    good = InMemorySink()
    bad = sink("bad", BROKEN_ANSWERS[answer])
    ctx = opened(sinks=[bad, good], capture={"dispatch_failure_mode": mode})
    with ctx.run("train"):
        result = ctx.metric("loss", 1.0)
        assert result.degraded
        assert [(each.sink_name, each.status) for each in result.deliveries] == [
            ("workspace", "SUCCESS"),
            ("bad", "FAILURE"),
            ("memory", "SUCCESS"),
        ]
        assert result.recovered_to_outbox is (mode == "outbox")
        json.dumps(result.to_dict()["degradation_notes"])
    assert len(good.entries) == 1
    kinds = [each.flat["type"] for each in ctx.record_store.scan()]
    assert kinds.count("metric") == 1
    assert kinds.count("degraded") == 1
    assert len(outbox_lines(ctx)) == (1 if mode == "outbox" else 0)


def test_the_log_line_of_a_bad_sink_can_be_written_anywhere(opened, sink, caplog, monkeypatch):
    """A sink's error goes into the log without characters that a terminal obeys or a file in UTF-8 cannot take."""
    monkeypatch.setattr("contexta.plugins.error_policy._told", set())
    with opened(sinks=[sink("bad", ValueError("bad \ud800 \x1b[2J name"))]).run("train") as run:
        run.metric("loss", 1.0)
    assert caplog.messages == ["the sink 'bad' failed: ValueError: bad U+D800 \\x1b[2J name"]


@pytest.mark.parametrize("missing", ["supports", "supported_families"])
def test_a_sink_without_a_method_spoils_only_itself(opened, sink, missing):
    """A sink that lacks what a sink has is attached, and each of its deliveries fails or succeeds by itself."""

    class Partial:
        name = "partial"

        def capture(self, *, family, payload):
            return SinkCaptureReceipt.success()

    if missing == "supported_families":
        Partial.supports = lambda self, family: family in self.supported_families
    ctx = opened(sinks=[Partial()])
    with ctx.run("train"):
        assert ctx.event("a", message="m").deliveries[1].status == "FAILURE"


@pytest.mark.parametrize("thing", [object(), "text", None, type("S", (), {"name": " ", "capture": print})()])
def test_what_is_no_sink_is_refused(opened, thing):
    """Something without a name and capture() cannot be attached."""
    with pytest.raises(ValidationError) as caught:
        opened(sinks=[thing])
    assert caught.value.code == "capture_invalid_sink"


@pytest.mark.parametrize("names", [("a", "a"), ("workspace",)])
def test_names_of_deliveries_are_unique(opened, sink, names):
    """Two sinks of one name, or one with the workspace's, would make results ambiguous."""
    with pytest.raises(ValidationError) as caught:
        opened(sinks=[sink(name) for name in names])
    assert caught.value.code == "capture_duplicate_sink"


def test_a_sink_takes_only_its_families(opened, tmp_path):
    """A family that the sink does not take is a skipped delivery, and the result a success."""
    memory = InMemorySink(supported_families=["artifact"])
    ctx = opened(sinks=[memory])
    (tmp_path / "f").write_text("x")
    with ctx.run("train"):
        result = ctx.event("a", message="m")
        assert (result.status, result.deliveries[1].status) == ("SUCCESS", "SKIPPED")
        ctx.register_artifact("model", str(tmp_path / "f"))
    assert [each.family for each in memory.entries] == ["ARTIFACT"]


def test_a_degraded_receipt_degrades_the_result(opened, sink):
    """What a sink could not take whole is a reason and a note, but no marker and no failure."""
    ctx = opened(sinks=[sink("half", SinkCaptureReceipt.degraded("cut"))])
    with ctx.run("train"):
        result = ctx.event("a", message="m")
    assert (result.status, result.degradation_reasons) == ("DEGRADED", ("sink_degraded:half",))
    assert [(each.code, each.message) for each in result.degradation_notes] == [
        ("sink_degraded", "sink 'half': cut")
    ]
    assert not result.degradation_emitted


def test_there_is_one_marker_for_each_run_and_sink(opened, sink, records):
    """A sink that fails all the time does not double the record plane; the next run has a marker of its own."""
    ctx = opened(sinks=[sink("bad", OSError("down"))])
    for name in ("one", "two"):
        with ctx.run(name):
            for number in range(3):
                result = ctx.metric("loss", number)
                assert result.degradation_emitted is (number == 0)
    markers = records("degraded")
    assert [each["run"] for each in markers] == ["run:default.one", "run:default.two"]
    assert markers[0]["attributes"] == {
        "sink_name": "bad",
        "error_code": "unexpected_error",
        "error_type": "OSError",
        "attempts": 1,
    }


def test_threads_write_one_marker_together(opened, sink, records):
    """Threads that see the sink fail at once write one marker."""
    ctx = opened(sinks=[sink("bad", OSError("down"))])
    with ctx.run("train") as run:
        start = threading.Barrier(8)

        def work():
            start.wait()
            run.metric("loss", 1.0)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(records("metric")), len(records("degraded"))) == (8, 1)


def test_markers_can_be_switched_off(opened, sink, records):
    """Without markers the result still tells."""
    ctx = opened(sinks=[sink("bad", OSError())], capture={"write_degraded_marker_on_partial_failure": False})
    with ctx.run("train"):
        assert ctx.metric("loss", 1.0).degradation_reasons == ("sink_failed:bad",)
    assert records("degraded") == []


def test_raising_sinks_are_tried_again(opened, sink):
    """As often as configured; the delivery says how often, and a late success is a success."""
    flaky = sink("flaky", OSError("1"), OSError("2"), SinkCaptureReceipt.success())
    ctx = opened(sinks=[flaky, sink("dead", OSError("no"))], capture={"retry_attempts": 2})
    with ctx.run("train"):
        result = ctx.event("a", message="m")
    assert [(each.status, dict(each.metadata)["attempts"]) for each in result.deliveries[1:]] == [
        ("SUCCESS", 3),
        ("FAILURE", 3),
    ]


def test_an_interrupt_in_a_sink_reaches_the_user(opened, sink, records):
    """KeyboardInterrupt is not contained; what the workspace took is kept, and the run is failed."""
    ctx = opened(sinks=[sink("slow", KeyboardInterrupt())])
    with pytest.raises(KeyboardInterrupt), ctx.run("train") as run:
        ctx.metric("loss", 1.0)
    assert run.status == "failed"
    assert len(records("metric")) == 1


class TestRequired:
    """A required sink's failure is an error of the capture, after everything else was done."""

    def test_it_raises_with_the_result(self, opened, sink, records):
        """The error carries the result; the workspace and the sinks behind have the record."""
        behind = InMemorySink()
        ctx = opened(sinks=[sink("must", OSError("down"), required=True), behind])
        with ctx.run("train"), pytest.raises(DispatchError) as caught:
            ctx.metric("loss", 1.0)
        result = caught.value.result
        assert (caught.value.code, dict(caught.value.details)) == (
            "dispatch_required_sink_failed",
            {"sinks": ["must"]},
        )
        assert [each.status for each in result.deliveries] == ["SUCCESS", "FAILURE", "SUCCESS"]
        assert len(records("metric")) == 1
        # The error left the run's block as well, so the run's failure was delivered too.
        assert next(each.payload_type for each in behind.entries) == "MetricRecord"

    @pytest.mark.parametrize(
        "method", ["emit_metrics", "emit_events", "emit_spans", "register_artifacts", "mapping"]
    )
    def test_a_batch_is_delivered_whole_before_it_raises(self, opened, sink, tmp_path, method):
        """A required sink that fails at the first item does not keep the others from the sinks that work."""
        (tmp_path / "f").write_text("x")
        behind = InMemorySink()
        ctx = opened(sinks=[sink("must", OSError("down"), required=True), behind])
        emission = {
            "emit_metrics": {"key": "k", "value": 1.0},
            "emit_events": {"key": "k", "message": "m"},
            "emit_spans": {"name": "n"},
            "register_artifacts": {"artifact_kind": "model", "path": str(tmp_path / "f")},
        }
        with ctx.run("train") as run:
            with pytest.raises(DispatchError) as caught:
                if method == "mapping":
                    run.metric("eval", {"a": 1.0, "b": 2.0, "c": float("nan")})
                else:
                    getattr(run, method)([emission[method]] * 3)
            assert len(behind.entries) == 3
        result = caught.value.result
        assert (result.status, result.applied) == ("DEGRADED", True)

    def test_the_outbox_keeps_it_instead(self, opened, sink):
        """With an outbox nothing raises; the delivery waits there."""
        ctx = opened(
            sinks=[sink("must", OSError("down"), required=True)], capture={"dispatch_failure_mode": "outbox"}
        )
        with ctx.run("train"):
            result = ctx.metric("loss", 1.0)
        assert result.degradation_reasons == ("sink_failed:must", "recovered_to_outbox")
        assert [each["replay_ref"] for each in outbox_lines(ctx)] == list(result.replay_refs)


class TestOutbox:
    """What a sink could not take is kept with everything that a replay needs."""

    def test_each_failure_has_a_reference_of_its_own(self, opened, sink):
        """Many failures in one instant have as many references, and whole payloads."""
        ctx = opened(
            sinks=[sink("a", OSError("x")), sink("b", OSError("y"))],
            capture={"dispatch_failure_mode": "outbox"},
        )
        with ctx.run("train"):
            refs = [ref for number in range(50) for ref in ctx.metric("loss", number).replay_refs]
        lines = outbox_lines(ctx)
        assert len(set(refs)) == 100
        assert [each["replay_ref"] for each in lines] == refs
        assert [each["payload"]["payload"]["value"] for each in lines[::2]] == list(range(50))
        assert {each["sink_name"] for each in lines} == {"a", "b"}

    def test_artifacts_of_two_runs_with_one_name_are_two(self, opened, sink, tmp_path):
        """Explicit references that differ only in the run have different replay references."""
        (tmp_path / "f").write_text("x")
        ctx = opened(sinks=[sink("a", OSError())], capture={"dispatch_failure_mode": "outbox"})
        refs = set()
        for name in ("one", "two"):
            with ctx.run(name):
                refs.update(
                    ctx.register_artifact(
                        "model", str(tmp_path / "f"), artifact_ref=f"artifact:default.{name}.best"
                    ).replay_refs
                )
        assert len(refs) == 2

    def test_an_outbox_that_cannot_be_written_does_not_raise(self, opened, sink, tmp_path):
        """The workspace has the record, so even a lost delivery is a degradation, and it is told."""
        (tmp_path / "file").write_text("no directory")
        ctx = opened(
            sinks=[sink("a", OSError("x"))],
            capture={"dispatch_failure_mode": "outbox"},
            recovery={"outbox_root": str(tmp_path / "file" / "outbox")},
        )
        with ctx.run("train"):
            result = ctx.metric("loss", 1.0)
        assert (result.status, result.recovered_to_outbox) == ("DEGRADED", False)
        assert result.degradation_reasons == ("sink_failed:a", "outbox_failed")

    def test_no_secrets_of_a_sinks_error_are_written(self, opened, sink, tmp_path):
        """What a failing sink says of its address and password is redacted in marker and outbox."""
        said = OSError(f"401 for https://me:{SECRET}@host/ with password={SECRET}")
        ctx = opened(sinks=[sink("a", said)], capture={"dispatch_failure_mode": "outbox"})
        with ctx.run("train"):
            ctx.event("a", message="m")
        ctx.close()
        written = b"".join(path.read_bytes() for path in (tmp_path / "ws").rglob("*") if path.is_file())
        assert SECRET.encode() not in written
        assert b"401 for https://me:" in written


def test_failures_at_closing_are_warnings(tmp_path, sink):
    """Each sink is flushed and closed; one that fails there is named in a warning and stops nothing."""

    class Closing:
        supported_families = ()

        def __init__(self, name):
            self.name = name
            self.closed = 0

        def supports(self, family):
            return False

        def capture(self, *, family, payload):
            raise AssertionError

        def flush(self, timeout):
            raise OSError(f"cannot flush within {timeout}")

        def close(self):
            self.closed += 1

    first, second = Closing("first"), Closing("second")
    ctx = Contexta(workspace=str(tmp_path / "ws"), sinks=[first, second])
    with pytest.warns(RuntimeWarning, match="'(first|second)' failed at closing") as warned:
        ctx.close()
    assert len(warned) == 2
    assert (first.closed, second.closed) == (1, 1)
    ctx.close()
    assert first.closed == 1

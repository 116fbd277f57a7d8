"""Replaying the outbox: what is delivered, what waits, what is given up, and that nothing is lost on the way."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from contexta import Contexta
from contexta.capture import DeliveryStatus, SinkCaptureReceipt
from contexta.errors import NotFoundError, ReplayError, ValidationError
from contexta.log import LogReader
from contexta.log.file_lock import FileLock
from contexta.recovery import find_outbox_entry, list_outbox, replay_outbox, requeue_outbox


def test_what_failed_is_delivered_as_it_was_captured(failed, switched):
    """A replay gives the sink the very records, in order, and empties the outbox."""
    off = switched()
    config = failed("a", "b", "c", sinks=[off])
    on = switched(on=True)
    result = replay_outbox(config, sinks=[on])
    assert (3, 0, 0) == (result.acknowledged_count, result.pending_count, result.dead_lettered_count)
    assert ["a", "b", "c"] == on.keys
    with Contexta(config=config) as ctx:
        stored = {str(each.record_ref): each.record for each in ctx.record_store.scan()}
    assert [stored[str(payload.envelope.record_ref)] for payload in on.taken] == on.taken
    assert () == list_outbox(config)
    assert ("outbox_empty",) == replay_outbox(config, sinks=[on]).notes
    assert 3 == on.calls


def test_artifacts_are_delivered_with_their_manifest(failed, switched, tmp_path):
    """The payload of an artifact comes back as a mapping with its canonical manifest."""
    (tmp_path / "model").write_bytes(b"weights")
    off = switched()
    config = failed(sinks=[off])
    with (
        Contexta(config=config, sinks=[off]) as ctx,
        ctx.run("train") as run,
    ):
        payload = run.register_artifact("model", str(tmp_path / "model")).payload
    on = switched(on=True)
    replay_outbox(config, sinks=[on])
    assert [payload["manifest"]] == [each["manifest"] for each in on.taken]


def test_a_target_restricts_the_replay(failed, switched):
    """Only entries of the named sink are delivered; the others stay pending."""
    config = failed("a", sinks=[switched("one"), switched("two")])
    one, two = switched("one", on=True), switched("two", on=True)
    result = replay_outbox(config, target="two", sinks=[one, two])
    assert ([], ["a"]) == (one.keys, two.keys)
    assert (1, 1) == (result.acknowledged_count, result.pending_count)
    assert ["one"] == [entry.sink_name for entry in list_outbox(config)]


def test_a_limit_bounds_one_call(failed, switched):
    """No more than the limit are delivered in one call; the next goes on from there."""
    config = failed("a", "b", "c")
    on = switched(on=True)
    assert 2 == replay_outbox(config, limit=2, sinks=[on]).acknowledged_count
    assert 0 == replay_outbox(config, limit=0, sinks=[on]).acknowledged_count
    assert 1 == replay_outbox(config, limit=2, sinks=[on]).acknowledged_count
    assert ["a", "b", "c"] == on.keys


def test_what_is_not_acknowledged_stays(failed, switched):
    """With acknowledge_successes=False everything is delivered again by the next replay."""
    config = failed("a")
    on = switched(on=True)
    result = replay_outbox(config, acknowledge_successes=False, sinks=[on])
    assert (True, 0, 1) == (result.succeeded, result.acknowledged_count, result.pending_count)
    replay_outbox(config, sinks=[on])
    assert ["a", "a"] == on.keys


def test_a_poisonous_entry_becomes_a_dead_letter(failed, switched):
    """After the given number of replays in a row that failed, an entry is given up; the others went through."""
    config = failed("a", "poison", "c")
    on = switched(on=True, dislikes=["poison"])
    first = replay_outbox(config, dead_letter_after_failures=2, sinks=[on])
    assert ("DEGRADED", 2, 1, 0) == (
        first.status,
        first.acknowledged_count,
        first.pending_count,
        first.dead_lettered_count,
    )
    second = replay_outbox(config, dead_letter_after_failures=2, sinks=[on])
    assert ("FAILURE", 0, 1) == (second.status, second.pending_count, second.dead_lettered_count)
    calls = on.calls
    assert "SUCCESS" == replay_outbox(config, dead_letter_after_failures=2, sinks=[on]).status
    assert calls == on.calls
    (letter,) = list_outbox(config, state="dead")
    assert ("poison", 2, "backend is down") == (
        letter.payload["payload"]["event_key"],
        letter.failures,
        letter.error,
    )
    assert find_outbox_entry(config, letter.replay_ref) == letter


def test_without_a_number_nothing_is_given_up(failed, switched):
    """dead_letter_after_failures=None: however often an entry fails, it stays pending."""
    config = failed("a")
    for count in range(1, 6):
        (entry,) = replay_outbox(config, sinks=[switched()]).entries
        assert (count, False) == (entry.attempts, entry.dead_lettered)
    assert 1 == len(list_outbox(config, state="pending"))


def test_a_dead_letter_can_be_requeued(failed, switched):
    """A requeued dead letter waits again with no failures, and is delivered."""
    config = failed("a")
    replay_outbox(config, dead_letter_after_failures=1, sinks=[switched()])
    (letter,) = list_outbox(config, state="dead")
    assert (letter.replay_ref,) == requeue_outbox(config, [letter.replay_ref])
    assert () == requeue_outbox(config)
    (pending,) = list_outbox(config, state="pending")
    assert 0 == pending.failures
    on = switched(on=True)
    replay_outbox(config, sinks=[on])
    assert ["a"] == on.keys


def test_an_unknown_entry_is_refused(failed):
    """Requeueing or showing what is not there is an error that says so."""
    with pytest.raises(NotFoundError) as caught:
        requeue_outbox(failed("a"), ["replay:nothing.there"])
    assert "outbox_entry_unknown" == caught.value.code


def test_strict_stops_at_the_first_failure(failed, switched, with_mode):
    """replay_mode_default: strict leaves what stands behind a failure untouched, tolerant goes on."""
    config = failed("poison", "b")
    strict, tolerant = (switched(on=True, dislikes=["poison"]) for _ in range(2))
    result = replay_outbox(with_mode(config, "strict"), sinks=[strict])
    assert ("stopped_at_first_failure",) == result.notes
    assert [] == strict.keys
    replay_outbox(with_mode(config, "tolerant"), sinks=[tolerant])
    assert ["b"] == tolerant.keys


def test_a_failing_receipt_is_a_failure(failed, switched):
    """A sink that answers FAILURE did not take the entry; one that answers DEGRADED did."""
    config = failed("a")

    class Answering(switched):
        def capture(self, *, family, payload):
            return SinkCaptureReceipt(self.answer)

    refusing, taking = Answering(), Answering()
    refusing.answer, taking.answer = DeliveryStatus.FAILURE, DeliveryStatus.DEGRADED
    assert 1 == replay_outbox(config, sinks=[refusing]).pending_count
    assert 0 == replay_outbox(config, sinks=[taking]).pending_count


def test_each_delivery_is_tried_as_often_as_configured(failed, switched):
    """retry_attempts holds for a replay too: three tries are one failure."""
    config = failed("a", capture={"retry_attempts": 2})
    off = switched()
    (entry,) = replay_outbox(config, sinks=[off]).entries
    assert (3, 1) == (off.calls, entry.attempts)


def test_sinks_come_from_the_configuration(failed):
    """Without sinks the configured ones are opened; an entry without its sink is skipped and stays."""
    config = failed("a")
    result = replay_outbox(config)
    assert ["SKIPPED"] == [entry.status for entry in result.entries]
    from contexta.config import replace_unified_config

    named = replace_unified_config(config, {"capture": {"sinks": [{"use": "memory", "id": "backend"}]}})
    assert 1 == replay_outbox(named).acknowledged_count


def test_two_replays_do_not_meet(failed, switched):
    """While one replay runs another is refused, and may come back."""
    config = failed("a")
    lock = FileLock(config.recovery.outbox_root / ".replay", os.O_RDWR | os.O_CREAT, exclusive=True)
    assert lock.acquire()
    try:
        with pytest.raises(ReplayError) as caught:
            replay_outbox(config, sinks=[switched(on=True)])
    finally:
        lock.release()
    assert ("replay_running", True) == (caught.value.code, caught.value.retryable)


def test_live_capture_beside_a_replay_loses_nothing(failed, switched):
    """What is kept while a replay runs is there for the next one."""
    config = failed("a", "b")
    off = switched()
    with Contexta(config=config, sinks=[off]) as ctx, ctx.run("more") as run:

        class Meanwhile(switched):
            def capture(self, *, family, payload):
                run.event(f"late.{self.calls}", message="m")
                return super().capture(family=family, payload=payload)

        on = Meanwhile(on=True)
        assert 2 == replay_outbox(config, sinks=[on]).acknowledged_count
        last = switched(on=True)
        assert 2 == replay_outbox(config, sinks=[last]).acknowledged_count
    assert (["a", "b"], ["late.0", "late.1"]) == (on.keys, last.keys)


def test_a_torn_line_is_passed_over_and_told(failed, switched):
    """A damaged entry spoils itself only: the others are delivered, and the damage is among the warnings."""
    config = failed("a", "b", "c")
    (segment,) = LogReader(config.recovery.outbox_root).segments()
    data = segment.path.read_bytes()
    place = data.index(b'"event_key":"b"')
    segment.path.write_bytes(data[:place] + b"X" + data[place + 1 :])
    on = switched(on=True)
    result = replay_outbox(config, sinks=[on])
    assert ["a", "c"] == on.keys
    assert "DEGRADED" == result.status
    assert any("checksum" in warning for warning in result.warnings)


def test_an_unreadable_payload_is_a_failure_of_its_own(failed, switched, monkeypatch):
    """An entry of a class that no sink takes fails with a code, and the others go on."""
    config = failed("a", "b")
    from contexta.recovery import replay

    real = replay.read_outbox

    def spoiled(root):
        view = real(root)
        return replace(
            view, entries=(replace(view.entries[0], payload=7, payload_type="int"), *view.entries[1:])
        )

    monkeypatch.setattr(replay, "read_outbox", spoiled)
    on = switched(on=True)
    result = replay_outbox(config, sinks=[on])
    assert ["FAILURE", "SUCCESS"] == [entry.status for entry in result.entries]
    monkeypatch.undo()
    assert ["outbox_payload_unreadable"] == [entry.error_code for entry in list_outbox(config)]


def test_what_was_delivered_takes_no_space(failed, switched):
    """After a replay the payloads of delivered entries are gone from the disk; a dead letter's is still there."""
    config = failed("a", "poison", "c", "d", "e")
    replay_outbox(config, dead_letter_after_failures=1, sinks=[switched(on=True, dislikes=["poison"])])
    raw = b"".join(path.read_bytes() for path in config.recovery.outbox_root.glob("*.*") if path.is_file())
    assert (1, 0) == (raw.count(b'"event_key":"poison"'), raw.count(b'"event_key":"a"'))
    assert 1 == len(list_outbox(config, state="dead"))
    assert [] == LogReader(config.recovery.outbox_root).verify()


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"dead_letter_after_failures": 0}, {"limit": True}])
def test_impossible_counts_are_refused(failed, wrong):
    """A negative limit, or giving up after no failure, is an error and nothing is done."""
    with pytest.raises(ValidationError) as caught:
        replay_outbox(failed("a"), **wrong)
    assert "replay_invalid_count" == caught.value.code


def test_results_are_plain_data(failed, switched):
    """to_dict() of a result and of its entries works on every supported Python."""
    data = replay_outbox(failed("a"), sinks=[switched(on=True)]).to_dict()
    assert ("SUCCESS", "SUCCESS", 1) == (
        data["status"],
        data["entries"][0]["status"],
        data["acknowledged_count"],
    )


def test_secrets_in_a_sinks_error_are_not_written(failed, switched):
    """What a sink says at a replay is redacted before it is kept."""
    secret = "ghp_" + "q7Rw" * 9
    config = failed("a")

    class Talking(switched):
        def capture(self, *, family, payload):
            raise ConnectionError(f"bad token {secret}")

    result = replay_outbox(config, sinks=[Talking()])
    assert secret not in str(result)
    assert not any(
        secret.encode() in path.read_bytes()
        for path in config.workspace.root_path.rglob("*")
        if path.is_file()
    )

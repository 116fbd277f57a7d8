"""`kill -9` at every step of a replay: each entry reaches the sink at least once, and our own store exactly once."""

from __future__ import annotations

import random
import signal
import time

import pytest

from contexta import Contexta
from contexta.capture import PayloadFamily, SinkCaptureReceipt
from contexta.recovery import list_outbox, replay_outbox

ENTRIES = 40


class Down:
    """A sink that takes nothing."""

    name = "backend"
    supported_families = tuple(PayloadFamily)

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        raise ConnectionError("down")


# Delivers into a second workspace's record store, as a mirror would, and says so before and after.
REPLAYING = """
from contexta.capture import PayloadFamily, SinkCaptureReceipt
from contexta.config import load_config
from contexta.recovery import replay_outbox
mirror = Contexta(workspace=sys.argv[2])
pause = float(sys.argv[3])
class Mirror:
    name = "backend"
    supported_families = tuple(PayloadFamily)
    def supports(self, family):
        return True
    def capture(self, *, family, payload):
        say("delivering", payload.envelope.record_ref)
        mirror.record_store.append(payload)
        time.sleep(pause)
        return SinkCaptureReceipt.success()
config = load_config(workspace=workspace)
say("begin", 0)
result = replay_outbox(config, sinks=[Mirror()])
say("acknowledged", result.acknowledged_count)
"""


class Collecting:
    """A sink that remembers what it got."""

    name = "backend"
    supported_families = tuple(PayloadFamily)

    def __init__(self, store):
        self.store = store
        self.refs = []

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        self.refs.append(str(payload.envelope.record_ref))
        self.store.append(payload)
        return SinkCaptureReceipt.success()


def check_trial(start, workspace, tmp_path, seed):
    """Kill a replay some times at random moments, end it, and count what the mirror has."""
    choose = random.Random(seed)
    config = {"capture": {"dispatch_failure_mode": "outbox"}, "records": {"durability_mode": "flush"}}
    with Contexta(workspace=str(workspace), config=config, sinks=[Down()]) as ctx:
        with ctx.run("train") as run:
            refs = [
                str(run.event(f"e.{number}", message="m").payload.envelope.record_ref)
                for number in range(ENTRIES)
            ]
        resolved = ctx.config
    mirror = tmp_path / "mirror"
    told: list[str] = []
    for _ in range(3):
        process = start(REPLAYING, mirror, 0.001, where=workspace)
        first = process.stdout.readline()
        time.sleep(choose.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        told += [line.split()[1] for line in (first + rest).splitlines() if line.startswith("delivering ")]
    with Contexta(workspace=str(mirror)) as ctx:
        last = Collecting(ctx.record_store)
        result = replay_outbox(resolved, sinks=[last])
        assert result.succeeded
        assert not result.warnings
        seen = [str(each.record_ref) for each in ctx.record_store.scan()]
    assert sorted(refs) == sorted(seen)
    # At least once to the sink; twice only what it was at when it was killed.
    assert len(told) + len(last.refs) <= ENTRIES + 3
    assert () == list_outbox(resolved)


@pytest.mark.parametrize("seed", range(2))
def test_a_replay_that_is_killed(start, workspace, tmp_path, seed):
    """Killed three times and started again, a replay delivers everything, and what it delivers twice is stored once."""
    check_trial(start, workspace, tmp_path, seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 130))
def test_replays_that_are_killed_again_and_again(start, workspace, tmp_path, seed):
    """Thirty more trials of three kills each."""
    check_trial(start, workspace, tmp_path, seed)

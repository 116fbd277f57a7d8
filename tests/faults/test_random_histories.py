"""Random histories of a workspace: capture, reopen, crash, back up, restore, fail and replay deliveries; held against a model."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contexta import Contexta
from contexta.capture import PayloadFamily, SinkCaptureReceipt
from contexta.recovery import (
    create_workspace_backup,
    list_outbox,
    plan_restore,
    plan_workspace_backup,
    replay_outbox,
    restore_workspace,
)

CONFIG = {"records": {"durability_mode": "flush"}, "capture": {"dispatch_failure_mode": "outbox"}}


class Backend:
    """A sink that is up or down, and counts what it took."""

    name = "backend"
    supported_families = tuple(PayloadFamily)

    def __init__(self):
        self.up = True
        self.taken = Counter()

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        if not self.up:
            raise ConnectionError("down")
        self.taken[str(payload.envelope.record_ref)] += 1
        return SinkCaptureReceipt.success()


class History(RuleBasedStateMachine):
    """A workspace, and what must be in it."""

    def __init__(self):
        super().__init__()
        self.place = Path(mkdtemp(prefix="contexta-history-"))
        self.backend = Backend()
        self.model = {}
        self.backups = {}
        self.waiting = set()
        self.count = 0
        self.ctx = None
        self.open()

    def open(self):
        self.ctx = Contexta(workspace=str(self.place / "ws"), config=CONFIG, sinks=[self.backend])

    @rule(points=st.integers(1, 5))
    def capture(self, points):
        """Capture a run."""
        name = f"r{self.count}"
        self.count += 1
        with self.ctx.run(name) as run:
            for step in range(points):
                result = run.metric("loss", float(step), step=step)
                if result.recovered_to_outbox:
                    self.waiting.add(str(result.payload.envelope.record_ref))
        self.model[name] = points

    @rule(up=st.booleans())
    def switch(self, up):
        """Let the sink go down or come up."""
        self.backend.up = up

    @rule()
    def reopen(self):
        """Close and open."""
        self.ctx.close()
        self.open()

    @rule(points=st.integers(1, 3))
    def crash(self, points):
        """Capture in a child that dies in the middle of its run, in the middle of a line."""
        name = f"r{self.count}"
        self.count += 1
        child = os.fork()
        if child == 0:
            run = self.ctx.run(name)
            for step in range(points):
                run._session.dispatcher.attached = ()
                run.metric("loss", float(step), step=step)
            for path in (self.place / "ws" / "records" / "segments").glob("*.open"):
                if path.read_bytes().find(f'"pid":{os.getpid()}'.encode()) >= 0:
                    with path.open("ab") as stream:
                        stream.write(b'{"n":99,"type":"met')
            os._exit(0)
        os.waitpid(child, 0)
        self.model[name] = points

    @rule()
    def back_up(self):
        """Back the workspace up while it is open."""
        if (self.place / "ws").is_dir():
            config = self.ctx.config
            ref = create_workspace_backup(config, plan_workspace_backup(config)).backup_ref
            self.backups[ref] = dict(self.model)

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore(self, data):
        """Restore one of the backups in place."""
        ref = data.draw(st.sampled_from(sorted(self.backups)))
        self.ctx.close()
        result = restore_workspace(self.ctx.config, plan_restore(self.ctx.config, ref))
        assert result.status == "SUCCESS", result.warnings
        self.backups[result.safety_backup_ref] = dict(self.model)
        self.model = dict(self.backups[ref])
        self.open()

    @rule(limit=st.none() | st.integers(0, 3))
    def replay(self, limit):
        """Replay what waits; beside the open workspace."""
        before = Counter(self.backend.taken)
        result = replay_outbox(self.ctx.config, sinks=[self.backend], limit=limit)
        delivered = self.backend.taken - before
        assert set(delivered) <= self.waiting
        assert result.acknowledged_count == sum(delivered.values())
        self.waiting -= set(delivered)

    @invariant()
    def nothing_is_lost(self):
        """Runs, their points, and what waits are what the model says."""
        found = {
            run.name: sum(record.key == "loss" for record in self.ctx.get_run_snapshot(run.run_id).records)
            for run in self.ctx.list_runs()
        }
        assert found == self.model
        assert {entry.payload_ref for entry in list_outbox(self.ctx.config)} == self.waiting

    def teardown(self):
        self.ctx.close()
        shutil.rmtree(self.place)


def check_histories(examples, steps):
    """Run so many histories of so many steps."""
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_few_histories():
    """Six histories of fifteen steps agree with the model after every step."""
    check_histories(6, 15)


@pytest.mark.campaign
def test_many_histories():
    """A hundred histories of thirty steps agree with the model after every step."""
    check_histories(100, 30)

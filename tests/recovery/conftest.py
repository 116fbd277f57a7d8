"""Workspaces with failed deliveries, and sinks to replay them into."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contexta import Contexta
from contexta.capture import PayloadFamily, SinkCaptureReceipt


class SwitchedSink:
    """A sink that fails while it is off, and for payloads that it does not like."""

    supported_families = tuple(PayloadFamily)

    def __init__(self, name="backend", *, on=False, dislikes=()):
        self.name = name
        self.on = on
        self.dislikes = set(dislikes)
        self.taken = []
        self.calls = 0

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        self.calls += 1
        if not self.on or getattr(getattr(payload, "payload", None), "event_key", None) in self.dislikes:
            raise ConnectionError("backend is down")
        self.taken.append(payload)
        return SinkCaptureReceipt.success()

    @property
    def keys(self):
        return [payload.payload.event_key for payload in self.taken]


@pytest.fixture
def switched():
    """Make sinks that can be switched on."""
    return SwitchedSink


@pytest.fixture
def failed(tmp_path):
    """Capture events that a sink could not take; return the configuration."""

    def capture(*keys, sinks=None, **settings):
        config = {
            "capture": {"dispatch_failure_mode": "outbox", **settings.pop("capture", {})},
            "records": {"durability_mode": "flush"},
            **settings,
        }
        with Contexta(workspace=str(tmp_path / "ws"), config=config, sinks=sinks or [SwitchedSink()]) as ctx:
            with ctx.run("train") as run:
                for key in keys:
                    assert run.event(key, message="m").recovered_to_outbox
            return ctx.config

    return capture


@pytest.fixture
def with_mode():
    """Return a configuration with another mode of replay."""

    def change(config, mode):
        return replace(config, recovery=replace(config.recovery, replay_mode_default=mode))

    return change


class Filled:
    """A workspace with finished runs, and what a reader must find in it."""

    def __init__(self, root, **settings):
        self.root = root
        self.settings = {"records": {"durability_mode": "flush"}, **settings}
        self.runs = {}

    def add(self, name, body, points=5):
        """Capture one run with an artifact; it is one more that must be found."""
        source = self.root.parent / "body"
        source.write_bytes(body)
        with self.opened() as ctx:
            with ctx.run(name) as run:
                for step in range(points):
                    run.metric("loss", 1.0 / (1 + step), step=step)
                run.register_artifact("model", str(source))
            self.runs[name] = (points, body)
            self.config = ctx.config
        source.unlink()

    def opened(self):
        return Contexta(workspace=str(self.root), config=self.settings)

    def content(self, root=None):
        """Return what a reader finds, in the form of ``runs``; and require that every plane is whole."""
        found = {}
        with Contexta(workspace=str(root or self.root), config=self.settings) as ctx:
            for run in ctx.list_runs():
                snapshot = ctx.get_run_snapshot(run.run_id)
                (artifact,) = snapshot.artifacts
                found[run.name] = (
                    sum(record.key == "loss" for record in snapshot.records),
                    ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref),
                )
            for store in (ctx.metadata_store, ctx.record_store, ctx.artifact_store):
                assert store.check_integrity().issue_counts["error"] == 0
        return found


@pytest.fixture
def filled(tmp_path):
    """Make a workspace with two runs."""
    workspace = Filled(tmp_path / "ws")
    workspace.add("first", b"one" * 1000)
    workspace.add("second", b"two" * 1000)
    return workspace


def files_below(root):
    """Return every file below a directory with its bytes, to compare before and after."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def below():
    """Give what lists the files below a directory."""
    return files_below

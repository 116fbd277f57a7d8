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

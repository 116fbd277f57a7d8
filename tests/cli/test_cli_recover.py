"""Replaying and looking at the outbox from the command line."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.capture import PayloadFamily
from contexta.recovery import list_outbox


class Down:
    """A sink that takes nothing."""

    name = "backend"
    supported_families = tuple(PayloadFamily)

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        raise ConnectionError("backend is down")


@pytest.fixture
def recover(cli, tmp_path):
    """Make a workspace with two failed deliveries, and call the command in it."""
    config = {"capture": {"dispatch_failure_mode": "outbox"}, "records": {"durability_mode": "flush"}}
    with Contexta(workspace=str(tmp_path / "ws"), config=config, sinks=[Down()]) as ctx:
        with ctx.run("train") as run:
            run.metric("loss", 1.0)
            run.metric("loss", 0.5)
        resolved = ctx.config

    def call(*arguments, sink="memory"):
        sinks = f'capture.sinks=[{{"use": "{sink}", "id": "backend"}}]'
        return cli("recover", *arguments, "--workspace", str(tmp_path / "ws"), "--set", sinks)

    call.config = resolved
    return call


def test_replay_delivers_and_empties(recover):
    """A replay into the configured sink delivers everything; a second one has nothing to do."""
    outcome = recover("replay", "--format", "json")
    assert (0, 2, 0) == (outcome.code, outcome.json["acknowledged_count"], outcome.json["pending_count"])
    assert "Delivered 0; 0 waiting" in recover("replay").out


def test_replay_without_its_sink_fails_nothing(recover, cli):
    """Where the sink is not configured the entries are skipped, shown as such, and stay."""
    workspace = str(recover.config.workspace.root_path)
    outcome = cli("recover", "replay", "--workspace", workspace)
    assert (0, 2) == (outcome.code, outcome.out.count("SKIPPED"))
    assert 2 == len(list_outbox(recover.config))


def test_replay_options_act(recover):
    """--limit and --keep bound what is delivered and what leaves; --sink refuses a sink that is not configured."""
    assert 2 == recover("replay", "--limit", "1", "--keep", "--format", "json").json["pending_count"]
    assert 1 == recover("replay", "--limit", "1", "--format", "json").json["pending_count"]
    assert 1 == recover("replay", "--target", "other", "--format", "json").json["pending_count"]
    assert "sink_unknown" == recover("replay", "--sink", "other", "--format", "json").error["code"]
    assert 0 == recover("replay", "--sink", "backend", "--format", "json").json["pending_count"]


def test_waiting_tries_again(recover, monkeypatch):
    """With --wait a sink that answers at the third try gets everything, and the command succeeds."""
    from contexta.capture import InMemorySink
    from contexta_cli.commands import recover_replay

    taken = InMemorySink.capture
    tries = []

    def capture(self, *, family, payload):
        tries.append(payload)
        if len(tries) < 3:
            raise ConnectionError("still down")
        return taken(self, family=family, payload=payload)

    monkeypatch.setattr(InMemorySink, "capture", capture)
    monkeypatch.setattr(recover_replay, "_FIRST_PAUSE_SECONDS", 0.01)
    outcome = recover("replay", "--mode", "strict", "--wait", "60", "--format", "json")
    assert (0, 0, 4) == (outcome.code, outcome.json["pending_count"], len(tries))


def test_dead_letters_are_listed_shown_and_requeued(recover, monkeypatch):
    """A failed replay exits with 1 and makes dead letters; they are listed, shown with payload, and requeued."""
    from contexta.capture import InMemorySink

    def capture(self, *, family, payload):
        raise ConnectionError("still down")

    monkeypatch.setattr(InMemorySink, "capture", capture)
    outcome = recover("replay", "--dead-letter-after", "1", "--mode", "strict")
    assert 1 == outcome.code
    assert "dead letter" in outcome.out
    (entry,) = recover("outbox", "list", "--state", "dead", "--format", "json").json["entries"]
    assert ("dead", "still down") == (entry["state"], entry["error"])
    assert "metric_key" in recover("outbox", "show", entry["replay_ref"]).out
    assert "ENTRY" in recover("outbox", "list").out
    assert {"requeued": [entry["replay_ref"]]} == recover(
        "outbox", "requeue", entry["replay_ref"], "--format", "json"
    ).json
    assert "Requeued 0." in recover("outbox", "requeue", "--all").out
    assert 2 == recover("outbox", "requeue").code
    assert "outbox_entry_unknown" == recover("outbox", "show", "replay:x", "--format", "json").error["code"]

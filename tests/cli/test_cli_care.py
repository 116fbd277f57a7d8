"""Checking, repairing, collecting, ageing and scanning from the command line."""

from __future__ import annotations

import os

import pytest

from contexta import Contexta


@pytest.fixture
def call(cli, tmp_path):
    """Make a workspace with one run, and call the command in it."""
    workspace = tmp_path / "ws"
    (tmp_path / "body").write_bytes(b"body" * 100)
    with (
        Contexta(workspace=str(workspace), config={"records": {"durability_mode": "flush"}}) as ctx,
        ctx.run("train") as run,
    ):
        run.register_artifact("model", str(tmp_path / "body"))

    def in_workspace(*arguments):
        return cli(*arguments, "--workspace", str(workspace))

    in_workspace.root = workspace
    return in_workspace


def test_verify_and_repair(call):
    """A whole workspace is healthy with exit code 0; damage is located with 1, repaired, and found to be missing."""
    assert (0, "The workspace is healthy") == (call("verify").code, call("verify").out[:24])
    assert "Nothing needs to be repaired." in call("repair").out
    body = next(path for path in (call.root / "artifacts" / "blobs").rglob("*") if path.is_file())
    body.chmod(0o600)
    body.write_bytes(b"spoiled")
    outcome = call("verify")
    assert 1 == outcome.code
    assert body.name[:12] in outcome.out
    assert "quarantine_body" in call("repair").out
    assert body.exists()
    steps = call("repair", "--apply", "--format", "json").json["steps"]
    assert "applied" in {each["status"] for each in steps}
    assert not body.exists()
    assert not call("verify", "--format", "json").json["ok"]


def test_gc(call):
    """A dry run counts and removes nothing; without it what is unbound goes."""
    with Contexta(workspace=str(call.root)) as ctx:
        ctx.artifact_store.backend.unbind(ctx.artifact_store.list_refs())
    assert 400 == call("gc", "--dry-run", "--format", "json").json["freed_bytes"]
    assert "are free" in call("gc", "--despite-damage").out
    assert 0 == call("gc", "--format", "json").json["freed_bytes"]


def test_retention(call):
    """The plan shows what expired with its bytes, applying removes it."""
    old = call.root / "cache" / "old"
    old.parent.mkdir()
    old.write_bytes(b"x" * 10)
    os.utime(old, (0, 0))
    assert "10 B would be free." in call("retention", "plan").out
    assert 10 == call("retention", "plan", "--format", "json").json["freed_bytes"]
    assert "Removed 1 files" in call("retention", "apply").out
    assert not old.exists()


def test_privacy_scan(call):
    """A clean workspace gives 0; a secret in a file gives 1 and its place, never the secret."""
    assert (0, "No secret was found.\n") == (call("privacy", "scan").code, call("privacy", "scan").out)
    (call.root / "reports").mkdir()
    (call.root / "reports" / "r.txt").write_text("hf_" + "a1B2" * 10)
    outcome = call("privacy", "scan", "--strict")
    assert 1 == outcome.code
    assert "reports/r.txt" in outcome.out
    assert "a1B2" not in outcome.out


@pytest.mark.parametrize("words", ["verify", "repair", "gc", "retention plan", "retention apply"])
def test_where_there_is_no_workspace(cli, tmp_path, words):
    """A missing workspace is an error, and none is made."""
    outcome = cli(*words.split(), "--workspace", str(tmp_path / "none"), "--format", "json")
    assert (1, "workspace_missing") == (outcome.code, outcome.error["code"])
    assert not (tmp_path / "none").exists()

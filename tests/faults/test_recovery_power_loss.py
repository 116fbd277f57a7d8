"""The power goes in the middle of a backup or a restore: nothing is mixed, and what is listed restores."""

from __future__ import annotations

import os
import shutil

import pytest

from contexta import Contexta
from contexta.config import load_config
from contexta.recovery import (
    create_workspace_backup,
    list_backups,
    plan_restore,
    plan_workspace_backup,
    restore_workspace,
    verify_backup,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="directories are not synced there")


def capture(root, name):
    """Capture a run with points and a body."""
    body = root.parent.parent / "body"
    body.write_bytes(name.encode() * 1_000)
    with Contexta(workspace=str(root)) as ctx, ctx.run(name) as run:
        run.emit_metrics([{"key": "loss", "value": 0.5, "step": step} for step in range(3)])
        run.register_artifact("model", str(body))


def content(root, what):
    """Read every run with the number of its points and its body, and require that no plane is damaged."""
    found = {}
    with Contexta(workspace=str(root)) as ctx:
        for run in ctx.list_runs():
            snapshot = ctx.get_run_snapshot(run.run_id)
            bodies = [
                ctx.artifact_store.read_artifact_bytes(each.artifact_ref) for each in snapshot.artifacts
            ]
            found[run.name] = (len(snapshot.records), bodies)
        for store in (ctx.metadata_store, ctx.record_store, ctx.artifact_store):
            assert [] == [each for each in store.check_integrity().issues if each.severity == "error"], what
    return found


R1, R2 = ((3, [name * 1_000]) for name in (b"r1", b"r2"))
#: Every so-many-th moment of a backup or a restore outside of campaigns, and how often chance decides.
MOMENTS = [(25, 1), pytest.param((1, 10), marks=[pytest.mark.campaign, pytest.mark.timeout(3600)])]


def saved_workspace(recorder, monkeypatch):
    """Capture a run, back the workspace up, and capture another one; return its configuration and the backup."""
    # The copy that the kernel makes would not be seen.
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    root = recorder.root / "workspace"
    capture(root, "r1")
    config = load_config(workspace=str(root))
    recorder.acknowledge("r1")
    backup_ref = create_workspace_backup(config, plan_workspace_backup(config)).backup_ref
    recorder.acknowledge("backup")
    capture(root, "r2")
    recorder.acknowledge("r2")
    return config, backup_ref


@pytest.fixture
def recorder(power, tmp_path):
    """Give a recorder of an empty directory, and one beside it for the states."""
    for name in ("root", "states"):
        (tmp_path / name).mkdir()
    return power.Recorder(tmp_path / "root")


@pytest.mark.parametrize("moments", MOMENTS)
def test_backups(power, recorder, tmp_path, monkeypatch, moments):
    """A backup that returned is listed, and every listed one is whole; the workspace is, and takes the next backup."""
    with recorder.recording():
        _, backup_ref = saved_workspace(recorder, monkeypatch)
    every, chances = moments
    count = 0
    for state, acknowledged, what in power.disk_states(
        recorder, tmp_path / "states", chances, after="r1", every=every
    ):
        config = load_config(workspace=str(state / "workspace"))
        listed = [each.backup_ref for each in list_backups(config)]
        assert listed == [backup_ref] or "backup" not in acknowledged, what
        assert all(verify_backup(config, ref).succeeded for ref in listed), what
        found = content(state / "workspace", what)
        assert found["r1"] == R1, what
        assert found.get("r2") == R2 or "r2" not in acknowledged, what
        made = create_workspace_backup(config, plan_workspace_backup(config))
        assert verify_backup(config, made.backup_ref).succeeded, what
        shutil.rmtree(state)
        count += 1
    assert count >= 8
    print(f"{count} states")


@pytest.mark.parametrize("moments", MOMENTS)
def test_restores(power, recorder, tmp_path, monkeypatch, moments):
    """The workspace is what it was or what the backup holds, never a mixture; the backup is there, and restores again."""
    with recorder.recording():
        config, backup_ref = saved_workspace(recorder, monkeypatch)
        restore_workspace(config, plan_restore(config, backup_ref))
        recorder.acknowledge("restored")
    every, chances = moments
    count = 0
    for state, acknowledged, what in power.disk_states(
        recorder, tmp_path / "states", chances, after="r2", every=every
    ):
        found = content(state / "workspace", what)
        assert found == {"r1": R1} or ("restored" not in acknowledged and found == {"r1": R1, "r2": R2}), what
        config = load_config(workspace=str(state / "workspace"))
        assert verify_backup(config, backup_ref).succeeded, what
        restore_workspace(config, plan_restore(config, backup_ref))
        assert content(state / "workspace", what) == {"r1": R1}, what
        shutil.rmtree(state)
        count += 1
    assert count >= 8
    print(f"{count} states")

"""`kill -9` in the middle of backups and restores, in the default configuration: what is listed restores, nothing is mixed."""

from __future__ import annotations

import random
import shutil
import signal
import time

import pytest

from contexta import Contexta
from contexta.recovery import (
    create_workspace_backup,
    list_backups,
    plan_restore,
    plan_workspace_backup,
    restore_workspace,
    verify_backup,
)

RUNS = 6

BACKING_UP = """
from contexta.config import load_config
from contexta.recovery import create_workspace_backup, plan_workspace_backup
config = load_config(workspace=workspace)
say("begin")
while True:
    say("made", create_workspace_backup(config, plan_workspace_backup(config)).backup_ref)
"""
RESTORING = """
from contexta.config import load_config
from contexta.recovery import plan_restore, restore_workspace
config = load_config(workspace=workspace)
plan = plan_restore(config, sys.argv[2])
say("begin")
say("restored", restore_workspace(config, plan).applied)
"""


def add_runs(workspace, tmp_path, names):
    """Capture runs, each with points and a body of its own."""
    with Contexta(workspace=str(workspace)) as ctx:
        for name in names:
            (tmp_path / "body").write_bytes(name.encode() * 20_000)
            with ctx.run(name) as run:
                run.emit_metrics([{"key": "loss", "value": float(step), "step": step} for step in range(10)])
                run.register_artifact("model", str(tmp_path / "body"))
        return ctx.config


def content(workspace):
    """Read every run with its points and its body, and require that no plane is damaged."""
    found = {}
    with Contexta(workspace=str(workspace)) as ctx:
        for run in ctx.list_runs():
            snapshot = ctx.get_run_snapshot(run.run_id)
            (artifact,) = snapshot.artifacts
            body = ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref)
            found[run.name] = (len(snapshot.records), body == run.name.encode() * 20_000)
        for store in (ctx.metadata_store, ctx.record_store, ctx.artifact_store):
            assert not store.check_integrity().issue_counts["error"]
    return found


def check_backup(start, workspace, tmp_path, seconds):
    """Kill a process that makes backup after backup; every one that is listed must restore byte-exact."""
    config = add_runs(workspace, tmp_path, [f"r{number}" for number in range(RUNS)])
    expected = content(workspace)
    process = start(BACKING_UP, where=workspace)
    first = process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    made = {line.split()[1] for line in (first + rest).splitlines() if line.startswith("made ")}
    listed = list_backups(config)
    assert made <= {info.backup_ref for info in listed}
    for number, info in enumerate(listed[-2:]):
        assert info.problem is None
        target = tmp_path / f"target{number}"
        restore_workspace(config, plan_restore(config, info.backup_ref, target_workspace=target))
        assert expected == content(target)
    after = create_workspace_backup(config, plan_workspace_backup(config))
    assert verify_backup(config, after.backup_ref).succeeded
    assert [] == list(config.recovery.backup_root.glob(".tmp-*"))
    return len(listed)


def check_restore(start, workspace, tmp_path, seconds):
    """Kill a restore in place; the workspace is the old one or the new one, and the backup still restores."""
    config = add_runs(workspace, tmp_path, ["old-1", "old-2"])
    old = content(workspace)
    ref = create_workspace_backup(config, plan_workspace_backup(config)).backup_ref
    add_runs(workspace, tmp_path, ["new-1"])
    new = content(workspace)
    process = start(RESTORING, ref, where=workspace)
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    found = content(workspace)
    assert found in (old, new)
    assert verify_backup(config, ref).succeeded
    restore_workspace(config, plan_restore(config, ref))
    assert old == content(workspace)
    return "old" if found == old else "new"


@pytest.mark.parametrize("seed", range(2))
def test_a_backup_that_is_killed(start, workspace, tmp_path, seed):
    """Killed at a random moment, backups that are listed restore, and the next one cleans up."""
    check_backup(start, workspace, tmp_path, random.Random(seed).uniform(0, 0.4))


@pytest.mark.parametrize("seed", range(2))
def test_a_restore_that_is_killed(start, workspace, tmp_path, seed):
    """Killed at a random moment, a restore in place leaves one of the two states, whole."""
    check_restore(start, workspace, tmp_path, random.Random(seed).uniform(0, 0.5))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 120))
def test_backups_that_are_killed_again_and_again(start, workspace, tmp_path, seed):
    """Twenty more random moments."""
    check_backup(start, workspace, tmp_path, random.Random(seed).uniform(0, 0.8))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 140))
def test_restores_that_are_killed_again_and_again(start, workspace, tmp_path, seed):
    """Forty more random moments."""
    check_restore(start, workspace, tmp_path, random.Random(seed).uniform(0, 0.8))


@pytest.fixture
def saved(workspace, tmp_path):
    """Make a workspace with a backup of it."""
    config = add_runs(workspace, tmp_path, ["a", "b"])
    return config, create_workspace_backup(config, plan_workspace_backup(config))


def damage_trial(saved, tmp_path, choose):
    """Damage one file of a backup in one way; it must be refused with nothing written."""
    from contexta.errors import RestoreError

    config, backup = saved
    files = [backup.location / "manifest.json"]
    files += [path for path in sorted((backup.location.parent / "objects").rglob("*")) if path.is_file()]
    path = choose.choice(files)
    data, how = path.read_bytes(), choose.choice(["flip", "cut", "delete", "add", "link"])
    path.chmod(0o600)
    if how == "flip" and data:
        place = choose.randrange(len(data))
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << choose.randrange(8)]) + data[place + 1 :])
    elif how == "cut" and data:
        path.write_bytes(data[: choose.randrange(len(data))])
    elif how == "link":
        (tmp_path / "copy").write_bytes(data)
        path.unlink()
        path.symlink_to(tmp_path / "copy")
    elif how == "delete":
        path.unlink()
    else:
        path.write_bytes(data + b"x")
    target = tmp_path / "target"
    try:
        with pytest.raises(RestoreError) as caught:
            restore_workspace(config, plan_restore(config, backup.backup_ref, target_workspace=target))
        assert caught.value.code in {
            "recovery_backup_not_found",
            "recovery_manifest_invalid",
            "recovery_backup_damaged",
            "recovery_backup_hostile",
        }
        assert not target.exists()
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(data)


@pytest.mark.parametrize("trials", [20, pytest.param(400, marks=pytest.mark.campaign)])
def test_damaged_backups_are_refused(saved, tmp_path, trials):
    """Whatever file of a backup is damaged, and how: it is refused before anything is touched."""
    choose = random.Random(7)
    for _ in range(trials):
        damage_trial(saved, tmp_path, choose)


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.campaign)])
def test_a_backup_on_a_full_disk(small_disk, tmp_path, rounds):
    """A backup that finds no space is a typed error, is not listed, leaves no bytes, and succeeds once there is space."""
    from dataclasses import replace

    from contexta.errors import StorageFullError

    config = add_runs(tmp_path / "workspace", tmp_path, [f"r{number}" for number in range(4)])
    for number in range(rounds):
        backups = small_disk / f"b{number}"
        there = replace(config, recovery=replace(config.recovery, backup_root=backups))
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * (3 * 1_048_576 - 40_000 - number * 4_096))
        with pytest.raises(StorageFullError) as caught:
            create_workspace_backup(there, plan_workspace_backup(there))
        assert caught.value.retryable
        assert () == list_backups(there)
        assert 0 == sum(path.stat().st_size for path in backups.rglob("*") if path.is_file())
        ballast.unlink()
        made = create_workspace_backup(there, plan_workspace_backup(there))
        assert verify_backup(there, made.backup_ref).succeeded
        shutil.rmtree(backups)


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.campaign)])
def test_a_restore_on_a_full_disk(small_disk, tmp_path, rounds):
    """A restore that finds no space is a typed error, and the workspace is what it was."""
    from dataclasses import replace

    from contexta.errors import StorageFullError

    workspace = small_disk / "workspace"
    config = add_runs(workspace, tmp_path, ["a"])
    config = replace(config, recovery=replace(config.recovery, backup_root=tmp_path / "backups"))
    made = create_workspace_backup(config, plan_workspace_backup(config))
    before = content(workspace)
    for number in range(rounds):
        ballast = small_disk / "ballast"
        free = small_disk.stat().st_dev and shutil.disk_usage(small_disk).free
        ballast.write_bytes(b"x" * max(0, free - 8_192 - number * 4_096))
        with pytest.raises(StorageFullError):
            restore_workspace(config, plan_restore(config, made.backup_ref))
        ballast.unlink()
        assert before == content(workspace)
    assert restore_workspace(config, plan_restore(config, made.backup_ref)).applied
    assert before == content(workspace)

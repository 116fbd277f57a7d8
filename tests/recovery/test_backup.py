"""Backups: what is in them, what is not, what a second one costs, and that writers do not disturb them."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import threading
import time

import pytest

from contexta import Contexta
from contexta.errors import BackupError, RestoreError, StoreAccessError
from contexta.log import filesystem
from contexta.recovery import (
    create_workspace_backup,
    list_backups,
    plan_restore,
    plan_workspace_backup,
    restore_workspace,
    verify_backup,
)


def backed_up(config, **options):
    """Plan and make a backup."""
    return create_workspace_backup(config, plan_workspace_backup(config, **options))


def test_a_plan_writes_nothing(filled, below):
    """Planning tells reference, sections and size, and leaves the workspace byte for byte as it was."""
    before = below(filled.root)
    plan = plan_workspace_backup(filled.config, label="Before the Sweep")
    assert before == below(filled.root)
    assert plan.backup_ref.startswith("before-the-sweep-")
    assert {"metadata", "records", "artifacts"} <= set(plan.included_sections)
    assert ("cache_excluded", "exports_excluded") == plan.notes
    assert plan.estimated_bytes > 6000
    assert str(filled.root) == plan.to_dict()["workspace_root"]


def test_a_backup_is_listed_verified_and_restores(filled, tmp_path):
    """What was backed up is listed with its label, verifies, and restored elsewhere it is the workspace."""
    result = backed_up(filled.config, label="nightly")
    (info,) = list_backups(filled.config)
    assert (result.backup_ref, "nightly", None) == (info.backup_ref, info.label, info.problem)
    assert verify_backup(filled.config, result.backup_ref).succeeded
    elsewhere = tmp_path / "elsewhere"
    restored = restore_workspace(
        filled.config, plan_restore(filled.config, result.backup_ref, target_workspace=elsewhere)
    )
    assert (True, "SUCCESS", None) == (restored.applied, restored.status, restored.safety_backup_ref)
    assert filled.runs == filled.content(elsewhere)
    assert 2 == restored.plane_results["metadata"]["run_count"]
    assert "SUCCESS" == restored.to_dict()["status"]


def test_a_second_backup_stores_only_what_changed(filled):
    """After one more run the next backup writes that run and its manifest, not the bodies that are there."""
    filled.add("large", os.urandom(200_000))
    first = backed_up(filled.config)
    filled.add("third", os.urandom(10_000))
    second = backed_up(filled.config)
    third = backed_up(filled.config)
    assert first.bytes_written > 200_000
    assert 10_000 < second.bytes_written < 60_000
    assert third.bytes_written < 20_000
    assert second.total_bytes > first.total_bytes


def test_a_backup_never_holds_backups(filled):
    """Neither itself nor an earlier backup nor a staging is among its files, with every section included."""
    for _ in range(3):
        result = backed_up(filled.config, include_cache=True, include_exports=True)
    manifest = (result.location / "manifest.json").read_text()
    assert "backups/" not in manifest
    assert result.total_bytes < 40_000


def test_cache_and_exports_are_in_it_where_asked_for(filled):
    """include_cache and include_exports decide; an index that can be built again is never in it."""
    for name in ("cache", "exports"):
        (filled.root / name).mkdir()
        (filled.root / name / "file.bin").write_bytes(name.encode())
    with filled.opened() as ctx:
        ctx.list_runs()
    for cache in (False, True):
        for exports in (False, True):
            result = backed_up(filled.config, include_cache=cache, include_exports=exports)
            manifest = (result.location / "manifest.json").read_text()
            assert (cache, exports) == ('"cache/file.bin"' in manifest, '"exports/file.bin"' in manifest)
            assert '"metadata/index/' not in manifest


def test_no_lock_is_in_it(filled, tmp_path):
    """Locks are of a process, not of the workspace; what a killed process noted of a file handed over is kept with it."""
    (tmp_path / "model").write_bytes(b"m" * 10)
    with filled.opened() as ctx, ctx.run("locked") as run:
        run.register_artifact("model", str(tmp_path / "model"))
        assert (filled.root / "workspace.lock").is_file()
        assert (filled.root / "artifacts" / ".collection.lock").is_file()
        manifest = (backed_up(filled.config).location / "manifest.json").read_text()
    assert '.lock"' not in manifest
    # Without it a collection in the restored workspace would remove the only copy.
    note = filled.root / "artifacts" / "reservations" / "0123456789abcdef"
    note.write_text(f"!{'0' * 64}\n", encoding="ascii")
    assert (
        f'"artifacts/reservations/{note.name}"'
        in (backed_up(filled.config).location / "manifest.json").read_text()
    )


def test_pinned_planes_are_backed_up(tmp_path, filled):
    """A plane that the configuration keeps outside of the workspace is in the backup, and restored into its place."""
    pinned = type(filled)(
        tmp_path / "pinned",
        records={"durability_mode": "flush", "root_path": str(tmp_path / "far" / "records")},
        metadata={"database_path": str(tmp_path / "far" / "runs.db")},
    )
    pinned.add("first", b"body")
    result = backed_up(pinned.config)
    shutil.rmtree(tmp_path / "far")
    restore_workspace(pinned.config, plan_restore(pinned.config, result.backup_ref))
    assert pinned.runs == pinned.content()
    assert (tmp_path / "far" / "records" / "segments").is_dir()


def test_two_backups_at_once_do_not_meet(filled):
    """While one is made, another into the same directory is refused and may come back."""
    from contexta.log.file_lock import FileLock

    plan = plan_workspace_backup(filled.config)
    plan.backup_root.mkdir(parents=True)
    lock = FileLock(plan.backup_root / ".lock", os.O_RDWR | os.O_CREAT, exclusive=True)
    assert lock.acquire()
    try:
        with pytest.raises(BackupError) as caught:
            create_workspace_backup(filled.config, plan)
    finally:
        lock.release()
    assert ("backup_running", True) == (caught.value.code, caught.value.retryable)


def test_backups_inside_of_a_plane_are_refused(filled):
    """A configuration that keeps backups where a restore replaces is refused at the plan."""
    from contexta.config import replace_unified_config

    wrong = replace_unified_config(
        filled.config, {"recovery": {"backup_root": str(filled.root / "records" / "backups")}}
    )
    with pytest.raises(BackupError) as caught:
        plan_workspace_backup(wrong)
    assert "backup_root_inside_workspace_plane" == caught.value.code


def test_a_missing_workspace_is_refused(tmp_path):
    """There is nothing to back up, and nothing is made."""
    with Contexta(workspace=str(tmp_path / "none")) as ctx, pytest.raises(BackupError) as caught:
        plan_workspace_backup(ctx.config)
    assert "backup_workspace_missing" == caught.value.code
    assert not (tmp_path / "none").exists()


def test_an_unfinished_backup_is_never_listed(filled):
    """What a killed backup leaves is not listed, and the next backup removes it with the bodies that nobody needs."""
    result = backed_up(filled.config)
    root = result.location.parent
    unfinished = root / ".tmp-0123456789abcdef"
    unfinished.mkdir()
    (unfinished / "manifest.json").write_text("{}")
    stray = root / "objects" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"nobody's")
    assert [result.backup_ref] == [info.backup_ref for info in list_backups(filled.config)]
    backed_up(filled.config)
    assert not unfinished.exists()
    assert not stray.exists()


def test_a_backup_that_fails_at_its_last_sync_is_not_listed(filled, monkeypatch):
    """When the name of a backup cannot be brought to the disk the call fails, and nothing half of it is listed."""
    real = filesystem.sync_directory

    def failing(path):
        if path == filled.config.recovery.backup_root and list_backups(filled.config):
            raise OSError(errno.EIO, "Input/output error")
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(filesystem, "sync_directory", failing)
        with pytest.raises(StoreAccessError):
            backed_up(filled.config)
    assert () == list_backups(filled.config)
    result = backed_up(filled.config)
    assert verify_backup(filled.config, result.backup_ref).succeeded
    assert [result.location.name] == [
        path.name for path in result.location.parent.iterdir() if path.is_dir() and path.name != "objects"
    ]


def test_a_deleted_backup_gives_its_space_back(filled):
    """Removing a backup's directory is how it is deleted; the next backup removes the bodies that only it had."""
    first = backed_up(filled.config)
    (body,) = [
        path
        for path in (first.location.parent / "objects").rglob("*")
        if path.is_file() and path.stat().st_size == 3000 and path.read_bytes().startswith(b"one")
    ]
    with filled.opened() as ctx:
        ctx.delete_runs(ctx.plan_run_deletion("first"))
        ctx.artifact_store.backend.collect_garbage()
    shutil.rmtree(first.location)
    backed_up(filled.config)
    assert not body.exists()


def test_everything_in_a_backup_is_private(filled):
    """Directories are 0700 and files at most 0600."""
    root = backed_up(filled.config).location.parent
    for path in [root, *root.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == 0o700 if path.is_dir() else not mode & 0o177, path


def test_a_backup_beside_writers_is_consistent(filled, tmp_path):
    """While threads capture, every backup restores to runs that are whole up to one moment."""
    ended = threading.Event()

    def write(number):
        with Contexta(workspace=str(filled.root), config=filled.settings) as ctx:
            count = 0
            while not ended.is_set():
                with ctx.run(f"w{number}-{count}") as run:
                    run.emit_metrics(
                        [{"key": "loss", "value": float(step), "step": step} for step in range(20)]
                    )
                count += 1
                time.sleep(0.002)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        refs = [backed_up(filled.config).backup_ref for _ in range(3)]
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    for ref in refs:
        target = tmp_path / ref
        result = restore_workspace(filled.config, plan_restore(filled.config, ref, target_workspace=target))
        assert "SUCCESS" == result.status, result.warnings
        with Contexta(workspace=str(target), config=filled.settings) as ctx:
            for run in ctx.list_runs():
                if run.name.startswith("w"):
                    points = len(ctx.get_run_snapshot(run.run_id).records)
                    assert points == 20 or (points == 0 and run.status != "completed")


def test_a_run_that_was_open_is_interrupted_in_the_restored_workspace(filled, tmp_path):
    """A backup seals what was open: in the restored workspace the run has what it had, and nobody writes it."""
    with filled.opened() as ctx, ctx.run("live") as run:
        run.metric("loss", 1.0)
        ref = backed_up(filled.config).backup_ref
        run.metric("loss", 2.0)
    target = tmp_path / "target"
    restore_workspace(filled.config, plan_restore(filled.config, ref, target_workspace=target))
    assert [] == list(target.rglob("*.open"))
    with Contexta(workspace=str(target), config=filled.settings) as ctx:
        snapshot = ctx.get_run_snapshot("live")
        assert ("interrupted", [1.0]) == (snapshot.run.status, [record.value for record in snapshot.records])
        assert ctx.record_store.check_integrity().ok


@pytest.mark.parametrize("how", ["flip", "cut", "grow", "remove", "link"])
def test_a_damaged_backup_is_refused_by_name(filled, tmp_path, how):
    """Whatever happens to a body or to the manifest: verifying names the file, and nothing is restored."""
    result = backed_up(filled.config)
    bodies = sorted(path for path in (result.location.parent / "objects").rglob("*") if path.is_file())
    for path in [result.location / "manifest.json", *bodies]:
        data = path.read_bytes()
        path.chmod(0o600)
        path.unlink()
        if how == "flip":
            middle = len(data) // 2
            path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else b"x")
        elif how == "cut" and data:
            path.write_bytes(data[:-1])
        elif how == "grow":
            path.write_bytes(data + b"x")
        elif how == "link":
            (tmp_path / "elsewhere").write_bytes(data)
            path.symlink_to(tmp_path / "elsewhere")
        elif how == "cut":
            path.write_bytes(data)
            continue
        with pytest.raises(RestoreError) as caught:
            verify_backup(filled.config, result.backup_ref)
        assert caught.value.code.startswith("recovery_")
        path.unlink(missing_ok=True)
        path.write_bytes(data)
    assert verify_backup(filled.config, result.backup_ref).succeeded

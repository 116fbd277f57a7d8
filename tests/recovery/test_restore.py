"""Restores: what they check before, what they leave alone, and what a crash in their middle leaves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from contexta import Contexta
from contexta.errors import RestoreError, StoreAccessError
from contexta.log import filesystem
from contexta.recovery import (
    create_workspace_backup,
    list_backups,
    plan_restore,
    plan_workspace_backup,
    restore_workspace,
)
from contexta.store.pending_restore import INTENT_NAME
from contexta.store.workspace_lock import LOCK_NAME, WorkspaceLock


@pytest.fixture
def saved(filled):
    """Back the workspace up, then change it; remember what was backed up."""
    filled.backup_ref = create_workspace_backup(
        filled.config, plan_workspace_backup(filled.config)
    ).backup_ref
    filled.old = dict(filled.runs)
    filled.add("later", b"later" * 100)
    return filled


def restored(workspace, **options):
    """Plan and apply a restore in place."""
    return restore_workspace(
        workspace.config, plan_restore(workspace.config, workspace.backup_ref, **options)
    )


def test_a_plan_changes_nothing(saved, below):
    """Planning tells what would be replaced, and leaves every byte as it was."""
    before = below(saved.root)
    plan = plan_restore(saved.config, saved.backup_ref)
    assert before == below(saved.root)
    assert {"records", "artifacts", "metadata"} == set(plan.replaced_sections)
    assert (True, False, ("apply_restore",)) == (plan.create_safety_backup, plan.verify_only, plan.notes)


def test_verify_only_changes_nothing(saved, below):
    """verify_only reads every body, says so, and leaves every byte as it was; a damaged body is found."""
    before = below(saved.root)
    result = restored(saved, verify_only=True)
    assert before == below(saved.root)
    assert (False, "content_verified") == (result.applied, result.verification_notes[0])
    assert result.plane_results["artifacts"]["file_count"] >= 2


def test_a_restore_in_place_with_the_default_configuration(saved):
    """The old state is back, the new one is in the safety backup, and restoring that brings it back."""
    result = restored(saved)
    assert saved.old == saved.content()
    assert [saved.backup_ref, result.safety_backup_ref] == [
        each.backup_ref for each in list_backups(saved.config)
    ]
    assert result.kept_aside is None
    assert [] == sorted(path.name for path in saved.config.recovery.restore_staging_root.iterdir())
    saved.backup_ref = result.safety_backup_ref
    restored(saved)
    assert saved.runs == saved.content()


@pytest.mark.parametrize("wanted", [True, False])
def test_the_safety_backup_can_be_switched_off(saved, wanted):
    """create_backup_before_restore: with it what was replaced is a backup; without it is kept aside, never deleted."""
    config = replace(
        saved.config, recovery=replace(saved.config.recovery, create_backup_before_restore=wanted)
    )
    result = restore_workspace(config, plan_restore(config, saved.backup_ref))
    assert wanted == (result.safety_backup_ref is not None)
    assert wanted == (result.kept_aside is None)
    assert saved.old == saved.content()
    if not wanted:
        assert {"artifacts", "metadata", "records"} <= {path.name for path in result.kept_aside.iterdir()}


def test_what_the_backup_does_not_name_is_left_alone(saved):
    """Files beside the planes survive, files in a replaced plane that no backup can hold are kept aside."""
    (saved.root / "notes.txt").write_text("mine")
    (saved.root / "reports").mkdir()
    (saved.root / "reports" / "new.md").write_text("a report")
    (saved.root / "records" / "a-link").symlink_to(saved.root / "notes.txt")
    (saved.root / "exports").mkdir()
    (saved.root / "exports" / "package").write_text("exported")
    result = restored(saved)
    assert "mine" == (saved.root / "notes.txt").read_text()
    assert "a report" == (saved.root / "reports" / "new.md").read_text()
    assert "exported" == (saved.root / "exports" / "package").read_text()
    assert (result.kept_aside / "records" / "a-link").is_symlink()


def test_what_waits_in_the_outbox_stays(filled, switched):
    """Deliveries that failed after the backup are still there after the restore; elsewhere the outbox is restored."""
    from contexta.recovery import list_outbox

    filled.settings["capture"] = {"dispatch_failure_mode": "outbox"}

    def fail(key):
        with (
            Contexta(workspace=str(filled.root), config=filled.settings, sinks=[switched()]) as ctx,
            ctx.run(key) as run,
        ):
            run.event(key, message="m")

    fail("before")
    filled.backup_ref = create_workspace_backup(
        filled.config, plan_workspace_backup(filled.config)
    ).backup_ref
    fail("after")
    result = restored(filled)
    assert "outbox_kept" in result.notes
    assert 2 == len(list_outbox(filled.config))
    plan = plan_restore(filled.config, filled.backup_ref, target_workspace=filled.root.parent / "other")
    restore_workspace(filled.config, plan)
    with Contexta(workspace=str(plan.target_workspace)) as ctx:
        assert 1 == len(list_outbox(ctx.config))


def test_an_open_workspace_is_refused_and_says_who(saved):
    """While this or another process has it open nothing is touched, and the error names the process."""
    with saved.opened() as ctx:
        ctx.list_runs()
        with pytest.raises(RestoreError) as caught:
            restored(saved)
        assert ("restore_workspace_in_use", True) == (caught.value.code, caught.value.retryable)
        assert f"this very process, {os.getpid()}" in str(caught.value)
    program = f"""
from contexta import Contexta
ctx = Contexta(workspace={str(saved.root)!r})
ctx.list_runs()
print("ready", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        with pytest.raises(RestoreError) as caught:
            restored(saved)
        process.communicate("\n")
    assert f"process {process.pid}" in str(caught.value)
    assert [saved.backup_ref] == [each.backup_ref for each in list_backups(saved.config)]
    assert saved.runs == saved.content()


def test_who_opened_it_before_it_existed_is_found_too(tmp_path, filled):
    """A store that was opened on an empty place holds nothing, but its open segment tells that it writes."""
    from contexta.store.records import RecordStore

    backup_ref = create_workspace_backup(filled.config, plan_workspace_backup(filled.config)).backup_ref
    target = tmp_path / "target"
    with filled.opened() as ctx:
        record = next(iter(ctx.record_store.scan())).record
    with Contexta(workspace=str(target), config=filled.settings) as ctx:
        assert isinstance(ctx.record_store, RecordStore)
        plan = plan_restore(filled.config, backup_ref, target_workspace=target)
        ctx.record_store.append(record)
        with pytest.raises(RestoreError) as caught:
            restore_workspace(filled.config, plan)
    assert "restore_workspace_in_use" == caught.value.code


def test_opening_during_a_restore_is_refused(saved):
    """Whoever comes while the workspace is being replaced gets an error that says so and may come back."""
    lock = WorkspaceLock(saved.root)
    assert lock.take_alone()
    try:
        with saved.opened() as ctx, pytest.raises(StoreAccessError) as caught:
            ctx.list_runs()
    finally:
        lock.release()
    assert ("workspace_being_restored", True) == (caught.value.code, caught.value.retryable)
    assert f"by process {os.getpid()} on " in str(caught.value)


def test_a_forked_child_holds_the_workspace_too(saved):
    """A child that outlives what its parent closed still keeps a restore out."""
    reading, writing = os.pipe()
    begun, begins = os.pipe()
    ctx = saved.opened()
    ctx.list_runs()
    child = os.fork()
    if child == 0:
        os.close(writing)
        # From here on it holds the workspace for itself; until then it had its parent's hold.
        os.write(begins, b"x")
        os.read(reading, 1)
        os._exit(0)
    os.read(begun, 1)
    ctx.close()
    try:
        with pytest.raises(RestoreError) as caught:
            restored(saved)
        assert f"process {child}" in str(caught.value)
    finally:
        for descriptor in (writing, reading, begun, begins):
            os.close(descriptor)
        os.waitpid(child, 0)
    assert restored(saved).applied


def test_a_plan_is_required_or_not(saved):
    """require_plan_before_apply: with it a bare reference is refused, without it is restored."""
    with pytest.raises(RestoreError) as caught:
        restore_workspace(saved.config, saved.backup_ref)
    assert "restore_plan_required" == caught.value.code
    config = replace(saved.config, recovery=replace(saved.config.recovery, require_plan_before_apply=False))
    assert restore_workspace(config, saved.backup_ref).applied
    assert saved.old == saved.content()


def test_a_backup_that_changed_since_the_plan_is_refused(saved):
    """What is applied is what was planned."""
    plan = plan_restore(saved.config, saved.backup_ref)
    with pytest.raises(RestoreError) as caught:
        restore_workspace(saved.config, replace(plan, manifest_digest="0" * 64))
    assert "restore_plan_stale" == caught.value.code


@pytest.mark.parametrize("ref", ["nothing", "../backups", "", "/nonexistent/backup", "..", "a\0b"])
def test_an_unknown_backup_is_an_error(saved, ref):
    """A reference that leads to no backup is refused with what there is to do."""
    with pytest.raises(RestoreError) as caught:
        plan_restore(saved.config, ref)
    assert "recovery_backup_not_found" == caught.value.code


def test_the_path_of_a_backup_is_a_reference_too(saved):
    """An absolute path to the backup's directory restores, and the backup is still there afterwards."""
    location = list_backups(saved.config)[0].location
    restore_workspace(saved.config, plan_restore(saved.config, str(location)))
    assert saved.old == saved.content()
    assert (location / "manifest.json").is_file()


def test_backups_and_staging_lie_where_they_should(filled, tmp_path):
    """backup_root and restore_staging_root: the one holds the backups, the other nothing once a restore is over."""
    roots = [tmp_path / "b", tmp_path / "s"]
    config = replace(
        filled.config,
        recovery=replace(filled.config.recovery, backup_root=roots[0], restore_staging_root=roots[1]),
    )
    result = create_workspace_backup(config, plan_workspace_backup(config))
    assert roots[0] / result.backup_ref == result.location
    plan = plan_restore(config, result.backup_ref)
    assert roots[1] == plan.staging_root
    restore_workspace(config, plan)
    assert [] == list(roots[1].iterdir())
    assert not (filled.root / "recovery" / "backups").exists()


class Died(BaseException):
    """Stands for the end of the process."""


CHANGING = (
    "create_file",
    "write_all",
    "sync_file",
    "sync_directory",
    "replace",
    "remove_file",
    "truncate_file",
)


@pytest.fixture
def dying(monkeypatch):
    """End the restore at its n-th change of the disk, as a kill would: nothing after it happens."""

    def run(step, restore):
        count = 0

        def counted(name, real):
            def call(*arguments):
                nonlocal count
                if count >= step:
                    raise Died(name)
                count += 1
                return real(*arguments)

            return call

        with monkeypatch.context() as patch:
            for name in CHANGING:
                patch.setattr(filesystem, name, counted(name, getattr(filesystem, name)))
            # What cleans up after an error would not run after a kill either.
            patch.setattr(shutil, "rmtree", counted("rmtree", shutil.rmtree))
            try:
                restore()
            except Died:
                return True
        return False

    return run


def test_a_restore_that_dies_at_any_step(saved, dying, tmp_path):
    """Old state or new state, whole, whatever step was the last; the next restore succeeds; nothing is left in the way."""
    whole = tmp_path / "whole"
    shutil.copytree(saved.root, whole, symlinks=True)
    step, died = 0, True
    while died:
        shutil.rmtree(saved.root)
        shutil.copytree(whole, saved.root, symlinks=True)
        died = dying(step, lambda: restored(saved))
        found = saved.content()
        assert found in (saved.old, saved.runs), step
        assert not (saved.root / INTENT_NAME).exists()
        step += 7 if died else 0
    assert saved.old == found
    assert step > 50


@pytest.mark.parametrize("text", ["", "{}", '{"format":"other"}', "[" * 100_000])
def test_an_intent_that_cannot_be_read_is_not_guessed_at(saved, text):
    """A damaged intent stops the opening with an error that says where everything lies; nothing is moved."""
    (saved.root / INTENT_NAME).write_text(text)
    with saved.opened() as ctx, pytest.raises(RestoreError) as caught:
        ctx.list_runs()
    assert "restore_intent_unreadable" == caught.value.code
    (saved.root / INTENT_NAME).unlink()
    assert saved.runs == saved.content()


def test_a_restore_that_was_cut_off_survives_a_renamed_workspace(saved, dying, tmp_path):
    """The intent names nothing absolute: the workspace is moved, opened, and the restore is completed."""
    step = 0
    while not (saved.root / INTENT_NAME).exists():
        dying(step, lambda: restored(saved))
        step += 3
    saved.root.rename(tmp_path / "moved")
    assert saved.old == saved.content(tmp_path / "moved")


def test_a_missing_workspace_is_made(saved):
    """Where the workspace is gone altogether, its backup elsewhere brings it back."""
    elsewhere = saved.root.parent / "backups"
    shutil.copytree(saved.config.recovery.backup_root, elsewhere)
    shutil.rmtree(saved.root)
    restore_workspace(saved.config, plan_restore(saved.config, str(elsewhere / saved.backup_ref)))
    assert saved.old == saved.content()


def test_a_refused_restore_leaves_no_new_workspace(saved, tmp_path):
    """A backup that turns out to be damaged does not even leave an empty directory behind."""
    location = list_backups(saved.config)[0].location
    body = next(path for path in (location.parent / "objects").rglob("*") if path.is_file())
    body.chmod(0o600)
    body.write_bytes(b"x")
    target = tmp_path / "target"
    with pytest.raises(RestoreError) as caught:
        restore_workspace(saved.config, plan_restore(saved.config, saved.backup_ref, target_workspace=target))
    assert "recovery_backup_damaged" == caught.value.code
    assert not target.exists()
    assert LOCK_NAME not in {path.name for path in tmp_path.iterdir()}

"""Backups of workspaces in SQLite: consistent beside a writer, and restored to the same answers."""

from __future__ import annotations

import pytest

from contexta.spi.backup import SupportsBackup


@pytest.mark.parametrize("plane", ["metadata", "records"])
def test_a_copy_is_the_store(opened, root, tmp_path, metric, plane):
    """What is written as a backup is a store of its own, whole, without anything beside it."""
    store = opened.metadata() if plane == "metadata" else opened()
    assert isinstance(store, SupportsBackup)
    if plane == "metadata":
        assert store.claim_run("run:demo.r1")
    else:
        store.append([metric(f"m{number}") for number in range(50)])
    target = tmp_path / "copy"
    target.mkdir()
    store.write_backup(target)
    assert [f"{plane}.sqlite3"] == [path.name for path in target.iterdir()]
    store.close()
    for path in root.glob("*.sqlite3*"):
        path.unlink()
    (target / f"{plane}.sqlite3").rename(root / f"{plane}.sqlite3")
    again = opened.metadata() if plane == "metadata" else opened()
    assert [] == list(again.check_integrity())
    if plane == "metadata":
        assert not again.claim_run("run:demo.r1")
    else:
        assert 50 == len(list(again.scan()))


def test_a_store_that_does_not_exist_has_an_empty_copy(opened, tmp_path):
    """Where nothing was ever written the copy is empty."""
    opened().write_backup(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_workspace_is_backed_up_and_restored(sqlite_workspace, tmp_path):
    """A backup of a workspace in SQLite, restored elsewhere, answers as the workspace did."""
    from contexta.recovery import (
        create_workspace_backup,
        plan_restore,
        plan_workspace_backup,
        restore_workspace,
    )

    ctx = sqlite_workspace()
    with ctx.run("one") as run:
        for step in range(20):
            run.metric("loss", 1 / (step + 1), step=step)
    expected = ctx.get_step_series("run:default.one", "loss").points
    result = create_workspace_backup(ctx.config, plan_workspace_backup(ctx.config))
    plan = plan_restore(ctx.config, result.backup_ref, target_workspace=tmp_path / "elsewhere")
    assert "SUCCESS" == restore_workspace(ctx.config, plan).status
    restored = sqlite_workspace("elsewhere")
    assert expected == restored.get_step_series("run:default.one", "loss").points
    assert "completed" == restored.get_run_snapshot("one").run.status

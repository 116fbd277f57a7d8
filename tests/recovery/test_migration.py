"""Carrying a workspace of version 1.0.0 into one of ours."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from contexta import Contexta
from contexta.config import load_config
from contexta.errors import MigrationError
from contexta.recovery import migrate_workspace

_GENERATOR = Path(__file__).with_name("old_workspace.py")


def generator():
    """Load the generator beside this file."""
    spec = importlib.util.spec_from_file_location("old_workspace", _GENERATOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def old(tmp_path):
    """Write a workspace of version 1.0.0 with a run, what it recorded, and what only the facade captured."""
    made = generator()
    workspace = made.OldWorkspace(tmp_path / "old")
    workspace.row(
        "projects", "project:vision", project_ref="project:vision", name="vision", created_at=made.at(0)
    )
    workspace.row(
        *("runs", "run:vision.base"),
        run_ref="run:vision.base",
        project_ref="project:vision",
        name="Base line",
        status="completed",
        started_at=made.at(1),
        ended_at=made.at(50),
    )
    workspace.row(
        *("stage_executions", "stage:vision.base.train"),
        stage_execution_ref="stage:vision.base.train",
        run_ref="run:vision.base",
        stage_name="train",
        status="completed",
        started_at=made.at(1),
        ended_at=made.at(40),
        order_index=0,
    )
    for number, value in enumerate((0.9, 0.5, 0.25), 2):
        workspace.metric("vision.base", number, value)
    workspace.span("vision.base", 6)
    workspace.artifact("vision.base", "weights", b"weights" * 1000)
    workspace.metric("vision.only-captured", 7, 0.75, captured=True, stage="train")
    workspace.made = made
    return workspace


def migrated(old, tmp_path):
    """Write the old workspace and migrate it; the old one must be what it was, byte for byte and time for time."""
    before = state(old.root)
    config = load_config(workspace=str(tmp_path / "new"))
    report = migrate_workspace(config, old.root)
    assert before == state(old.root)
    return config, report


def state(root):
    """Return every file below a directory with its bytes and the time of its last change."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_everything_is_carried(old, tmp_path):
    """Runs, stages, records, spans without a parent and bodies are there, and so is what only the facade captured."""
    old.write()
    config, report = migrated(old, tmp_path)
    assert () == report.not_carried
    assert {"project": 1, "run": 2, "stage": 2, "record": 5, "artifact": 1} == dict(report.carried)
    assert report.complete
    with Contexta(config=config) as ctx:
        assert {"Base line", "only-captured"} == {run.name for run in ctx.list_runs()}
        snapshot = ctx.get_run_snapshot("run:vision.base")
        values = [record.value for record in snapshot.records if record.record_type == "metric"]
        assert ([0.9, 0.5, 0.25], "completed") == (values, snapshot.run.status)
        assert ["train"] == [stage.name for stage in snapshot.stages]
        (artifact,) = snapshot.artifacts
        assert b"weights" * 1000 == ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref)
        captured = ctx.get_run_snapshot("run:vision.only-captured")
        assert [0.75] == [record.value for record in captured.records]
        for store in (ctx.metadata_store, ctx.record_store, ctx.artifact_store):
            assert store.check_integrity().ok


def test_doing_it_again_adds_nothing(old, tmp_path):
    """A second migration finds everything there already: nothing is twice."""
    old.write()
    migrated(old, tmp_path)
    config, report = migrated(old, tmp_path)
    assert report.complete
    with Contexta(config=config) as ctx:
        assert 2 == len(ctx.list_runs())
        assert 5 == len(list(ctx.record_store.scan()))
        assert 1 == len(ctx.artifact_store.list_refs())


def test_what_could_not_be_carried_is_reported(old, tmp_path):
    """Damaged lines, missing and changed bodies, unreadable rows and foreign directories are named with place and code."""
    old.artifact("vision.base", "gone", None)
    old.artifact("vision.base", "changed", b"changed", recorded=b"original")
    old.row("runs", "run:vision.broken", run_ref="run:vision.broken")
    old.write()
    with (old.root / "records/segments/segment-000001.jsonl").open("a") as stream:
        stream.write('{"sequence": 9, "record": {"envel\n')
    (old.root / "artifacts/history/imports").mkdir(parents=True)
    (old.root / "artifacts/history/imports/1.json").write_text("{}")
    stray = old.root / "artifacts/objects/model/00/nobody.bin"
    stray.parent.mkdir()
    stray.write_bytes(b"x")
    (old.root / "cache/capture/artifact.jsonl").write_text(
        '{"family": "ARTIFACT", "payload": {"manifest": {"artifact_ref": "artifact:vision.base.note"}}}\n'
    )
    _, report = migrated(old, tmp_path)
    codes = {each.code: each.place for each in report.not_carried}
    assert codes["unreadable_json"] == "records/segments/segment-000001.jsonl:5"
    assert "gone" in codes["artifact_body_missing"]
    assert "changed" in codes["artifact_body_damaged"]
    assert codes["no_place_for_it"] == "artifacts/history"
    assert codes["artifact_only_described"] == "cache/capture/artifact.jsonl:1"
    assert codes["artifact_unbound"] == "artifacts/objects"
    assert any("run:vision.broken" in each.place for each in report.not_carried)
    assert 5 == report.carried["record"]
    assert "not_carried" in report.to_dict()


def test_a_broken_ledger_loses_only_the_ledger(old, tmp_path):
    """Where the database cannot be opened, records and bodies are carried all the same, and the ledger is reported."""
    old.write()
    (old.root / "metadata/ledger.db").write_bytes(b"not a database" * 100)
    _, report = migrated(old, tmp_path)
    assert ["ledger_unreadable"] == [each.code for each in report.not_carried]
    assert (5, 1) == (report.carried["record"], report.carried["artifact"])


@pytest.mark.parametrize("where", ["old", "old/inside", "."])
def test_a_workspace_is_not_migrated_into_itself(old, tmp_path, where):
    """Neither the same directory nor one inside the other is taken."""
    old.write()
    with pytest.raises(MigrationError) as caught:
        migrate_workspace(load_config(workspace=str(tmp_path / where)), old.root)
    assert "migration_same_place" == caught.value.code


def test_what_is_no_old_workspace_is_refused(tmp_path):
    """A directory of something else is an error, and nothing is made."""
    (tmp_path / "other").mkdir()
    with pytest.raises(MigrationError) as caught:
        migrate_workspace(load_config(workspace=str(tmp_path / "new")), tmp_path / "other")
    assert "migration_source_unknown" == caught.value.code
    assert not (tmp_path / "new").exists()


def test_from_the_command_line(old, tmp_path):
    """The command tells what was carried, and exits with 1 where something was left behind."""
    import json
    import subprocess
    import sys

    old.artifact("vision.base", "gone", None)
    old.write()
    command = [
        sys.executable,
        "-m",
        "contexta",
        "migrate-workspace",
        str(old.root),
        "--workspace",
        str(tmp_path / "new"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (1, True) == (done.returncode, "artifact_body_missing" in done.stdout)
    again = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=False)
    assert 5 == json.loads(again.stdout)["carried"]["record"]

"""Workspaces of every version that had a form of its own are opened, asked, checked, migrated and written to."""

from __future__ import annotations

import runpy
import tarfile
from pathlib import Path

import pytest

from contexta import Contexta

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "workspaces"
ARCHIVES = sorted(FIXTURES.glob("*.tar.gz"))
WRITER = runpy.run_path(str(FIXTURES / "write_workspace.py"))
LOSSES = WRITER["LOSSES"]


@pytest.fixture(params=[*ARCHIVES, None], ids=[path.name.partition(".")[0] for path in ARCHIVES] + ["now"])
def old(request, tmp_path):
    """Give a workspace of an older version, and one of this version to be held to the same answers."""
    if request.param is None:
        WRITER["write"](tmp_path)
    else:
        with tarfile.open(request.param) as archive:
            archive.extractall(tmp_path, filter="data")
    return tmp_path / "workspace"


def test_there_are_old_workspaces():
    """At least the first version, and the last before this form of the tests, are kept."""
    assert len(ARCHIVES) >= 3


def test_everything_is_there(old):
    """Runs, tags, metadata, parameters, stages, points, events and artifacts are what the program wrote."""
    with Contexta(workspace=str(old)) as ctx:
        assert [run.name for run in ctx.repository.list_runs()] == ["first", "second"]
        for run in ctx.repository.list_runs():
            assert (run.project_name, run.status) == ("Old Project", "completed")
            assert (dict(run.tags), dict(run.metadata)) == ({"kind": run.name}, {"note": "kept"})
            assert run.parameters["optimizer.lr"] == 0.5
            snapshot = ctx.get_run_snapshot(run.run_id)
            assert [stage.name for stage in snapshot.stages] == ["train"]
            points = ctx.repository.metric_points(run.run_id, "loss")
            assert [(point.value, point.step, point.unit) for point in points] == [
                (value, step, "nats") for step, value in enumerate(LOSSES[run.name])
            ]
            (artifact,) = snapshot.artifacts
            assert ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref) == b"weights"
        assert ctx.sql("select run_id, message from events where key = 'note.made' order by run_id").rows == (
            ("run:old-project.first", "hello"),
            ("run:old-project.second", "hello"),
        )


def test_nothing_is_wrong_with_it(old):
    """All checks are clean, and its form needs no migration or can be brought up to this version's."""
    with Contexta(workspace=str(old)) as ctx:
        assert ctx.metadata_store.inspect_schema().supported
        ctx.metadata_store.migrate()
        assert ctx.metadata_store.inspect_schema().requires_migration is False
        assert ctx.metadata_store.check_integrity().ok
        assert ctx.record_store.check_integrity().ok
        assert ctx.artifact_store.check_integrity().ok


def test_it_is_written_to(old):
    """A new run, a change of an old one, and an old run that is resumed stand beside what was there."""
    with Contexta(workspace=str(old), config={"project_name": "Old Project"}) as ctx:
        with ctx.run("third") as run:
            run.metric("loss", 0.5)
        with ctx.run("first", run_id="run:old-project.first") as run:
            run.metric("loss", 0.25, step=3)
        assert sorted(each.name for each in ctx.list_runs()) == ["first", "second", "third"]
        points = ctx.repository.metric_points("run:old-project.first", "loss")
        assert [point.value for point in points if point.stage is None] == [0.25]
        assert len(points) == 4
        assert ctx.metadata_store.check_integrity().ok

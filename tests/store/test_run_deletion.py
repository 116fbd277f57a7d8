"""Deleting runs: what goes, what stays, what is refused, and who sees what meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from contexta import Contexta
from contexta.contract import LineageEdge, ProvenanceRecord
from contexta.errors import LifecycleError, PluginNotUsableError, ReadOnlyStoreError, RunNotFoundError
from contexta.spi.metadata import EntityKind, EntityQuery

FLUSH = {"records": {"durability_mode": "flush"}}
AT = "2024-01-01T00:00:00Z"


@pytest.fixture
def workspace(tmp_path):
    """Make a workspace with the runs a, b and c, and return its path.

    Each has a stage and 20 points; a and b have a model of the same content, and each has notes of its own.
    """
    (tmp_path / "model").write_bytes(b"m" * 1000)
    with Contexta(workspace=str(tmp_path / "ws"), config=FLUSH) as ctx:
        for name in "abc":
            (tmp_path / "notes").write_bytes(name.encode() * 300)
            with ctx.run(name, tags={"run": name}) as run:
                if name != "c":
                    run.register_artifact("model", str(tmp_path / "model"))
                run.register_artifact("notes", str(tmp_path / "notes"))
                with run.stage("train") as stage:
                    for step in range(20):
                        stage.metric("loss", float(step), step=step)
    return tmp_path / "ws"


@pytest.fixture
def ctx(workspace):
    """Open that workspace."""
    with Contexta(workspace=str(workspace), config=FLUSH) as opened:
        yield opened


def everything(ctx, run_id):
    """Return all that is known of a run, in comparable form, the bytes of its artifacts included."""
    snapshot = ctx.get_run_snapshot(run_id)
    bodies = {
        each.artifact_ref: ctx.artifact_store.read_artifact_bytes(each.artifact_ref)
        for each in snapshot.artifacts
    }
    return snapshot.run, snapshot.stages, tuple(snapshot.records), snapshot.artifacts, bodies


def names(ctx):
    """Return the names of the runs, sorted."""
    return sorted(run.name for run in ctx.list_runs())


def test_the_plan_counts_and_changes_nothing(ctx):
    """The plan tells records, artifacts and bytes of each run, and which content stays because another run has it."""
    before = everything(ctx, "a")
    plan = ctx.plan_run_deletion("a")
    (run,) = plan.runs
    assert (run.run_ref, run.name, run.status) == ("run:default.a", "a", "completed")
    assert (run.record_count, len(run.artifact_refs)) == (20, 2)
    # The stage and the environment.
    assert run.entity_count == 2
    assert run.artifact_bytes == 300
    assert plan.freed_bytes == {"metadata": 0, "records": run.record_bytes, "artifacts": 300}
    assert run.record_bytes > 20 * len('{"value":1.0}')
    (shared,) = plan.shared
    assert (shared.artifact_ref in run.artifact_refs, shared.used_by) == (True, ("run:default.b",))
    assert (plan.refusals, plan.run_refs, plan.artifact_count) == ((), ("run:default.a",), 2)
    assert everything(ctx, "a") == before


def test_content_that_is_shared_within_a_plan_is_freed_once(ctx):
    """Of two runs with the same model, deleted together, the model counts once and does not stay."""
    plan = ctx.plan_run_deletion(["a", "b"])
    assert plan.shared == ()
    assert plan.freed_bytes["artifacts"] == 1000 + 300 + 300


def test_a_deleted_run_is_gone_and_the_others_are_whole(ctx, workspace):
    """After a deletion nothing of the run is found or left on the disk, and nothing of the others has changed."""
    others = [everything(ctx, name) for name in "bc"]
    plan = ctx.plan_run_deletion(["run:default.a"])
    result = ctx.delete_runs(plan)
    assert (result.run_refs, set(result.artifact_refs)) == (plan.run_refs, set(plan.runs[0].artifact_refs))
    assert result.freed_bytes == plan.freed_bytes
    with Contexta(workspace=str(workspace)) as other:
        for reader in (ctx, other):
            assert names(reader) == ["b", "c"]
            with pytest.raises(RunNotFoundError):
                reader.get_run_snapshot("a")
            assert {summary.run for summary in reader.repository.metric_summaries()} == {
                "run:default.b",
                "run:default.c",
            }
            assert not any(each.run_id == "run:default.a" for each in reader.repository.list_artifacts())
            assert (
                reader.metadata_store.find(EntityQuery(EntityKind.STAGE, fields={"run_ref": "run:default.a"}))
                == []
            )
            assert [everything(reader, name) for name in "bc"] == others
    left = [path.read_bytes() for path in (workspace / "artifacts").rglob("*") if path.is_file()]
    assert b"a" * 300 not in left
    assert b"m" * 1000 in left
    assert ctx.metadata_store.check_integrity().ok
    assert ctx.artifact_store.check_integrity().ok


def test_deleting_twice(ctx):
    """The same plan again does nothing; planning a deletion that is finished finds no such run."""
    plan = ctx.plan_run_deletion(["a", "c"])
    ctx.delete_runs(plan)
    again = ctx.delete_runs(plan)
    assert (sum(again.freed_bytes.values()), again.artifact_refs) == (0, ())
    assert names(ctx) == ["b"]
    with pytest.raises(RunNotFoundError):
        ctx.plan_run_deletion(["a"])


def test_a_plan_of_another_workspace(ctx, tmp_path):
    """A plan that names a run which was never here deletes nothing, the runs that are here included."""
    with Contexta(workspace=str(tmp_path / "other"), config=FLUSH) as other:
        for name in ("a", "elsewhere"):
            with other.run(name):
                pass
        plan = other.plan_run_deletion(["a", "elsewhere"])
    with pytest.raises(RunNotFoundError, match="elsewhere"):
        ctx.delete_runs(plan)
    assert names(ctx) == ["a", "b", "c"]


def test_an_empty_plan(ctx):
    """No runs are nothing to delete."""
    assert ctx.delete_runs(ctx.plan_run_deletion([])).run_refs == ()
    assert names(ctx) == ["a", "b", "c"]


def test_a_deleted_id_is_never_used_again(ctx):
    """A new run of the same name gets another id, and asking for the deleted one is an error that says why."""
    ctx.delete_runs(ctx.plan_run_deletion(["a"]))
    with ctx.run("a") as run:
        assert run.ref.startswith("run:default.a-")
    with pytest.raises(LifecycleError) as failure:
        ctx.run("again", run_id="a")
    assert failure.value.code == "runtime_run_deleted"


def test_a_live_run_is_refused(ctx):
    """A run that is being written is refused by the plan; one that was resumed since is refused at the deletion."""
    plan = ctx.plan_run_deletion(["a", "b"])
    with ctx.run("b", run_id="b") as run:
        refused = ctx.plan_run_deletion(["a", run])
        assert [(each.run_ref, each.code) for each in refused.refusals] == [("run:default.b", "run_is_live")]
        for each in (plan, refused):
            with pytest.raises(LifecycleError) as failure:
                ctx.delete_runs(each)
            assert failure.value.code == "run_is_live"
        run.metric("late", 1.0)
        assert names(ctx) == ["a", "b", "c"]
    ctx.delete_runs(plan)
    assert names(ctx) == ["c"]


def test_a_run_that_is_deleted_while_it_is_resumed(ctx, workspace, monkeypatch):
    """Who resumes a run and finds it deleted by the time it has joined gets an error, and no run is active."""
    from contexta.runtime import session

    def deleted_meanwhile(*args):
        identity = session_identify(*args)
        with Contexta(workspace=str(workspace), config=FLUSH) as other:
            other.delete_runs(other.plan_run_deletion("a"))
        return identity

    session_identify = session.identify_run
    monkeypatch.setattr(session, "identify_run", deleted_meanwhile)
    with pytest.raises(LifecycleError) as failure:
        ctx.run("a", run_id="a")
    assert failure.value.code == "runtime_run_deleted"
    assert ctx.current_run() is None
    assert names(ctx) == ["b", "c"]


def test_an_interrupted_run_can_be_deleted(ctx, workspace):
    """A run whose process was killed is not live."""
    source = """
import os, sys
from contexta import Contexta
run = Contexta(workspace=sys.argv[1]).run("killed")
run.metric("loss", 1.0)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", source, str(workspace)], check=False).returncode == -9
    plan = ctx.plan_run_deletion("killed")
    assert (plan.runs[0].status, plan.refusals) == ("interrupted", ())
    ctx.delete_runs(plan)
    assert names(ctx) == ["a", "b", "c"]


def test_what_names_a_deleted_run(ctx):
    """Relations from or to a deleted run go with what was asserted about them; deployments stay, others too."""
    with ctx.deployment("live", run_ref="run:default.a"):
        pass
    store = ctx.metadata_store
    for name, source, target in (("e", "a", "b"), ("f", "b", "c")):
        edge = LineageEdge(
            f"relation:{name}",
            "derived_from",
            f"run:default.{source}",
            f"run:default.{target}",
            AT,
            "explicit",
            "high",
        )
        store.relations.put_relation(edge)
        store.provenance.put_provenance(
            ProvenanceRecord(f"provenance:{name}", f"relation:{name}", "explicit", AT)
        )
    plan = ctx.plan_run_deletion("a")
    assert (plan.relation_refs, plan.kept_deployment_refs) == (("relation:e",), ("deployment:default.live",))
    ctx.delete_runs(plan)
    assert [str(edge.relation_ref) for edge in store.relations.list_relations()] == ["relation:f"]
    assert [str(each.provenance_ref) for each in store.provenance.list_provenance()] == ["provenance:f"]
    assert [each.name for each in ctx.list_deployments()] == ["live"]


@pytest.mark.parametrize("plane", ["metadata", "records", "artifacts"])
def test_a_plane_that_is_read_only(workspace, plane):
    """Where one plane is open for reading nothing is changed in any."""
    with Contexta(workspace=str(workspace), config={plane: {"read_only": True}}) as ctx:
        before = everything(ctx, "a")
        with pytest.raises(ReadOnlyStoreError, match=plane):
            ctx.delete_runs(ctx.plan_run_deletion("a"))
        assert everything(ctx, "a") == before


def test_a_store_that_cannot_delete(ctx, monkeypatch):
    """Where a store lacks the ability, planning and deleting say which one, and nothing is changed."""
    plan = ctx.plan_run_deletion("a")
    monkeypatch.setattr(type(ctx.metadata_store.backend), "capabilities", frozenset())
    for action in (lambda: ctx.plan_run_deletion("a"), lambda: ctx.delete_runs(plan)):
        with pytest.raises(PluginNotUsableError, match="the metadata store") as failure:
            action()
        assert failure.value.code == "deletion_unsupported"
    assert names(ctx) == ["a", "b", "c"]


READING = """
import sys, time
from contexta import Contexta
from contexta.errors import NotFoundError
with Contexta(workspace=sys.argv[1]) as ctx:
    print("ready", flush=True)
    seen = 0
    while not sys.stdin in __import__("select").select([sys.stdin], [], [], 0)[0]:
        for run in ctx.list_runs():
            try:
                snapshot = ctx.get_run_snapshot(run.run_id)
                count = len(list(snapshot.records))
                for artifact in snapshot.artifacts:
                    ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref)
            except NotFoundError:
                continue
            # Whole, or gone in between: never a part of it, but for a run that goes while it is read.
            if count != 20:
                assert run.run_id not in {each.run_id for each in ctx.list_runs()}, (run.run_id, count)
            seen += 1
    assert seen
"""


def test_readers_beside_a_deletion(workspace, tmp_path):
    """Readers that go through all runs while some are deleted see each whole or not at all, and nothing fails."""
    with Contexta(workspace=str(workspace), config=FLUSH) as ctx:
        for number in range(8):
            with ctx.run(f"x{number}") as run:
                run.register_artifact("notes", str(tmp_path / "notes"))
                for step in range(20):
                    run.metric("loss", float(step), step=step)
        readers = [
            subprocess.Popen(
                [sys.executable, "-c", READING, str(workspace)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for reader in readers:
            assert reader.stdout.readline() == "ready\n"
        for number in range(8):
            ctx.delete_runs(ctx.plan_run_deletion(f"x{number}"))
            time.sleep(0.05)
        for reader in readers:
            _, complaint = reader.communicate("stop\n", timeout=60)
            assert reader.returncode == 0, complaint
        assert names(ctx) == ["a", "b", "c"]


KILLED_AT = """
import os, sys
from pathlib import Path
from contexta import Contexta
workspace, last = sys.argv[1], int(sys.argv[2])
calls = 0
def dies(method):
    def called(*args, **kwargs):
        global calls
        if calls == last:
            os.kill(os.getpid(), 9)
        calls += 1
        return method(*args, **kwargs)
    return called
with Contexta(workspace=workspace) as ctx:
    plan = ctx.plan_run_deletion(["a", "b"])
    for store, methods in (
        (ctx.metadata_store, ["apply"]),
        (ctx.record_store, ["delete_runs", "compact"]),
        (ctx.artifact_store, ["unbind", "collect_garbage"]),
    ):
        for method in methods:
            kind = type(store.backend)
            setattr(kind, method, dies(getattr(kind, method)))
    ctx.delete_runs(plan)
"""
#: What hides the runs, records, compaction, artifacts, garbage, the final note.
STEPS = 6


@pytest.mark.parametrize("last", range(STEPS))
def test_a_deletion_that_is_killed_is_finished_by_repeating_it(workspace, last):
    """Killed before any of its steps, a deletion leaves all runs whole or absent, and the same again completes it."""
    with Contexta(workspace=str(workspace)) as ctx:
        before = {name: everything(ctx, name) for name in "abc"}
    done = subprocess.run([sys.executable, "-c", KILLED_AT, str(workspace), str(last)], check=False)
    assert done.returncode == -9
    with Contexta(workspace=str(workspace)) as ctx:
        left = names(ctx)
        assert left == (["c"] if last else ["a", "b", "c"])
        for name in left:
            assert everything(ctx, name) == before[name]
        result = ctx.delete_runs(ctx.plan_run_deletion(["a", "b"]))
        assert result.run_refs == ("run:default.a", "run:default.b")
        assert names(ctx) == ["c"]
        assert everything(ctx, "c") == before["c"]
        with pytest.raises(RunNotFoundError):
            ctx.plan_run_deletion(["a"])
    bodies = [path.read_bytes() for path in (workspace / "artifacts").rglob("*") if path.is_file()]
    assert b"m" * 1000 not in bodies
    assert b"c" * 300 in bodies


def test_the_steps_of_a_deletion_are_all_killed(workspace):
    """The number of steps above is all there are: a deletion that is to be killed at the next one is completed."""
    done = subprocess.run([sys.executable, "-c", KILLED_AT, str(workspace), str(STEPS)], check=False)
    assert done.returncode == 0
    with Contexta(workspace=str(workspace)) as ctx:
        assert names(ctx) == ["c"]


def _records_on_disk(workspace):
    """Return everything that the files of the records hold."""
    return b"".join(path.read_bytes() for path in (workspace / "records").rglob("*") if path.is_file())


def test_the_records_are_gone_from_the_disk(workspace):
    """A deletion by a process of its own leaves no record of the run in any file of the records."""
    with Contexta(workspace=str(workspace)) as ctx:
        assert b"stage:default.a.train" in _records_on_disk(workspace)
        ctx.delete_runs(ctx.plan_run_deletion("a"))
    left = _records_on_disk(workspace)
    # That the run was deleted is remembered; what it recorded is not.
    assert b"stage:default.a.train" not in left
    assert b"stage:default.b.train" in left

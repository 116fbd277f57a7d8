"""Canonical models in and out of the metadata store: the nine repositories, and transactions over them."""

from __future__ import annotations

import subprocess
import sys

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contexta import Contexta
from contexta.config import load_config
from contexta.contract import (
    LineageEdge,
    Project,
    ProvenanceRecord,
    Run,
    StageExecution,
)
from contexta.errors import ConflictError, LifecycleError, NotFoundError, ReadOnlyStoreError, ValidationError
from contexta.spi.metadata import EntityKind, Mutation
from contexta.store.metadata import MetadataStore
from contexta.testing.strategies import strategy_for

AT = "2024-01-01T00:00:00Z"
NAMES = (
    "projects",
    "runs",
    "deployments",
    "stages",
    "batches",
    "samples",
    "environments",
    "relations",
    "provenance",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Open a store that the tests of the module share; each uses references of its own."""
    with opened(tmp_path_factory.mktemp("shared")) as store:
        yield store


@pytest.fixture
def fresh(tmp_path):
    """Open an empty store."""
    with opened(tmp_path / "ws") as store:
        yield store


def opened(workspace, **metadata):
    """Open the metadata store of a workspace."""
    given_config = {"records": {"durability_mode": "flush"}, "metadata": metadata}
    return MetadataStore(load_config(workspace=workspace, config=given_config, use_env=False))


def run_of(name="r", project="p", **fields):
    """Make a run."""
    return Run(f"run:{project}.{name}", f"project:{project}", name, "open", AT, **fields)


def put_owners(store, repository, model):
    """Put what a model belongs to, as plain documents."""
    spec = repository.spec
    wanted = [(owner.kind, getattr(model, owner.field_name)) for owner in spec.owners]
    if spec.kind is EntityKind.RELATION:
        wanted += [
            (EntityKind(ref.kind), ref)
            for ref in (model.source_ref, model.target_ref)
            if ref.kind in set(EntityKind)
        ]
    store.apply([Mutation(kind, str(ref), {"label": "owner"}) for kind, ref in wanted if ref is not None])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_put_is_what_is_got(store, name, data):
    """Any valid model of any kind comes back as it was put, also over another model of the same reference."""
    repository = getattr(store, name)
    strategy = strategy_for(repository.spec.model)
    model = data.draw(strategy)
    if name == "relations" and {model.source_ref.kind, model.target_ref.kind} - {
        *EntityKind,
        "artifact",
        "record",
    }:
        return
    ref = getattr(model, repository.spec.ref_field)
    put_owners(store, repository, model)
    put = repository.put_relation if name == "relations" else repository.put
    assert put(model) == model
    first = {"created_at", "order_index"} & {field.name for field in attrs.fields(type(model))}
    expected = model
    for field in first:
        # The first writer decides these; another example may have been it.
        expected = attrs.evolve(expected, **{field: getattr(repository.get(ref), field)})
    assert repository.get(ref) == expected
    assert repository.exists(ref)
    assert expected in repository.list()


def test_the_names_of_the_methods(fresh):
    """Every repository has the documented names: put, get, find, exists and list, each with its suffix."""
    suffixes = {
        "projects": "project",
        "runs": "run",
        "deployments": "deployment_execution",
        "stages": "stage_execution",
        "batches": "batch_execution",
        "samples": "sample_observation",
        "environments": "environment_snapshot",
        "relations": "relation",
        "provenance": "provenance",
    }
    for name, suffix in suffixes.items():
        repository = getattr(fresh, name)
        assert all(
            callable(getattr(repository, f"{verb}_{suffix}")) for verb in ("put", "get", "find", "exists")
        )


def test_lists_are_filtered_and_ordered(fresh):
    """Runs come by start, stages by number; a filter takes a reference of its kind and nothing else."""
    fresh.projects.put_project(Project("project:p", "P", AT))
    fresh.projects.put_project(Project("project:q", "Q", AT))
    late = attrs.evolve(run_of("late"), started_at="2024-01-02T00:00:00Z")
    for run in (late, run_of("early"), run_of("other", "q")):
        fresh.runs.put_run(run)
    assert [run.name for run in fresh.runs.list_runs("project:p")] == ["early", "late"]
    assert [run.name for run in fresh.runs.list_runs()] == ["early", "other", "late"]
    for number, name in ((1, "fit"), (0, "load"), (None, "extra")):
        ref = f"stage:p.late.{name}"
        fresh.stages.put_stage_execution(
            StageExecution(ref, "run:p.late", name, "open", AT, order_index=number)
        )
    stages = fresh.stages.list_stage_executions("run:p.late")
    assert [stage.stage_name for stage in stages] == ["load", "fit", "extra"]
    with pytest.raises(ValidationError, match="run"):
        fresh.stages.list_stage_executions("project:p")


def test_relations_by_their_ends(fresh):
    """Relations are listed by source, by target and by either; an assertion about one is found by it."""
    fresh.projects.put_project(Project("project:p", "P", AT))
    fresh.runs.put_run(run_of())
    edge = LineageEdge("relation:e", "derived_from", "run:p.r", "artifact:p.r.model", AT, "explicit", "high")
    fresh.relations.put_relation(edge)
    assertion = ProvenanceRecord("provenance:a", "relation:e", "explicit", AT)
    fresh.provenance.put_provenance(assertion)
    assert fresh.relations.list_relations_for_source("run:p.r") == (edge,)
    assert fresh.relations.list_relations_for_target("run:p.r") == ()
    assert fresh.relations.list_relations_for_target("artifact:p.r.model") == (edge,)
    assert fresh.relations.list_relations_for_ref("artifact:p.r.model") == (edge,)
    assert fresh.provenance.list_provenance_for_relation("relation:e") == (assertion,)


@pytest.mark.parametrize(
    ("put", "code"),
    [
        (lambda s: s.runs.put_run(run_of()), "metadata_missing_run_project"),
        (
            lambda s: s.stages.put_stage_execution(StageExecution("stage:p.r.s", "run:p.r", "s", "open", AT)),
            "metadata_missing_stage_run",
        ),
        (
            lambda s: s.relations.put_relation(
                LineageEdge("relation:e", "used", "run:p.r", "artifact:p.r.a", AT, "explicit", "low")
            ),
            "metadata_ref_not_found",
        ),
        (
            lambda s: s.provenance.put_provenance(
                ProvenanceRecord("provenance:a", "relation:e", "explicit", AT)
            ),
            "metadata_missing_provenance_relation",
        ),
        (lambda s: s.runs.get_run("run:p.r"), "metadata_row_not_found"),
    ],
)
def test_what_is_missing_is_named(fresh, put, code):
    """An owner that does not exist, or a model that does not, is NotFoundError with its own code; nothing is kept."""
    with pytest.raises(NotFoundError) as failure:
        put(fresh)
    assert failure.value.code == code
    assert fresh.runs.list_runs() == ()


def test_wrong_models_and_references_are_refused(fresh):
    """A model of another kind, text that is no reference, and a reference of another kind are errors of ours."""
    with pytest.raises(ValidationError) as failure:
        fresh.runs.put_run(Project("project:p", "P", AT))
    assert failure.value.code == "metadata_wrong_model"
    for ref in ("nonsense", "project:p"):
        with pytest.raises(ValidationError):
            fresh.runs.find_run(ref)


def test_a_deleted_reference_is_never_used_again(fresh):
    """A put of what was deleted is a conflict, and find and exists know nothing of it."""
    fresh.projects.put_project(Project("project:p", "P", AT))
    fresh.runs.put_run(run_of())
    fresh.apply([Mutation(EntityKind.RUN, "run:p.r", {"deleted_at": AT})])
    assert (fresh.runs.find_run("run:p.r"), fresh.runs.exists_run("run:p.r")) == (None, False)
    with pytest.raises(ConflictError) as failure:
        fresh.runs.put_run(run_of())
    assert failure.value.code == "metadata_ref_deleted"


def test_a_read_only_store_refuses_to_put(tmp_path):
    """What is opened for reading changes nothing."""
    with opened(tmp_path / "ws") as store:
        store.projects.put_project(Project("project:p", "P", AT))
    with opened(tmp_path / "ws", read_only=True) as store, pytest.raises(ReadOnlyStoreError):
        store.runs.put_run(run_of())


def test_one_bad_entity_hides_no_other(fresh):
    """An entity that is no valid model is left out of the list; getting it says what is wrong."""
    fresh.projects.put_project(Project("project:p", "P", AT))
    fresh.runs.put_run(run_of())
    fresh.apply(
        [
            Mutation(
                EntityKind.RUN,
                "run:p.bad",
                {"project_ref": "project:p", "name": "bad", "status": "open", "started_at": "noon"},
            )
        ]
    )
    assert [run.name for run in fresh.runs.list_runs()] == ["r"]
    with pytest.raises(ValidationError):
        fresh.runs.get_run("run:p.bad")


def test_captured_runs_are_models_too(tmp_path):
    """What scopes captured is read as models, a null parameter included, and putting it again changes nothing."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as ctx:
        with ctx.run("First Try", tags={"a": "b"}) as run:
            run.params(depth=None, rate=0.1)
            with run.stage("Fit Model"):
                pass
        before = ctx.get_run_snapshot(run.ref)
        store = ctx.metadata_store
        model = store.runs.get_run(run.ref)
        assert (model.name, model.status, dict(model.parameters)) == (
            "First Try",
            "completed",
            {"depth": None, "rate": 0.1},
        )
        store.runs.put_run(model)
        store.stages.put_stage_execution(
            store.stages.get_stage_execution(f"stage:{model.run_ref.value}.fit-model")
        )
        after = ctx.get_run_snapshot(run.ref)
        assert (after.run, after.stages) == (before.run, before.stages)
        assert after.stages[0].name == "Fit Model"


def test_a_put_status_replaces_what_was_captured(tmp_path):
    """Who puts another status over a captured run has the last word, and a closed run can be opened again."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as ctx:
        with ctx.run("r") as run:
            pass
        model = ctx.metadata_store.runs.get_run(run.ref)
        ctx.metadata_store.runs.put_run(attrs.evolve(model, status="failed"))
        assert ctx.list_runs()[0].status == "failed"
        ctx.metadata_store.runs.put_run(attrs.evolve(model, status="open", ended_at=None))
        assert ctx.list_runs()[0].status == "open"


def test_the_references_of_everything(fresh):
    """All references are listed, sorted, but for what was deleted."""
    fresh.projects.put_project(Project("project:p", "P", AT))
    for name in ("b", "a"):
        fresh.runs.put_run(run_of(name))
    fresh.apply([Mutation(EntityKind.RUN, "run:p.b", {"deleted_at": AT})])
    assert fresh.list_registered_refs() == ("project:p", "run:p.a")


def test_a_claim_is_given_once(fresh):
    """The first to claim a run's reference has it; what is no such reference is refused."""
    assert [fresh.claim_run("run:p.r"), fresh.claim_run("run:p.r")] == [True, False]
    with pytest.raises(ValidationError):
        fresh.claim_run("project:p")


def test_a_transaction_is_applied_whole(fresh):
    """Inside it the puts are seen by each other, outside by nobody until the end; then all are there."""
    with fresh.transaction() as pending:
        pending.projects.put_project(Project("project:p", "P", AT))
        pending.runs.put_run(run_of(tags={"a": "1"}))
        pending.runs.put_run(run_of(tags={"b": "2"}))
        assert [dict(run.tags) for run in pending.runs.list_runs("project:p")] == [{"b": "2"}]
        assert fresh.projects.list_projects() == fresh.runs.list_runs() == ()
    assert [dict(run.tags) for run in fresh.runs.list_runs("project:p")] == [{"b": "2"}]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_transaction_that_fails_leaves_nothing(fresh, error):
    """After an exception inside, an interrupt too, nothing of the transaction is there, and it cannot be used."""
    with pytest.raises(error), fresh.transaction() as pending:
        pending.projects.put_project(Project("project:p", "P", AT))
        raise error
    assert fresh.projects.list_projects() == ()
    with pytest.raises(LifecycleError) as failure:
        pending.projects.put_project(Project("project:p", "P", AT))
    assert failure.value.code == "metadata_transaction_ended"


def test_a_transaction_that_is_killed_leaves_nothing(tmp_path):
    """A process that is killed inside a transaction, or in the middle of its write, leaves nothing of it."""
    source = """
import os, sys
from contexta.config import load_config
from contexta.contract import Project
from contexta.store.metadata import MetadataStore
store = MetadataStore(load_config(workspace=sys.argv[1], use_env=False))
store.projects.put_project(Project("project:kept", "K", "2024-01-01T00:00:00Z"))
with store.transaction() as pending:
    for number in range(50):
        pending.projects.put_project(Project(f"project:p{number}", "P", "2024-01-01T00:00:00Z"))
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", source, str(tmp_path / "ws")], check=False)
    assert done.returncode == -9
    with opened(tmp_path / "ws") as store:
        assert [str(project.project_ref) for project in store.projects.list_projects()] == ["project:kept"]
        journal = next((tmp_path / "ws" / "metadata" / "journal").iterdir())
    # The same cut in the middle of the write: the first of two lines is there, the second is not.
    with opened(tmp_path / "cut") as store:
        with store.transaction() as pending:
            pending.projects.put_project(Project("project:a", "A", AT))
            pending.projects.put_project(Project("project:b", "B", AT))
        journal = next((tmp_path / "cut" / "metadata" / "journal").iterdir())
        lines = journal.read_bytes().splitlines(keepends=True)
        first = next(place for place, line in enumerate(lines) if b"project:a" in line)
    for path in journal.parent.iterdir():
        path.unlink()
    (journal.parent / journal.name).write_bytes(b"".join(lines[: first + 1]))
    with opened(tmp_path / "cut") as store:
        assert store.projects.list_projects() == ()


def test_the_metadata_snapshot(tmp_path):
    """The snapshot has the run and all that belongs to it as models, sorted references and stable notes."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as ctx:
        with ctx.run("r") as run, run.stage("s") as stage, stage.batch("b") as batch, batch.sample("x"):
            pass
        with ctx.deployment("d", run_ref=run.ref):
            pass
        store = ctx.metadata_store
        edge = LineageEdge("relation:e", "used", run.ref, "artifact:p.q.a", AT, "explicit", "low")
        store.relations.put_relation(edge)
        snapshot = store.build_run_snapshot(run.ref)
    value = run.ref.partition(":")[2]
    assert (snapshot.project.name, snapshot.run.name) == ("default", "r")
    assert snapshot.scoped_refs == tuple(
        sorted(
            [
                f"run:{value}",
                f"stage:{value}.s",
                f"batch:{value}.s.b",
                f"sample:{value}.s.b.x",
                f"environment:{value}.runtime",
                "deployment:default.d",
                "relation:e",
            ]
        )
    )
    assert snapshot.relations == (edge,)
    assert snapshot.completeness_notes == (
        "provenance_missing",
        "record_plane_not_projected",
        "artifact_plane_not_projected",
    )
    plain = snapshot.to_dict()
    assert plain["run"]["run_ref"] == run.ref
    assert plain["stages"][0]["stage_name"] == "s"


def test_the_metadata_snapshot_of_no_run(fresh):
    """An unknown run is NotFoundError; a short name is refused, for this layer takes references."""
    with pytest.raises(NotFoundError):
        fresh.build_run_snapshot("run:p.r")
    with pytest.raises(ValidationError):
        fresh.build_run_snapshot("r")

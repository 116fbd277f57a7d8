"""The query service over a repository of a user's own."""

from __future__ import annotations

import pytest

from contexta.errors import InterpretationError, NotFoundError, RunNotFoundError
from contexta.interpretation import (
    BatchRecord,
    CompositeRepository,
    DeploymentRecord,
    MetricCondition,
    ObservationRecord,
    ProvenanceView,
    QueryService,
    RelationRecord,
    RunListQuery,
    SampleRecord,
    StageRecord,
)


def test_an_object_with_the_twelve_methods_is_a_repository(memory):
    """The protocol can be checked at run time and asks for nothing beyond the documented methods."""
    assert isinstance(memory, CompositeRepository)
    assert not isinstance(object(), CompositeRepository)


def test_projects_are_listed_once(memory):
    """A project with several runs is listed once, and the names are sorted."""
    memory.add_run("one", project="zoo")
    memory.add_run("two", project="zoo")
    memory.add_run("one", project="ant")
    assert QueryService(memory).list_projects() == ("ant", "zoo")


def test_the_newest_run_comes_first(memory):
    """Without a query all runs are listed, the newest instant first and those without a start last."""
    memory.add_run("none", started_at=None)
    memory.add_run("late", started_at="2026-01-01T00:00:00.500Z")
    memory.add_run("early", started_at="2026-01-01T00:00:00Z")
    assert [run.name for run in QueryService(memory).list_runs()] == ["late", "early", "none"]


def test_the_querys_own_project_wins(memory):
    """A project in the query is not overruled by the argument; the argument counts where the query has none."""
    memory.add_run("one", project="ant")
    memory.add_run("two", project="bee")
    service = QueryService(memory)
    found = service.list_runs("ant", query=RunListQuery(project_name="bee"))
    assert [run.name for run in found] == ["two"]
    assert [run.name for run in service.list_runs("ant", query=RunListQuery())] == ["one"]
    assert service.list_runs("cat") == ()


def test_latest_is_told_by_instants(memory):
    """Of a whole second and half a second later, which sorts before it as text, the later counts."""
    run_id = memory.add_run("one")
    memory.add_metric(run_id, "loss", 2.0, "2026-01-01T00:00:00.500Z")
    memory.add_metric(run_id, "loss", 1.0, "2026-01-01T00:00:00Z")
    service = QueryService(memory)
    query = RunListQuery(metric_conditions=(MetricCondition("loss", "eq", 2.0),))
    assert [run.run_id for run in service.list_runs(query=query)] == [run_id]


def test_a_newer_stage_metric_beats_one_of_the_run(memory):
    """Without a stage name the newest value counts, wherever it was captured."""
    run_id = memory.add_run("one")
    memory.add_metric(run_id, "loss", 1.0, "2026-01-01T00:00:01Z")
    memory.add_metric(run_id, "loss", 3.0, "2026-01-01T00:00:02Z", stage_id=f"{run_id}.train")
    service = QueryService(memory)
    query = RunListQuery(metric_conditions=(MetricCondition("loss", "eq", 3.0),))
    assert [run.run_id for run in service.list_runs(query=query)] == [run_id]


def test_a_stage_is_known_by_its_name(memory):
    """A condition's stage is found by the stage's name, also where the identifier does not hold it."""
    run_id = memory.add_run("one")
    memory.stages.append(StageRecord("stage-77", run_id, "evaluate", "completed"))
    memory.add_metric(run_id, "loss", 3.0, stage_id="stage-77")
    service = QueryService(memory)
    met = RunListQuery(metric_conditions=(MetricCondition("loss", "gt", 1, "evaluate"),))
    missed = RunListQuery(metric_conditions=(MetricCondition("loss", "gt", 1, "train"),))
    assert [run.run_id for run in service.list_runs(query=met)] == [run_id]
    assert service.list_runs(query=missed) == ()


def test_limit_counts_after_filtering(memory):
    """A limit applies to the runs that match, not to those that are looked at."""
    for number in range(6):
        run_id = memory.add_run(f"run-{number}", started_at=f"2026-01-0{number + 1}T00:00:00Z")
        memory.add_metric(run_id, "loss", number % 2)
    query = RunListQuery(metric_conditions=(MetricCondition("loss", "eq", 0),), limit=2, offset=1)
    assert [run.name for run in QueryService(memory).list_runs(query=query)] == ["run-2", "run-0"]


def test_an_unknown_run_has_a_helpful_error(memory):
    """The error is a not-found error with the interpretation's code, and names the nearest run and the forms."""
    memory.add_run("run-01")
    with pytest.raises(RunNotFoundError, match=r"not found.*'my-proj\.run-01'") as caught:
        QueryService(memory).get_run_snapshot("my-proj.run-10")
    assert caught.value.code == "query_run_not_found"
    assert caught.value.details["run_id"] == "my-proj.run-10"
    assert isinstance(caught.value, InterpretationError)
    assert isinstance(caught.value, NotFoundError)


def test_a_repositorys_own_lookup_error_is_translated(memory):
    """A repository that raises KeyError for an unknown run leads to the same error, with the cause kept."""
    memory.get_run = {}.__getitem__
    with pytest.raises(RunNotFoundError) as caught:
        QueryService(memory).get_run_snapshot("nothing")
    assert isinstance(caught.value.__cause__, KeyError)


def _full_run(memory):
    run_id = memory.add_run("one")
    stage = memory.add_stage(run_id, "train")
    memory.add_stage(run_id, "silent")
    memory.batches.append(BatchRecord(f"{stage}.b0", run_id, stage, "b0", "completed"))
    memory.samples.append(
        SampleRecord(f"{stage}.b0.s", run_id, stage, f"{stage}.b0", "s", "2026-01-01T00:00:00Z")
    )
    memory.deployments.append(DeploymentRecord("my-proj.live", "my-proj", "live", "completed", run_id=run_id))
    artifact = memory.add_artifact(run_id, "weights")
    for number in range(12):
        memory.add_metric(run_id, "loss", number, stage_id=stage)
    for name, source, target in (("z", artifact, "other"), ("a", "other", run_id), ("m", "x", "y")):
        memory.relations.append(
            RelationRecord(name, "used", source, target, "2026-01-01T00:00:00Z", "imported", "high")
        )
    return run_id, artifact


def test_a_snapshot_holds_everything_of_the_run(memory):
    """Stages, batches, samples, deployments, artifacts, records and relations of the run are there, others not."""
    run_id, artifact = _full_run(memory)
    other = memory.add_run("two")
    memory.add_metric(other, "loss", 99)
    snapshot = QueryService(memory).get_run_snapshot(run_id)
    assert snapshot.run.run_id == run_id
    assert [stage.name for stage in snapshot.stages] == ["train", "silent"]
    assert [batch.name for batch in snapshot.batches] == ["b0"]
    assert [sample.name for sample in snapshot.samples] == ["s"]
    assert [each.name for each in snapshot.deployments] == ["live"]
    assert [each.artifact_ref for each in snapshot.artifacts] == [artifact]
    assert [record.value for record in snapshot.records] == list(range(12))
    assert [relation.relation_ref for relation in snapshot.relations] == ["a", "z"]


def test_a_snapshot_names_its_evidence(memory):
    """Evidence is listed in a fixed order, records only the first ten."""
    run_id, _ = _full_run(memory)
    links = QueryService(memory).get_run_snapshot(run_id).evidence_links
    kinds = [link.kind for link in links]
    assert kinds == [
        "run",
        "deployment",
        "stage",
        "stage",
        "batch",
        "sample",
        "artifact",
        *["record"] * 10,
    ]
    assert (links[0].ref, links[0].label) == (run_id, "one")


def test_a_snapshot_says_what_is_missing(memory):
    """Notes name what a run lacks, in a fixed order; a stage without records is named."""
    run_id, _ = _full_run(memory)
    empty = memory.add_run("two")
    service = QueryService(memory)
    assert service.get_run_snapshot(run_id).completeness_notes == (
        "provenance_missing",
        "missing_stage_records:silent",
    )
    assert service.get_run_snapshot(empty).completeness_notes == (
        "stage_list_empty",
        "deployment_list_empty",
        "artifact_list_empty",
        "relation_scope_empty",
        "record_scope_empty",
        "provenance_missing",
    )


def test_records_are_read_when_somebody_looks(memory):
    """Assembling a snapshot reads no record; looking at them reads them once."""
    run_id, _ = _full_run(memory)
    memory.calls.clear()
    snapshot = QueryService(memory).get_run_snapshot(run_id)
    assert "list_records" not in memory.calls
    assert len(snapshot.records) == 12
    assert snapshot.records[0].value == 0
    assert snapshot.records[-2:] == tuple(memory.records[-2:])
    assert memory.calls.count("list_records") == 1


def test_a_snapshot_compares_and_pickles_by_its_items(memory):
    """Snapshots of the same state are equal, and one survives pickling with its records."""
    import pickle

    run_id, _ = _full_run(memory)
    service = QueryService(memory)
    snapshot = service.get_run_snapshot(run_id)
    assert snapshot == service.get_run_snapshot(run_id)
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot


def test_the_origin_of_an_artifact_is_its_run(memory):
    """An artifact leads to the snapshot of its run, an unknown one to None."""
    run_id, artifact = _full_run(memory)
    service = QueryService(memory)
    assert service.get_artifact_origin(artifact).run.run_id == run_id
    assert service.get_artifact_origin("nothing") is None


def test_an_artifact_of_a_lost_run_is_an_error(memory):
    """An artifact whose run is unknown is told apart from an unknown artifact."""
    artifact = memory.add_artifact("gone", "weights")
    with pytest.raises(InterpretationError) as caught:
        QueryService(memory).get_artifact_origin(artifact)
    assert caught.value.code == "query_artifact_origin_incomplete"
    assert caught.value.details == {"artifact_ref": artifact, "run_id": "gone"}


def test_the_lists_of_a_run_are_tuples(memory):
    """Deployments, batches and samples come as tuples and obey their filters."""
    run_id, _ = _full_run(memory)
    service = QueryService(memory)
    assert [each.name for each in service.list_deployments(run_id=run_id)] == ["live"]
    assert service.list_deployments("other-proj") == ()
    assert [each.name for each in service.list_batches(run_id, f"{run_id}.train")] == ["b0"]
    assert service.list_batches(run_id, f"{run_id}.silent") == ()
    assert [each.name for each in service.list_samples(run_id, batch_id=f"{run_id}.train.b0")] == ["s"]
    assert isinstance(service.list_samples(run_id), tuple)


def test_provenance_is_passed_on(memory):
    """The repository's provenance of a run is in its snapshot."""
    run_id = memory.add_run("one")
    view = ProvenanceView(run_id, "provenance:p", "relation:r", "asserted", "2026-01-01T00:00:00Z")
    memory.provenance[run_id] = view
    assert QueryService(memory).get_run_snapshot(run_id).provenance is view


def test_a_metric_without_a_number_is_no_metric(memory):
    """Records whose value is missing or text do not count as values."""
    run_id = memory.add_run("one")
    for value in (None, "high"):
        memory.add_metric(run_id, "loss", value)
    memory.records.append(
        ObservationRecord("r", run_id, None, "event", "loss", "2026-01-01T00:00:00Z", value=1.0)
    )
    query = RunListQuery(metric_conditions=(MetricCondition("loss", "ne", 99),))
    assert QueryService(memory).list_runs(query=query) == ()

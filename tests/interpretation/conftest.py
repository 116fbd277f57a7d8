"""Props: a repository of a user's own, in memory, and a workspace filled through the facade."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from contexta.interpretation import ArtifactRecord, ObservationRecord, RunRecord, StageRecord


@dataclass
class MemoryRepository:
    """The twelve documented methods over lists; identifiers have no prefix, and nothing else is offered."""

    runs: list = field(default_factory=list)
    stages: list = field(default_factory=list)
    batches: list = field(default_factory=list)
    samples: list = field(default_factory=list)
    deployments: list = field(default_factory=list)
    artifacts: list = field(default_factory=list)
    relations: list = field(default_factory=list)
    records: list = field(default_factory=list)
    provenance: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)

    def list_projects(self):
        return [run.project_name for run in self.runs]

    def list_runs(self, project_name=None):
        self.calls.append("list_runs")
        return [run for run in self.runs if project_name in (None, run.project_name)]

    def get_run(self, run_id):
        return next((run for run in self.runs if run.run_id == run_id), None)

    def list_deployments(self, project_name=None, run_id=None):
        return [
            each
            for each in self.deployments
            if project_name in (None, each.project_name) and run_id in (None, each.run_id)
        ]

    def list_stages(self, run_id):
        return [stage for stage in self.stages if stage.run_id == run_id]

    def list_batches(self, run_id, stage_id=None):
        return [each for each in self.batches if each.run_id == run_id and stage_id in (None, each.stage_id)]

    def list_samples(self, run_id, stage_id=None, batch_id=None):
        return [
            each
            for each in self.samples
            if each.run_id == run_id
            and stage_id in (None, each.stage_id)
            and batch_id in (None, each.batch_id)
        ]

    def list_records(self, *, run_id, stage_id=None, record_type=None):
        self.calls.append("list_records")
        return [
            each
            for each in self.records
            if each.run_id == run_id
            and stage_id in (None, each.stage_id)
            and record_type in (None, each.record_type)
        ]

    def list_relations(self, subject_ref=None):
        return [each for each in self.relations if subject_ref in (None, each.source_ref, each.target_ref)]

    def get_provenance(self, run_id):
        return self.provenance.get(run_id)

    def get_artifact(self, artifact_ref):
        return next((each for each in self.artifacts if each.artifact_ref == artifact_ref), None)

    def list_artifacts(self, *, run_id=None, stage_id=None):
        return [
            each
            for each in self.artifacts
            if run_id in (None, each.run_id) and stage_id in (None, each.stage_id)
        ]

    def add_run(self, name, status="completed", started_at="2026-01-01T00:00:00Z", project="my-proj", **more):
        """Add a run ``<project>.<name>`` and return its identifier."""
        run = RunRecord(f"{project}.{name}", project, name, status, started_at, **more)
        self.runs.append(run)
        return run.run_id

    def add_stage(self, run_id, name, status="completed", **more):
        """Add a stage ``<run>.<name>`` and return its identifier."""
        stage = StageRecord(f"{run_id}.{name}", run_id, name, status, order=len(self.stages), **more)
        self.stages.append(stage)
        return stage.stage_id

    def add_metric(self, run_id, key, value, time="2026-01-01T00:00:01Z", stage_id=None, step=None, **more):
        """Add one point of a metric."""
        payload = {} if step is None else {"step": step}
        record_id = f"{run_id}.record-{len(self.records)}"
        self.records.append(
            ObservationRecord(
                record_id, run_id, stage_id, "metric", key, time, value=value, payload=payload, **more
            )
        )

    def add_artifact(self, run_id, name, kind="model", digest=None, **more):
        """Add an artifact ``<run>.<name>`` and return its identifier."""
        more.setdefault("stage_id", None)
        artifact = ArtifactRecord(f"{run_id}.{name}", run_id, kind=kind, hash_value=digest, **more)
        self.artifacts.append(artifact)
        return artifact.artifact_ref


@pytest.fixture
def memory():
    """Return an empty in-memory repository."""
    return MemoryRepository()


@pytest.fixture(scope="session")
def make_memory():
    """Return the class of the in-memory repository, for tests that make many."""
    return MemoryRepository


QUIET = {
    "records": {"durability_mode": "flush"},
    "capture": {
        "capture_environment_snapshot": False,
        "capture_code_revision": False,
        "capture_config_snapshot": False,
    },
}


SQLITE = {
    "metadata": {"storage_adapter": "sqlite"},
    "records": {"storage_adapter": "sqlite", "durability_mode": "flush"},
}


@pytest.fixture
def ctx(tmp_path):
    """Open an empty workspace that captures what the test captures and nothing else."""
    from contexta import Contexta

    with Contexta(workspace=str(tmp_path / "workspace"), config=QUIET) as opened:
        yield opened


@pytest.fixture(scope="session", params=["stock", "plain", "memory", "sqlite"])
def golden_query(request, golden, tmp_path_factory):
    """Return a query service over the golden runs: in the stock stores, in plain ones, in SQLite, in a repository."""
    from contexta.interpretation import QueryService

    if request.param == "memory":
        yield QueryService(golden.memory_repository())
        return
    open_it = golden.open_plain if request.param == "plain" else golden.open_stock
    config = SQLITE if request.param == "sqlite" else None
    with open_it(tmp_path_factory.mktemp("golden") / "ws", config) as ctx:
        yield ctx.query_service

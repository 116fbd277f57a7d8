"""The book as a repository of a user's own: the twelve documented methods over lists, and nothing else.

Nothing of it is the read model's code but the result models.  What takes more than the twelve methods is not there:
environments, assertions about single relations, and whether bodies are whole.
"""

from __future__ import annotations

import hashlib

from contexta.interpretation import (
    ArtifactRecord,
    BatchRecord,
    DeploymentRecord,
    ObservationRecord,
    ProvenanceView,
    RelationRecord,
    RunRecord,
    StageRecord,
)
from contexta.spi.metadata import EntityKind

__all__ = ["MemoryOfBook", "memory_of"]


class MemoryOfBook:
    """Lists of result models."""

    def __init__(self):
        self.runs, self.stages, self.batches, self.deployments = [], [], [], []
        self.artifacts, self.relations, self.records, self.assertions = [], [], [], []

    def list_projects(self):
        return sorted({run.project_name for run in self.runs})

    def list_runs(self, project_name=None):
        return [run for run in self.runs if project_name in (None, run.project_name)]

    def get_run(self, run_id):
        return next((run for run in self.runs if run_id in (run.run_id, run.run_id[4:])), None)

    def list_deployments(self, project_name=None, run_id=None):
        return [
            each
            for each in self.deployments
            if project_name in (None, each.project_name) and run_id in (None, each.run_id)
        ]

    def list_stages(self, run_id):
        return [each for each in self.stages if each.run_id == run_id]

    def list_batches(self, run_id, stage_id=None):
        return [each for each in self.batches if each.run_id == run_id and stage_id in (None, each.stage_id)]

    def list_samples(self, run_id, stage_id=None, batch_id=None):
        return []

    def list_records(self, *, run_id, stage_id=None, record_type=None):
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
        ends = {each.relation_ref for each in self.list_relations(run_id)}
        return next((each for each in self.assertions if each.relation_ref in ends), None)

    def get_artifact(self, artifact_ref):
        return next((each for each in self.artifacts if each.artifact_ref == artifact_ref), None)

    def list_artifacts(self, *, run_id=None, stage_id=None):
        return [
            each
            for each in self.artifacts
            if run_id in (None, each.run_id) and stage_id in (None, each.stage_id)
        ]


def memory_of(book):
    """Return the repository of a book."""
    memory = MemoryOfBook()
    for each in book.mutations:
        _ADD.get(each.kind, _nothing)(memory, each.ref, each.fields)
    memory.records += [_record(flat) for flat in book.flats]
    memory.artifacts += [_artifact(body) for body in book.bodies]
    return memory


def _times(fields):
    return {name: fields.get(name) for name in ("started_at", "ended_at")}


def _add_run(memory, ref, fields):
    kept = ("tags", "parameters", "metadata", "code_revision", "dataset_ref", "archived_at")
    more = {name: fields[name] for name in kept if name in fields}
    memory.runs.append(
        RunRecord(ref, fields["project_name"], fields["name"], fields["status"], **_times(fields), **more)
    )


def _add_stage(memory, ref, fields):
    order = fields["order_index"]
    memory.stages.append(
        StageRecord(ref, fields["run_ref"], fields["name"], fields["status"], order, **_times(fields))
    )


def _add_batch(memory, ref, fields):
    memory.batches.append(
        BatchRecord(
            ref, fields["run_ref"], fields["stage_ref"], fields["name"], fields["status"], **_times(fields)
        )
    )


def _add_deployment(memory, ref, fields):
    project = fields["project_ref"].partition(":")[2]
    memory.deployments.append(
        DeploymentRecord(
            ref,
            project,
            fields["name"],
            fields["status"],
            run_id=fields["run_ref"],
            artifact_ref=fields.get("artifact_ref"),
            **_times(fields),
        )
    )


def _add_relation(memory, ref, fields):
    names = (
        "relation_type",
        "source_ref",
        "target_ref",
        "recorded_at",
        "origin_marker",
        "confidence_marker",
    )
    memory.relations.append(RelationRecord(ref, *(fields[name] for name in names)))


def _add_assertion(memory, ref, fields):
    memory.assertions.append(
        ProvenanceView(
            run_id="",
            provenance_ref=ref,
            relation_ref=fields["relation_ref"],
            assertion_mode=fields["assertion_mode"],
            asserted_at=fields["asserted_at"],
            evidence_bundle_ref=fields["evidence_bundle_ref"],
        )
    )


def _nothing(memory, ref, fields):
    """Leave out what the twelve methods do not ask for."""


_ADD = {
    EntityKind.RUN: _add_run,
    EntityKind.STAGE: _add_stage,
    EntityKind.BATCH: _add_batch,
    EntityKind.DEPLOYMENT: _add_deployment,
    EntityKind.RELATION: _add_relation,
    EntityKind.PROVENANCE: _add_assertion,
}

_IN_PAYLOAD = ("step", "level", "attributes", "category", "severity")


def _record(flat):
    payload = {name: flat[name] for name in _IN_PAYLOAD if name in flat}
    if flat["type"] == "event":
        payload.setdefault("level", "info")
    return ObservationRecord(
        f"record:{flat['run'][4:]}.{flat['id']}",
        flat["run"],
        flat.get("stage"),
        flat["type"],
        flat["key"],
        flat["time"],
        value=flat.get("value"),
        message=flat.get("message"),
        completeness_marker=flat.get("completeness", "complete"),
        degradation_marker=flat.get("degradation", "none"),
        payload=payload,
        unit=flat.get("unit"),
    )


def _artifact(body):
    content = body.content
    return ArtifactRecord(
        body.ref,
        body.manifest["run_ref"],
        body.manifest.get("stage_execution_ref"),
        body.manifest["artifact_kind"],
        body.manifest["created_at"],
        body.manifest["location_ref"],
        None if content is None else f"sha256:{hashlib.sha256(content).hexdigest()}",
        None if content is None else len(content),
    )

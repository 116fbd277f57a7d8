"""What the metadata store alone knows of one run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from contexta.contract.encoding import to_payload
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from contexta.contract.contract_model import ContractModel
    from contexta.contract.models.deployment import DeploymentExecution
    from contexta.contract.models.environment import EnvironmentSnapshot
    from contexta.contract.models.execution import BatchExecution, StageExecution
    from contexta.contract.models.lineage import LineageEdge, ProvenanceRecord
    from contexta.contract.models.observation import SampleObservation
    from contexta.contract.models.project import Project
    from contexta.contract.models.run import Run
    from contexta.store.metadata.store import MetadataStore

__all__ = ["RunSnapshot", "build_run_snapshot"]


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """One run and what belongs to it, as canonical models; records and artifacts are not in it.

    Args:
        project: Its project, or None where that is missing.
        run: The run.
        deployments: Deployments of its result.
        stages: Its stages, in order.
        batches: Its batches, in order.
        samples: Its samples, in the order of observation.
        environments: What surrounded it, the oldest first.
        relations: Recorded relations that start or end at one of these, the oldest first.
        provenance: What was asserted about those relations, the oldest first.
        scoped_refs: References of the run and all of these but the project, sorted.
        completeness_notes: What is missing, as stable words.
    """

    project: Project | None
    run: Run
    deployments: tuple[DeploymentExecution, ...] = ()
    stages: tuple[StageExecution, ...] = ()
    batches: tuple[BatchExecution, ...] = ()
    samples: tuple[SampleObservation, ...] = ()
    environments: tuple[EnvironmentSnapshot, ...] = ()
    relations: tuple[LineageEdge, ...] = ()
    provenance: tuple[ProvenanceRecord, ...] = ()
    scoped_refs: tuple[str, ...] = ()
    completeness_notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot as plain data, by the names of its fields."""
        return {each.name: to_payload(getattr(self, each.name)) for each in fields(self)}


def build_run_snapshot(store: MetadataStore, run_ref: str) -> RunSnapshot:
    """Assemble what the metadata store knows of one run.

    Args:
        store: The store.
        run_ref: The run's full reference.

    Raises:
        NotFoundError: There is no such run.
        ValidationError: It is no reference of a run.
    """
    run = store.runs.get_run(run_ref)
    ref = str(run.run_ref)
    deployments = store.deployments.list_deployment_executions(run_ref=ref)
    stages = store.stages.list_stage_executions(ref)
    batches = store.batches.list_batch_executions(run_ref=ref)
    samples = store.samples.list_sample_observations(run_ref=ref)
    environments = store.environments.list_environment_snapshots(ref)
    own: tuple[ContractModel, ...] = (run, *deployments, *stages, *batches, *samples, *environments)
    refs = {_ref_of(each) for each in own}
    relations = tuple(
        edge
        for edge in store.relations.list_relations()
        if not refs.isdisjoint((edge.source_ref, edge.target_ref))
    )
    edges = {str(edge.relation_ref) for edge in relations}
    provenance = tuple(each for each in store.provenance.list_provenance() if str(each.relation_ref) in edges)
    return RunSnapshot(
        project=store.projects.find_project(str(run.project_ref)),
        run=run,
        deployments=deployments,
        stages=stages,
        batches=batches,
        samples=samples,
        environments=environments,
        relations=relations,
        provenance=provenance,
        scoped_refs=tuple(sorted({*refs, *edges, *map(_ref_of, provenance)})),
        completeness_notes=_notes(store, ref, bool(environments), bool(relations), bool(provenance)),
    )


def _ref_of(model: ContractModel) -> str:
    """Return the reference of a model itself, which is its first field."""
    from contexta.contract.contract_model import model_fields

    return str(getattr(model, model_fields(type(model))[0].name))


def _notes(
    store: MetadataStore, run_ref: str, has_environment: bool, has_relations: bool, has_provenance: bool
) -> tuple[str, ...]:
    notes = []
    entity = store.get(EntityKind.RUN, run_ref)
    if entity is not None and entity.document.get("status") == "interrupted":
        notes.append("run_interrupted")
    if not has_environment:
        notes.append("environment_snapshot_missing")
    if not has_relations:
        notes.append("relation_graph_empty")
    elif not has_provenance:
        notes.append("provenance_missing")
    return (*notes, "record_plane_not_projected", "artifact_plane_not_projected")

"""The one read model over the three stores of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.interpretation.artifact_bodies import check_body
from contexta.interpretation.entity_order import instant_or_zero, place_of
from contexta.interpretation.identifiers import (
    find_artifact,
    find_run,
    project_refs,
    require_run,
    stage_ref_of,
)
from contexta.interpretation.observations import observation_of
from contexta.interpretation.projections import (
    artifact_of,
    batch_of,
    deployment_of,
    environment_of,
    run_of,
    sample_of,
    stage_of,
)
from contexta.interpretation.relations import (
    all_relations,
    newest_assertions,
    relations_of_subject,
    stored_relations,
)
from contexta.interpretation.run_search import count_runs, find_runs
from contexta.spi.flawed_records import flawed_records
from contexta.spi.following import SupportsFollowing, follow_by_scans
from contexta.spi.identifiers import identifier_text
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.outlines import outlines_of
from contexta.spi.pushdown import SupportsPushdown, pushdown_of
from contexta.spi.records import ScanFilter, SupportsSummaries
from contexta.spi.summaries import PlainSummaries
from contexta.spi.views import (
    ArtifactRecord,
    BatchRecord,
    DeploymentRecord,
    EnvironmentView,
    ObservationRecord,
    ProvenanceView,
    RelationRecord,
    RunRecord,
    SampleRecord,
    StageRecord,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contexta.interpretation.relations import StoredRelations
    from contexta.spi.artifacts import ArtifactBackend
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.metadata import Entity, MetadataBackend
    from contexta.spi.outlines import MetricOutline, OutlineQuery
    from contexta.spi.pushdown import MetricArrays
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricPoint, MetricSummary, RecordBackend

__all__ = [
    "ArtifactRecord",
    "BatchRecord",
    "CompositeStoreRepository",
    "DeploymentRecord",
    "ObservationRecord",
    "ProvenanceView",
    "RelationRecord",
    "RunRecord",
    "SampleRecord",
    "StageRecord",
]


#: The artifacts of so many runs are asked for run by run; for those of more all are listed once.
_FEW_RUNS = 64


class CompositeStoreRepository:
    """Reads runs, records, artifacts and relations from the stores of a workspace.

    Identifiers are full references.  Where one is asked for, ``project.run`` and, where it is unique, the last
    component do as well.  What another process wrote a moment ago is there; nothing is kept between two calls.

    Args:
        metadata: The metadata store.
        records: Returns the record store; called when records are asked for.
        artifacts: Returns the artifact store; called when artifacts are asked for.
    """

    def __init__(
        self,
        *,
        metadata: MetadataBackend,
        records: Callable[[], RecordBackend],
        artifacts: Callable[[], ArtifactBackend],
    ) -> None:
        self._metadata = metadata
        self._records = records
        self._artifacts = artifacts

    # -- runs and what they consist of --------------------------------------------------------------------------

    def list_projects(self) -> tuple[str, ...]:
        """Return the names of all projects, sorted."""
        projects = self._metadata.find(EntityQuery(EntityKind.PROJECT, order_by="name"))
        names = {each.document.get("name") or each.ref.partition(":")[2] for each in projects}
        return tuple(sorted(names))

    def list_runs(self, project_name: str | None = None) -> tuple[RunRecord, ...]:
        """Return the runs of one project, or all: by project, the oldest first."""
        refs = None if project_name is None else project_refs(self._metadata, project_name)
        runs = self._metadata.find(EntityQuery(EntityKind.RUN, order_by="started_at"))
        chosen = [run for run in runs if refs is None or run.document.get("project_ref") in refs]
        chosen.sort(key=lambda run: run.ref.partition(".")[0])
        return tuple(run_of(run) for run in chosen)

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return one run, or None.

        Raises:
            InterpretationError: Runs of several projects have that short name.
        """
        found = find_run(self._metadata, run_id)
        return None if found is None else run_of(found)

    def list_stages(self, run_id: str) -> tuple[StageRecord, ...]:
        """Return the stages of a run, in order.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return tuple(stage_of(each) for each in self._owned(EntityKind.STAGE, run_id))

    def stages_of_runs(self, run_ids: Sequence[str]) -> dict[str, tuple[StageRecord, ...]]:
        """Return the stages of some runs, by run and in order; a run without any is absent.

        Args:
            run_ids: References of the runs.
        """
        asked = EntityQuery(EntityKind.STAGE, fields={"run_ref": frozenset(run_ids)}, order_by="ref")
        found: dict[str, list[Entity]] = {}
        for each in self._metadata.find(asked):
            found.setdefault(each.document["run_ref"], []).append(each)
        place = place_of(EntityKind.STAGE)
        return {run: tuple(map(stage_of, sorted(stages, key=place))) for run, stages in found.items()}

    def list_batches(self, run_id: str, stage_id: str | None = None) -> tuple[BatchRecord, ...]:
        """Return the batches of a run or of one of its stages, in order.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return tuple(batch_of(each) for each in self._owned(EntityKind.BATCH, run_id, stage_id))

    def list_samples(
        self, run_id: str, stage_id: str | None = None, batch_id: str | None = None
    ) -> tuple[SampleRecord, ...]:
        """Return the samples of a run, or of one of its stages or batches, in the order of observation.

        Raises:
            RunNotFoundError: There is no such run.
        """
        samples = [sample_of(each) for each in self._owned(EntityKind.SAMPLE, run_id, stage_id)]
        if batch_id is None:
            return tuple(samples)
        wanted = identifier_text(batch_id, "batch")
        return tuple(
            each
            for each in samples
            if each.batch_id is not None
            and wanted in (each.batch_id, each.batch_id.partition(":")[2], each.batch_id.rpartition(".")[2])
        )

    def list_deployments(
        self, project_name: str | None = None, run_id: str | None = None
    ) -> tuple[DeploymentRecord, ...]:
        """Return the deployments of a project, of a run, or all, the oldest first.

        Raises:
            RunNotFoundError: There is no such run.
        """
        fields = {} if run_id is None else {"run_ref": require_run(self._metadata, run_id)}
        refs = None if project_name is None else project_refs(self._metadata, project_name)
        found = self._metadata.find(EntityQuery(EntityKind.DEPLOYMENT, fields=fields))
        return tuple(
            deployment_of(each) for each in found if refs is None or each.document.get("project_ref") in refs
        )

    def get_environment(self, run_id: str) -> EnvironmentView | None:
        """Return what was captured last of a run's surroundings, or None.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = require_run(self._metadata, run_id)
        found = self._metadata.find(EntityQuery(EntityKind.ENVIRONMENT, fields={"run_ref": run_ref}))
        views = [environment_of(each) for each in found]
        return max(views, key=lambda view: instant_or_zero(view.captured_at), default=None)

    def _owned(self, kind: EntityKind, run_id: str, stage_id: str | None = None) -> list[Entity]:
        """Return what belongs to a run or stage, by its number, then by time."""
        run_ref = require_run(self._metadata, run_id)
        fields = {"run_ref": run_ref}
        if stage_id is not None:
            fields["stage_ref"] = stage_ref_of(run_ref, stage_id)
        return sorted(
            self._metadata.find(EntityQuery(kind, fields=fields, order_by="ref")), key=place_of(kind)
        )

    # -- records --------------------------------------------------------------------------------------------------

    def list_records(
        self, *, run_id: str, stage_id: str | None = None, record_type: str | None = None
    ) -> tuple[ObservationRecord, ...]:
        """Return the records of a run; those of one process in the order of appending, several by time.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: An unknown record type.
        """
        run_ref = require_run(self._metadata, run_id)
        stage_ref = None if stage_id is None else stage_ref_of(run_ref, stage_id)
        scan_filter = ScanFilter(run_ref=run_ref, stage_execution_ref=stage_ref, record_type=record_type)
        stored = list(self._records().scan(scan_filter))
        if len({each.segment for each in stored}) > 1:
            stored.sort(key=lambda each: instant(each.record["time"]))
        return tuple(observation_of(each.record) for each in stored)

    def flawed_records(self, run_id: str) -> tuple[ObservationRecord, ...]:
        """Return the records of a run that are incomplete or degraded, in the order of appending.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = require_run(self._metadata, run_id)
        return tuple(observation_of(each.record) for each in flawed_records(self._records(), run_ref))

    def follow_records(self, run_id: str) -> Iterator[tuple[ObservationRecord, ...]]:
        """Yield the records of a run so far, and then, each time the iterator is asked, what came since.

        The iterator never ends and never waits: where nothing came, it yields nothing at all, an empty tuple.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = require_run(self._metadata, run_id)
        records = self._records()
        looks = (
            records.follow(run_ref)
            if isinstance(records, SupportsFollowing)
            else follow_by_scans(records, run_ref)
        )
        return (tuple(observation_of(each.record) for each in found) for found in looks)

    def count_records(self, run_id: str) -> int:
        """Return the number of records of a run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return sum(self.record_counts(run_id).values())

    def record_counts(self, run_id: str) -> Mapping[str, int]:
        """Return the number of records of a run by record type; types without records are absent.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self._summaries().counts(require_run(self._metadata, run_id))

    def record_counts_of_runs(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records of some runs by record type; runs and types without records are absent.

        Args:
            run_ids: References of the runs.
        """
        records = self._records()
        if isinstance(records, SupportsPushdown):
            return records.counts_by_run(runs=run_ids)
        # Each on its own: a plain search for several runs would look at the records of all.
        summaries = self._summaries()
        counts = {run_id: summaries.counts(run_id) for run_id in run_ids}
        return {run_id: found for run_id, found in counts.items() if found}

    def metric_summaries(
        self, run_ids: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and metric; None for all runs or all metrics.

        Raises:
            RunNotFoundError: There is no such run.
        """
        refs = None if run_ids is None else [self._run_ref(each) for each in run_ids]
        return self._summaries().summaries(runs=refs, keys=keys)

    def metric_keys(self, run_ids: Sequence[str] | None = None) -> Sequence[str]:
        """Return the distinct keys of the metrics of some runs, sorted; None for all runs.

        Raises:
            RunNotFoundError: There is no such run.
        """
        refs = None if run_ids is None else [self._run_ref(each) for each in run_ids]
        return pushdown_of(self._records()).keys(runs=refs)

    def metric_points(self, run_id: str, key: str, stage_id: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, by step, then by time; None for all stages.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = self._run_ref(run_id)
        stage = None if stage_id is None else stage_ref_of(run_ref, stage_id)
        return self._summaries().points(run_ref, key, stage=stage)

    def metric_arrays(self, run_id: str, key: str, stage_id: str | None = None) -> MetricArrays:
        """Return the points of one metric of one run as arrays of numbers; None for all stages.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = self._run_ref(run_id)
        stage = None if stage_id is None else stage_ref_of(run_ref, stage_id)
        return pushdown_of(self._records()).arrays(run_ref, key, stage=stage)

    def metric_points_between(
        self, run_id: str, key: str, stage_id: str | None = None, *, start_time: str, end_time: str
    ) -> Sequence[MetricPoint]:
        """Return points within a range; see :class:`contexta.spi.repository.SupportsMetricArrays`.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: An unreadable time, or a range that ends before it starts.
        """
        run_ref = self._run_ref(run_id)
        stage = None if stage_id is None else stage_ref_of(run_ref, stage_id)
        return pushdown_of(self._records()).points_between(
            run_ref, key, stage=stage, start_time=start_time, end_time=end_time
        )

    def metric_outlines(
        self, run_ids: Sequence[str], key: str, query: OutlineQuery, stage_id: str | None = None
    ) -> Mapping[str, MetricOutline]:
        """Return how a metric looks in some runs at a width, by run; runs without a point are absent.

        Args:
            run_ids: The runs.
            key: Key of the metric.
            query: Width and part of the axis.
            stage_id: Only values of this stage of each run; None for all.

        Raises:
            RunNotFoundError: There is no such run.
        """
        refs = {run_id: self._run_ref(run_id) for run_id in run_ids}
        ask = outlines_of(self._records()).outlines
        found: dict[str, MetricOutline] = {}
        if stage_id is None:
            found.update(ask(list(refs.values()), key, query))
        else:
            # Each run has stages of its own.
            for ref in refs.values():
                found.update(ask([ref], key, query, stage=stage_ref_of(ref, stage_id)))
        return {run_id: found[ref] for run_id, ref in refs.items() if ref in found}

    def find_runs(self, query: RunListQuery) -> tuple[RunRecord, ...]:
        """Return the runs that match, in the query's order."""
        return find_runs(self._metadata, self._summaries, query)

    def count_runs(self, query: RunListQuery) -> Mapping[tuple[str, str], int] | None:
        """Return how many runs match, by project and status, or None where they have to be listed for it."""
        return count_runs(self._metadata, query)

    def _run_ref(self, run_id: str) -> str:
        # A full reference is taken as it is: it costs nothing, and an unknown one has no records.
        text = identifier_text(run_id)
        return text if text.startswith("run:") else require_run(self._metadata, text)

    def _summaries(self) -> SupportsSummaries:
        backend: Any = self._records()
        return backend if isinstance(backend, SupportsSummaries) else PlainSummaries(backend)

    # -- artifacts ------------------------------------------------------------------------------------------------

    def get_artifact(self, artifact_ref: str) -> ArtifactRecord | None:
        """Return one artifact, or None.

        Raises:
            InterpretationError: Several artifacts have that short name.
        """
        found = find_artifact(self._artifacts(), artifact_ref)
        return None if found is None else artifact_of(found)

    def list_artifacts(
        self, *, run_id: str | None = None, stage_id: str | None = None
    ) -> tuple[ArtifactRecord, ...]:
        """Return the artifacts of a run, of a stage, or all, in the order of registration.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = None if run_id is None else require_run(self._metadata, run_id)
        found = (artifact_of(each) for each in self._artifacts().list_artifacts(run_ref=run_ref))
        if stage_id is None:
            return tuple(found)
        return tuple(each for each in found if each.stage_id == stage_ref_of(each.run_id, stage_id))

    def artifacts_of_runs(self, run_ids: Sequence[str]) -> dict[str, tuple[ArtifactRecord, ...]]:
        """Return the artifacts of some runs, by run, in the order of registration; a run without any is absent.

        Args:
            run_ids: References of the runs.
        """
        store = self._artifacts()
        if len(run_ids) <= _FEW_RUNS:
            bound = {run_id: store.list_artifacts(run_ref=run_id) for run_id in run_ids}
            return {run_id: tuple(map(artifact_of, found)) for run_id, found in bound.items() if found}
        wanted = frozenset(run_ids)
        found: dict[str, list[ArtifactRecord]] = {}
        for each in store.list_artifacts():
            run_ref = each.manifest.get("run_ref")
            if run_ref in wanted:
                found.setdefault(run_ref, []).append(artifact_of(each))
        return {run_id: tuple(artifacts) for run_id, artifacts in found.items()}

    def check_artifact(self, artifact_ref: str, *, read_content: bool = False) -> IntegrityFinding | None:
        """Return what is wrong with the body of an artifact, or None where it is whole.

        Args:
            artifact_ref: The artifact.
            read_content: Compare every byte with the digest; otherwise only presence and size are looked at, but for
                a directory, which is always read.
        """
        return check_body(self._artifacts(), artifact_ref, read_content=read_content)

    # -- relations ------------------------------------------------------------------------------------------------

    def list_relations(self, subject_ref: str | None = None) -> tuple[RelationRecord, ...]:
        """Return the relations of a subject and of what belongs to it, by reference; None for all.

        To a run belong its stages, batches, samples, operations, artifacts, records and deployments; to a stage what
        is inside it, and its artifacts.
        """
        if subject_ref is None:
            return all_relations(self._metadata)
        subject = self._subject(subject_ref)
        return relations_of_subject(self._metadata, subject, self._belonging(subject))

    def relation_lookup(self) -> StoredRelations | None:
        """Return what finds relations by their ends, or None where the store would list all for each question."""
        return stored_relations(self._metadata)

    def get_provenance(self, run_id: str) -> ProvenanceView | None:
        """Return the newest assertion about a relation of a run, or None.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = require_run(self._metadata, run_id)
        relations = [each.relation_ref for each in self.list_relations(run_ref)]
        views = sorted(
            newest_assertions(self._metadata, relations, run_ref).values(),
            key=lambda view: view.provenance_ref,
        )
        return max(views, key=lambda view: instant_or_zero(view.asserted_at), default=None)

    def relation_provenance(self, relation_refs: Sequence[str]) -> dict[str, ProvenanceView]:
        """Return the newest assertion about each of these relations that has one."""
        return newest_assertions(self._metadata, relation_refs)

    def _subject(self, subject_ref: str) -> str:
        text = identifier_text(subject_ref)
        return text if ":" in text else require_run(self._metadata, text)

    def _belonging(self, subject: str) -> set[str]:
        """Return what belongs to a subject without its reference telling so."""
        kind = subject.partition(":")[0]
        if kind == "run":
            return {each.deployment_id for each in self.list_deployments(run_id=subject)}
        if kind == "stage":
            run_ref = "run:" + subject.partition(":")[2].rpartition(".")[0]
            return {each.artifact_ref for each in self.list_artifacts(run_id=run_ref, stage_id=subject)}
        return set()

    # -- damage ---------------------------------------------------------------------------------------------------

    def damage_counts(self) -> Mapping[str, int]:
        """Return the number of damaged lines that were passed over so far, by plane; the stores' checks locate them."""
        return {"metadata": self._metadata.damage_count, "records": self._records().damage_count}

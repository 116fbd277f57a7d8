"""The read model that interpretation services ask: a protocol of twelve methods, and an optional quick path.

A repository of the user's own, an in-memory one in a test for instance, needs the twelve methods and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.pushdown import MetricArrays
    from contexta.spi.querying import RunListQuery
    from contexta.spi.records import MetricPoint, MetricSummary
    from contexta.spi.relation_lookup import RelationSide
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

__all__ = [
    "ArtifactStoreReader",
    "CompositeRepository",
    "RecordStoreReader",
    "RelationLookup",
    "RelationStoreReader",
    "RunStoreReader",
    "SupportsArtifactChecks",
    "SupportsBulkQueries",
    "SupportsDamage",
    "SupportsEnvironments",
    "SupportsFlawedRecords",
    "SupportsFollowedRecords",
    "SupportsManyRuns",
    "SupportsMetricArrays",
    "SupportsRecordCounts",
    "SupportsRelationLookups",
    "SupportsRelationProvenance",
    "SupportsRunCounts",
]


@runtime_checkable
class RunStoreReader(Protocol):
    """Projects, runs and what runs consist of."""

    def list_projects(self) -> Sequence[str]:
        """Return the names of all projects."""

    def list_runs(self, project_name: str | None = None) -> Sequence[RunRecord]:
        """Return the runs of one project, or all."""

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return one run, or None."""

    def list_deployments(
        self, project_name: str | None = None, run_id: str | None = None
    ) -> Sequence[DeploymentRecord]:
        """Return the deployments of a project, of a run, or all."""

    def list_stages(self, run_id: str) -> Sequence[StageRecord]:
        """Return the stages of a run, in order."""

    def list_batches(self, run_id: str, stage_id: str | None = None) -> Sequence[BatchRecord]:
        """Return the batches of a run or of one of its stages, in order."""

    def list_samples(
        self, run_id: str, stage_id: str | None = None, batch_id: str | None = None
    ) -> Sequence[SampleRecord]:
        """Return the samples of a run, or of one of its stages or batches."""


@runtime_checkable
class RecordStoreReader(Protocol):
    """Events, metrics, spans and degraded markers."""

    def list_records(
        self, *, run_id: str, stage_id: str | None = None, record_type: str | None = None
    ) -> Sequence[ObservationRecord]:
        """Return the records of a run, in the order of appending."""


@runtime_checkable
class RelationStoreReader(Protocol):
    """Recorded relations and their provenance."""

    def list_relations(self, subject_ref: str | None = None) -> Sequence[RelationRecord]:
        """Return the relations that start or end at a subject, or all."""

    def get_provenance(self, run_id: str) -> ProvenanceView | None:
        """Return the newest provenance of a run, or None."""


@runtime_checkable
class ArtifactStoreReader(Protocol):
    """Artifacts."""

    def get_artifact(self, artifact_ref: str) -> ArtifactRecord | None:
        """Return one artifact, or None."""

    def list_artifacts(
        self, *, run_id: str | None = None, stage_id: str | None = None
    ) -> Sequence[ArtifactRecord]:
        """Return the artifacts of a run, of a stage, or all."""


@runtime_checkable
class CompositeRepository(
    RunStoreReader, RecordStoreReader, RelationStoreReader, ArtifactStoreReader, Protocol
):
    """The read model over all stores: what an interpretation service can count on."""


@runtime_checkable
class SupportsBulkQueries(Protocol):
    """Questions about many runs, answered without a call for each.

    A repository without it gets the same answers from :mod:`contexta.spi.plain_queries`.
    """

    def find_runs(self, query: RunListQuery) -> Sequence[RunRecord]:
        """Return the runs that match, in the query's order."""

    def metric_summaries(
        self, run_ids: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and metric; None for all runs or all metrics."""

    def metric_points(self, run_id: str, key: str, stage_id: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, by step, then by time; None for all stages."""

    def count_records(self, run_id: str) -> int:
        """Return the number of records of a run."""


@runtime_checkable
class SupportsEnvironments(Protocol):
    """What surrounded runs."""

    def get_environment(self, run_id: str) -> EnvironmentView | None:
        """Return what was captured last of a run's surroundings, or None."""


@runtime_checkable
class SupportsDamage(Protocol):
    """What could not be read."""

    def damage_counts(self) -> Mapping[str, int]:
        """Return the number of damaged lines that were passed over so far, by plane."""


@runtime_checkable
class SupportsRelationProvenance(Protocol):
    """Who asserted relations."""

    def relation_provenance(self, relation_refs: Sequence[str]) -> Mapping[str, ProvenanceView]:
        """Return the newest assertion about each of these relations that has one."""


@runtime_checkable
class SupportsRunCounts(Protocol):
    """Runs counted without being listed."""

    def count_runs(self, query: RunListQuery) -> Mapping[tuple[str, str], int] | None:
        """Return how many runs match, by name of the project and status; None where they have to be listed for it."""


class RelationLookup(Protocol):
    """Recorded relations by what they start or end at."""

    def relations_of(
        self, refs: Collection[str], side: RelationSide | None = None
    ) -> Sequence[RelationRecord]:
        """Return the relations that start or end at one of these, each once, by reference.

        Args:
            refs: References.
            side: ``"later"`` for those that say what one of these came from, ``"earlier"`` for those that say what came
                from one; None for both.
        """

    def get_relation(self, ref: str) -> RelationRecord | None:
        """Return one relation, or None."""

    def dataset_users(self, refs: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the runs that name one of these as their primary dataset, by dataset, the oldest first.

        Args:
            refs: References; what no run names is absent.
        """

    def relations_inside(self, subject_ref: str) -> Sequence[RelationRecord]:
        """Return the relations that start or end at a run or stage, or inside of it, by reference.

        Args:
            subject_ref: The run's or stage's reference; those of what is inside go on where it ends.
        """


@runtime_checkable
class SupportsRelationLookups(Protocol):
    """Relations found by their ends, so that a walk reads the few that it passes.

    Of a repository without it all relations are listed.
    """

    def relation_lookup(self) -> RelationLookup | None:
        """Return what finds them, or None where the store would have to look at all of them for each question."""


@runtime_checkable
class SupportsFollowedRecords(Protocol):
    """The records of a run as they come."""

    def follow_records(self, run_id: str) -> Iterator[Sequence[ObservationRecord]]:
        """Yield the records of a run so far, and then, each time the iterator is asked, what came since.

        The iterator never ends and never waits: where nothing came, it yields an empty sequence.
        """


@runtime_checkable
class SupportsFlawedRecords(Protocol):
    """The records that tell less than what happened, without all the others."""

    def flawed_records(self, run_id: str) -> Sequence[ObservationRecord]:
        """Return the records of a run that are incomplete or degraded, in the order of appending."""


@runtime_checkable
class SupportsRecordCounts(Protocol):
    """How many records of each type a run has, without reading them.

    A repository without it gets the same from :func:`contexta.spi.plain_queries.record_counts`.
    """

    def record_counts(self, run_id: str) -> Mapping[str, int]:
        """Return the number of records of a run by record type; types without records are absent."""


@runtime_checkable
class SupportsManyRuns(Protocol):
    """What many runs consist of, asked together.

    Of a repository without it :mod:`contexta.spi.many_runs` asks run by run.
    """

    def stages_of_runs(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[StageRecord]]:
        """Return the stages of some runs, by run and in order; a run without any is absent.

        Args:
            run_ids: Identifiers of the runs, as the repository gives them.
        """

    def artifacts_of_runs(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[ArtifactRecord]]:
        """Return the artifacts of some runs, by run, in the order of registration; a run without any is absent."""

    def record_counts_of_runs(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records of some runs by record type; runs and types without records are absent."""


@runtime_checkable
class SupportsMetricArrays(Protocol):
    """Long series as numbers, and the few of their points that somebody names.

    Of a repository without it the points themselves are asked for.
    """

    def metric_arrays(self, run_id: str, key: str, stage_id: str | None = None) -> MetricArrays:
        """Return the points of one metric of one run as arrays of numbers; None for all stages."""

    def metric_points_between(
        self, run_id: str, key: str, stage_id: str | None = None, *, start_time: str, end_time: str
    ) -> Sequence[MetricPoint]:
        """Return the points of one metric that were observed within a range, by step, then by time.

        Args:
            run_id: The run.
            key: Key of the metric.
            stage_id: The stage; None for all.
            start_time: The first instant that belongs to the range (ISO 8601 text).
            end_time: The last one, likewise.
        """


@runtime_checkable
class SupportsArtifactChecks(Protocol):
    """Whether the bodies of artifacts are there and whole."""

    def check_artifact(self, artifact_ref: str, *, read_content: bool = False) -> IntegrityFinding | None:
        """Return what is wrong with the body of an artifact, or None where it is whole.

        A body that was never there, because the artifact was registered before it existed, is ``artifact_pending``.

        Args:
            artifact_ref: The artifact.
            read_content: Compare every byte with the digest; otherwise only presence and size are looked at.
        """

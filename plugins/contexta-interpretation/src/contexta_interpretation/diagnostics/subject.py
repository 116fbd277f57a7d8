"""The run that is diagnosed: what checks look at is read at the first look, once for all of them."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from contexta.spi.plain_queries import bulk_queries
from contexta.spi.querying import RunListQuery, TimeRange
from contexta.spi.repository import SupportsFlawedRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from contexta.config.models import DiagnosticsPolicy
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunSnapshot
    from contexta.spi.records import MetricPoint, MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        DeploymentRecord,
        ObservationRecord,
        RunRecord,
        StageRecord,
    )

__all__ = ["Subject"]

_T = TypeVar("_T")


class Subject:
    """One run, as ``contexta.spi.diagnostics.DiagnosedRun`` promises it to checks.

    Args:
        query_service: Where runs are looked up.
        snapshot: The run's snapshot.
        policy: The thresholds.
        metric_directions: ``lower`` or ``higher`` by metric, as configured.
    """

    def __init__(
        self,
        query_service: QueryInterpreter,
        snapshot: RunSnapshot,
        policy: DiagnosticsPolicy,
        metric_directions: Mapping[str, str],
    ) -> None:
        self._query_service = query_service
        self.metric_directions = metric_directions
        self._points: dict[tuple[str, str | None], Sequence[MetricPoint]] = {}
        self._records: dict[str, Sequence[ObservationRecord]] = {}
        self._kept: dict[Hashable, Any] = {}
        self.snapshot = snapshot
        self.policy = policy
        self.now = time.time_ns()

    @property
    def run(self) -> RunRecord:
        """The run."""
        return self.snapshot.run

    @property
    def repository(self) -> CompositeRepository:
        """The read model."""
        return self._query_service.repository

    @property
    def stages(self) -> Sequence[StageRecord]:
        """Its stages, in order."""
        return self.snapshot.stages

    @property
    def batches(self) -> Sequence[BatchRecord]:
        """Its batches."""
        return self.snapshot.batches

    @property
    def deployments(self) -> Sequence[DeploymentRecord]:
        """Its deployments."""
        return self.snapshot.deployments

    @property
    def artifacts(self) -> Sequence[ArtifactRecord]:
        """Its artifacts."""
        return self.snapshot.artifacts

    @cached_property
    def metrics(self) -> Sequence[MetricSummary]:
        """What is known of each of its metrics, by stage."""
        return tuple(bulk_queries(self.repository).metric_summaries([self.run.run_id]))

    @cached_property
    def earlier_runs(self) -> Sequence[RunRecord]:
        """The newest completed runs of its project that started before it, the newest first."""
        started = self.run.started_at
        if started is None:
            return ()
        # One more than is wanted: the run itself may be among them.
        query = RunListQuery(
            project_name=self.run.project_name,
            status="completed",
            time_range=TimeRange(started_before=started),
            limit=self.policy.duration_runs + 1,
        )
        found = self._query_service.list_runs(query=query)
        earlier = [run for run in found if run.run_id != self.run.run_id and run.started_at != started]
        return tuple(earlier[: self.policy.duration_runs])

    def points(self, metric_key: str, stage_id: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric, by step, then by time; None for all stages."""
        asked = (metric_key, stage_id)
        if asked not in self._points:
            found = bulk_queries(self.repository).metric_points(self.run.run_id, metric_key, stage_id)
            self._points[asked] = tuple(found)
        return self._points[asked]

    def records(self, record_type: str) -> Sequence[ObservationRecord]:
        """Return its records of one type, in the order of appending."""
        if record_type not in self._records:
            found = self.repository.list_records(run_id=self.run.run_id, record_type=record_type)
            self._records[record_type] = tuple(found)
        return self._records[record_type]

    def once(self, name: Hashable, make: Callable[[], _T]) -> _T:
        """Return what was made under a name, making it at the first call: checks share what takes long to derive.

        Args:
            name: What it is; a check of one's own begins a tuple with its own name.
            make: Makes it.
        """
        if name not in self._kept:
            self._kept[name] = make()
        found: _T = self._kept[name]
        return found

    def flawed_records(self) -> Sequence[ObservationRecord]:
        """Return its records that are incomplete or degraded."""
        if isinstance(self.repository, SupportsFlawedRecords):
            return self.repository.flawed_records(self.run.run_id)
        return tuple(
            record
            for record in self.repository.list_records(run_id=self.run.run_id)
            if record.degradation_marker != "none" or record.completeness_marker != "complete"
        )

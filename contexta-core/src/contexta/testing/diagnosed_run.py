"""A run as checks are given it, over nothing but the read model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from contexta.config.models import DiagnosticsPolicy
from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.contract.timestamps import instant
from contexta.errors import RunNotFoundError
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.querying import RunSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

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

__all__ = ["PlainDiagnosedRun"]

_T = TypeVar("_T")


class PlainDiagnosedRun:
    """``contexta.spi.diagnostics.DiagnosedRun`` without a service behind it.

    Args:
        repository: The read model.
        run_id: The run.
        policy: The thresholds; the defaults when None.

    Raises:
        RunNotFoundError: There is no such run.
    """

    def __init__(
        self, repository: CompositeRepository, run_id: str, policy: DiagnosticsPolicy | None = None
    ) -> None:
        run = repository.get_run(run_id)
        if run is None:
            raise RunNotFoundError(f"there is no run {run_id!r} to diagnose")
        self.run: RunRecord = run
        self.policy = DiagnosticsPolicy() if policy is None else policy
        self.metric_directions: Mapping[str, str] = EMPTY_MAPPING
        self.repository = repository
        self.now = time.time_ns()
        self._kept: dict[Hashable, Any] = {}
        self.stages: Sequence[StageRecord] = tuple(repository.list_stages(run_id))
        self.batches: Sequence[BatchRecord] = tuple(repository.list_batches(run_id))
        self.deployments: Sequence[DeploymentRecord] = tuple(repository.list_deployments(run_id=run_id))
        self.artifacts: Sequence[ArtifactRecord] = tuple(repository.list_artifacts(run_id=run_id))

    @property
    def snapshot(self) -> RunSnapshot:
        """The snapshot of the run."""
        return RunSnapshot(
            run=self.run,
            deployments=tuple(self.deployments),
            stages=tuple(self.stages),
            batches=tuple(self.batches),
            artifacts=tuple(self.artifacts),
            records=tuple(self.repository.list_records(run_id=self.run.run_id)),
        )

    @property
    def metrics(self) -> Sequence[MetricSummary]:
        """What is known of each of its metrics, by stage."""
        return tuple(bulk_queries(self.repository).metric_summaries([self.run.run_id]))

    @property
    def earlier_runs(self) -> Sequence[RunRecord]:
        """The newest completed runs of its project that started before it, the newest first."""
        started = self.run.started_at
        if started is None:
            return ()
        earlier = [
            (instant(run.started_at), run)
            for run in self.repository.list_runs(self.run.project_name)
            if run.status == "completed" and run.started_at and instant(run.started_at) < instant(started)
        ]
        earlier.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(run for _, run in earlier[: self.policy.duration_runs])

    def points(self, metric_key: str, stage_id: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric, by step, then by time; None for all stages."""
        return tuple(bulk_queries(self.repository).metric_points(self.run.run_id, metric_key, stage_id))

    def records(self, record_type: str) -> Sequence[ObservationRecord]:
        """Return its records of one type, in the order of appending."""
        return tuple(self.repository.list_records(run_id=self.run.run_id, record_type=record_type))

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
        return tuple(
            record
            for record in self.repository.list_records(run_id=self.run.run_id)
            if record.degradation_marker != "none" or record.completeness_marker != "complete"
        )

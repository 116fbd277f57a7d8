"""The runs that are open, and how they get on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta_cli.output.quantities import seconds_between
from contexta_cli.output.run_table import latest_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta import Contexta

__all__ = ["LiveRun", "LiveRuns"]


@dataclass(frozen=True, slots=True)
class LiveRun:
    """One open run.

    Args:
        run_id: Its reference.
        name: Its name.
        project_name: Its project.
        started_at: When it started (ISO 8601).
        seconds: How long it has been going on.
        stage: Name of the stage that is open; of several the one that started last.
        records: Number of its records.
        records_per_second: How many came since the last look; None at the first.
        metrics: The newest value of each metric.
    """

    run_id: str
    name: str
    project_name: str
    started_at: str | None
    seconds: float | None
    stage: str | None
    records: int
    records_per_second: float | None
    metrics: Mapping[str, float]


class LiveRuns:
    """Looks at the open runs of a workspace, again and again.

    Args:
        contexta: The workspace.
        project_name: Only runs of this project; None for all.
    """

    def __init__(self, contexta: Contexta, project_name: str | None = None) -> None:
        self._contexta = contexta
        self._project_name = project_name
        self._counts: dict[str, tuple[int, float]] = {}

    def look(self) -> list[LiveRun]:
        """Return the open runs as they are now, the newest first."""
        from contexta.interpretation import RunListQuery

        query = RunListQuery(
            project_name=self._project_name, status="open", sort_by="started_at", sort_desc=True
        )
        runs = self._contexta.list_runs(query=query)
        metrics = latest_metrics(self._contexta, [run.run_id for run in runs])
        return [
            LiveRun(
                run.run_id,
                run.name,
                run.project_name,
                run.started_at,
                seconds_between(run.started_at, utc_now_text()),
                self._stage(run.run_id),
                *self._count(run.run_id),
                metrics.get(run.run_id, {}),
            )
            for run in runs
        ]

    def _stage(self, run_id: str) -> str | None:
        stages = self._contexta.repository.list_stages(run_id)
        is_open = [stage for stage in stages if stage.status == "open"]
        latest = max(is_open, key=lambda stage: stage.started_at or "", default=None)
        return None if latest is None else latest.name

    def _count(self, run_id: str) -> tuple[int, float | None]:
        count, now = self._contexta.repository.count_records(run_id), time.monotonic()
        before = self._counts.get(run_id)
        self._counts[run_id] = (count, now)
        if before is None or now <= before[1]:
            return count, None
        return count, (count - before[0]) / (now - before[1])

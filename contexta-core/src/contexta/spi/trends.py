"""What trends answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.spi.freezing import freeze_fields
from contexta.spi.presentation import Presented

if TYPE_CHECKING:
    from contexta.spi.views import CompletenessNote

__all__ = [
    "ArtifactSizePoint",
    "ArtifactSizeTrend",
    "ChangePoint",
    "DurationTrend",
    "MetricTrend",
    "StageDurationPoint",
    "StepPoint",
    "StepSeries",
    "TrendPoint",
]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The value of a metric in one run.

    Args:
        run_id: The run.
        run_name: Its name.
        value: The value.
        captured_at: When the value was observed (ISO 8601).
        stage_name: The stage that was asked for, or None.
    """

    run_id: str
    run_name: str
    value: float
    captured_at: str | None = None
    stage_name: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A run from which on a metric had another level.

    Args:
        point: The first run of the new level.
        mean_before: Mean of the level before it.
        mean_after: Mean of the level that begins with it.
        runs_before: Number of runs of the level before it.
        runs_after: Number of runs of the level that begins with it.
    """

    point: TrendPoint
    mean_before: float
    mean_after: float
    runs_before: int
    runs_after: int


@dataclass(frozen=True, slots=True)
class MetricTrend(Presented):
    """A metric over runs, the oldest first.

    Args:
        metric_key: The metric's key.
        project_name: The project, or None where the runs are of several.
        points: One for each run that has the metric.
        completeness_notes: What is missing.
    """

    metric_key: str
    project_name: str | None
    points: tuple[TrendPoint, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("points", "completeness_notes"))

    @property
    def values(self) -> tuple[float, ...]:
        """The values of the points."""
        return tuple(float(point.value) for point in self.points)


@dataclass(frozen=True, slots=True)
class StepPoint:
    """The value of a metric at one step.

    Args:
        step: The recorded step; where none was recorded, the number of the point in the series, from 0.
        value: The value.
        observed_at: When it was observed (ISO 8601).
    """

    step: int
    value: float
    observed_at: str


@dataclass(frozen=True, slots=True)
class StepSeries(Presented):
    """A metric within one run, by step, then by time.

    Args:
        run_id: The run.
        metric_key: The metric's key.
        stage_id: The stage that was asked for, or None.
        points: The points.
        completeness_notes: What is missing.
        unit: Unit of the values.
    """

    run_id: str
    metric_key: str
    stage_id: str | None
    points: tuple[StepPoint, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    unit: str | None = None

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("points", "completeness_notes"))


@dataclass(frozen=True, slots=True)
class StageDurationPoint:
    """How long a stage took in one run.

    Args:
        run_id: The run.
        run_name: Its name.
        stage_name: The stage's name.
        duration_seconds: From start to end, in seconds.
        started_at: When the stage started (ISO 8601).
    """

    run_id: str
    run_name: str
    stage_name: str
    duration_seconds: float
    started_at: str | None = None


@dataclass(frozen=True, slots=True)
class DurationTrend(Presented):
    """How long a stage took over runs, the oldest first.

    Args:
        stage_name: The stage's name.
        project_name: The project, or None where the runs are of several.
        points: One for each run that has the stage.
        completeness_notes: What is missing.
    """

    stage_name: str
    project_name: str | None
    points: tuple[StageDurationPoint, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("points", "completeness_notes"))


@dataclass(frozen=True, slots=True)
class ArtifactSizePoint:
    """The size of one artifact.

    Args:
        run_id: The run.
        run_name: Its name.
        artifact_kind: The artifact's kind.
        size_bytes: Its size.
        artifact_ref: The artifact.
        created_at: When it was registered (ISO 8601).
    """

    run_id: str
    run_name: str
    artifact_kind: str
    size_bytes: int
    artifact_ref: str
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class ArtifactSizeTrend(Presented):
    """The sizes of artifacts of one kind over runs, the oldest run first.

    Args:
        artifact_kind: The kind.
        project_name: The project, or None where the runs are of several.
        points: One for each artifact of the kind; a run may have several.
        completeness_notes: What is missing.
    """

    artifact_kind: str
    project_name: str | None
    points: tuple[ArtifactSizePoint, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("points", "completeness_notes"))

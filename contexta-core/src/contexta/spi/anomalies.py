"""What the search for anomalies answers with: baselines, the values that lie off them, and what could not be judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.views import CompletenessNote, EvidenceLink

__all__ = ["AnomalyReport", "AnomalyResult", "MetricBaseline"]


def _empty() -> Mapping[str, float]:
    return EMPTY_MAPPING


@dataclass(frozen=True, slots=True)
class MetricBaseline:
    """What is usual of a metric: one value for each run of a population, summed up.

    A statistic that the population is too small for is None: all of them without a run.

    Args:
        metric_key: The metric's key.
        mean: Arithmetic mean.
        std: Standard deviation of the sample (divided by n - 1); 0 of one value.
        p5: Value below which 5 % lie, interpolated linearly between the neighbours (type 7 of Hyndman and Fan, 1996;
            ``method="linear"`` of NumPy).
        p95: The same for 95 %.
        computed_from_n_runs: Number of values.
        median: Their median.
        mad: Median of their absolute deviations from the median, unscaled.
        mean_absolute_deviation: Mean of their absolute deviations from the median.
        stage_name: Only values of this stage were looked at; of the run and all its stages when None.
        unit: Unit of the values, where all that name one name the same.
        values: The values by run.
        completeness_notes: What is missing, and what was left out.
    """

    metric_key: str
    mean: float | None
    std: float | None
    p5: float | None
    p95: float | None
    computed_from_n_runs: int
    median: float | None = None
    mad: float | None = None
    mean_absolute_deviation: float | None = None
    stage_name: str | None = None
    unit: str | None = None
    values: Mapping[str, float] = field(default_factory=_empty)
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, mappings=("values",), sequences=("completeness_notes",))


@dataclass(frozen=True, slots=True)
class AnomalyResult:
    """A value that lies off its baseline.

    Args:
        metric_key: The metric's key.
        run_id: The run.
        actual_value: Its value.
        expected_range: Least and greatest value that is no anomaly.
        z_score: Distance from the mean in standard deviations; None where the baseline is constant or the value is no
            finite number, so that there is no such distance.
        severity: ``warning``, or ``error`` from one and a half times the threshold on.
        evidence_links: The run.
        completeness_notes: What limits the judgement.
        robust_z_score: Modified z-score (Iglewicz and Hoaglin, 1993): distance from the median in median absolute
            deviations, scaled as a z-score is; None as ``z_score`` is.
        stage_name: The stage that was asked for, or None.
        baseline: What it was compared with.
    """

    metric_key: str
    run_id: str
    actual_value: float
    expected_range: tuple[float, float]
    z_score: float | None
    severity: str
    evidence_links: tuple[EvidenceLink, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    robust_z_score: float | None = None
    stage_name: str | None = None
    baseline: MetricBaseline | None = None

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("evidence_links", "completeness_notes"))


@dataclass(frozen=True, slots=True)
class AnomalyReport:
    """What was found in one run, and what could be judged at all.

    Args:
        run_id: The run.
        results: The anomalies, the gravest first, those equally grave by metric.
        judged_metrics: Keys of the metrics that were compared with a baseline, sorted.
        completeness_notes: Metrics that could not be judged, and why.
    """

    run_id: str
    results: tuple[AnomalyResult, ...] = ()
    judged_metrics: tuple[str, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("results", "judged_metrics", "completeness_notes"))

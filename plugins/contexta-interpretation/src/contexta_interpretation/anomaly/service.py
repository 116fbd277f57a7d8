"""The anomaly service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.config.models import AnomalyPolicy
from contexta.errors import AnomalyError, ValidationError
from contexta.spi.anomalies import AnomalyReport, AnomalyResult, MetricBaseline
from contexta.spi.identifiers import checked_text
from contexta.spi.run_lookup import require_run
from contexta.spi.views import CompletenessNote, EvidenceLink
from contexta_interpretation.anomaly.baselines import baseline_of, baseline_without
from contexta_interpretation.anomaly.judging import judge
from contexta_interpretation.anomaly.population import earlier_runs, population
from contexta_interpretation.degraded_values import degraded_value_notes
from contexta_interpretation.run_metrics import RunMetrics, checked_selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.views import RunRecord

__all__ = ["AnomalyService", "build"]


class AnomalyService:
    """Finds values that lie off what is usual.

    A run is never part of the baseline that it is judged by, and neither are runs that started after it or were not
    completed.

    Args:
        query_service: Where runs are looked up.
        z_score_threshold: Distance from the mean of the baseline, in standard deviations, from which a value is an
            anomaly; from the median, in scaled median absolute deviations, it is 1.4 times as far.
        min_baseline_runs: Number of runs that a baseline needs; by a smaller one nothing is judged.
        metric_aggregation: Which value stands for a metric that has several in one run: ``latest``, ``max``, ``min``
            or ``mean``.
        monitored_metrics: Keys of the metrics that are watched; all when empty.

    Raises:
        ValidationError: An unknown aggregation.
        ConfigurationError: Another argument is not acceptable.
    """

    def __init__(
        self,
        query_service: QueryInterpreter,
        *,
        z_score_threshold: float = 2.5,
        min_baseline_runs: int = 3,
        metric_aggregation: str = "latest",
        monitored_metrics: tuple[str, ...] = (),
    ) -> None:
        self.query_service = query_service
        self.config = AnomalyPolicy(
            z_score_threshold=z_score_threshold,
            min_baseline_runs=min_baseline_runs,
            monitored_metrics=monitored_metrics,
            metric_aggregation=checked_selection(metric_aggregation),  # type: ignore[arg-type]  # checked there
        )

    def compute_baseline(
        self,
        metric_key: str,
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
        stage_name: str | None = None,
    ) -> MetricBaseline:
        """Return what is usual of a metric.

        Args:
            metric_key: The metric.
            query: Which runs; completed ones unless it names another status, and all of them when None.
            project_name: Only runs of this project; the query's own project wins.
            stage_name: Only values of this stage; of the run and all its stages when None.
        """
        key = checked_text(metric_key, "metric_key")
        runs = population(self.query_service, query, project_name)
        return baseline_of(self._metrics(runs, [key]), runs, key, stage_name)

    def detect_anomalies(
        self, run_id: str, *, baseline: MetricBaseline, stage_name: str | None = None
    ) -> tuple[AnomalyResult, ...]:
        """Return the anomaly that the run's value is, or nothing.

        There is nothing also where the run lacks the metric, measures it in another unit, or the baseline is made of
        too few runs: :meth:`examine_run` says which.

        Args:
            run_id: The run; where it is one of the baseline's, its own value is taken out first.
            baseline: What the value is compared with.
            stage_name: Only values of this stage; of the baseline's when None.

        Raises:
            RunNotFoundError: There is no such run.
            AnomalyError: The baseline is none.
        """
        given: object = baseline
        if not isinstance(given, MetricBaseline):
            raise AnomalyError(
                f"baseline is a {type(given).__name__}; give what compute_baseline returns",
                code="anomaly_invalid_baseline",
                details={"type": type(given).__name__},
            )
        run = require_run(self.query_service.repository, run_id)
        stage = baseline.stage_name if stage_name is None else stage_name
        metrics = self._metrics([run], [baseline.metric_key])
        usual = baseline_without(baseline, run.run_id)
        if self._obstacle(metrics, run, usual, stage) is not None:
            return ()
        return self._judged(metrics, run, usual, stage)

    def detect_anomalies_in_run(
        self,
        run_id: str,
        *,
        baseline_query: RunListQuery | None = None,
        metric_keys: tuple[str, ...] | None = None,
        stage_name: str | None = None,
    ) -> tuple[AnomalyResult, ...]:
        """Return the anomalies among the metrics of a run, each beside its earlier runs.

        Args:
            run_id: The run.
            baseline_query: Which runs it is compared with; those of its project when None.
            metric_keys: Which metrics; the monitored ones when None, and all where none are.
            stage_name: Only values of this stage; of the run and all its stages when None.

        Returns:
            The anomalies, the gravest first, those equally grave by metric.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.examine_run(
            run_id, baseline_query=baseline_query, metric_keys=metric_keys, stage_name=stage_name
        ).results

    def examine_run(
        self,
        run_id: str,
        *,
        baseline_query: RunListQuery | None = None,
        metric_keys: tuple[str, ...] | None = None,
        stage_name: str | None = None,
    ) -> AnomalyReport:
        """Return the anomalies among the metrics of a run, and what could not be judged.

        Args:
            run_id: The run.
            baseline_query: Which runs it is compared with; those of its project when None.
            metric_keys: Which metrics; the monitored ones when None, and all where none are.
            stage_name: Only values of this stage; of the run and all its stages when None.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run = require_run(self.query_service.repository, run_id)
        wanted = _keys(metric_keys) or self.config.monitored_metrics or None
        own = self._metrics([run], wanted)
        keys = list(dict.fromkeys(wanted or own.keys_of(run.run_id, stage_name)))
        runs = earlier_runs(self.query_service, run, baseline_query)
        metrics = self._metrics(runs, keys)
        results: list[AnomalyResult] = []
        judged: list[str] = []
        notes: list[CompletenessNote] = []
        if run.status == "open":
            # What it stands at is not what it will end with.
            notes.append(CompletenessNote("info", "anomaly_run_open", {"run_id": run.run_id}))
        for key in keys:
            baseline = baseline_of(metrics, runs, key, stage_name)
            obstacle = self._obstacle(own, run, baseline, stage_name)
            if obstacle is not None:
                notes.append(obstacle)
                continue
            judged.append(key)
            notes += [*self._degraded_notes(own, run, key, stage_name), *baseline.completeness_notes]
            results += self._judged(own, run, baseline, stage_name)
        results.sort(key=lambda each: (each.severity != "error", each.metric_key))
        return AnomalyReport(run.run_id, tuple(results), tuple(sorted(judged)), tuple(notes))

    def _metrics(self, runs: Sequence[RunRecord], keys: Sequence[str] | None) -> RunMetrics:
        return RunMetrics(self.query_service.repository, runs, keys, self.config.metric_aggregation)

    def _obstacle(
        self, metrics: RunMetrics, run: RunRecord, baseline: MetricBaseline, stage_name: str | None
    ) -> CompletenessNote | None:
        """Return why a value cannot be judged, or None."""
        key, facts = baseline.metric_key, {"run_id": run.run_id, "stage_name": stage_name}
        if metrics.value(run.run_id, key, stage_name) is None:
            return CompletenessNote("warning", f"anomaly_metric_missing:{key}", facts)
        count, least = baseline.computed_from_n_runs, self.config.min_baseline_runs
        if count < least:
            known = {**facts, "computed_from_n_runs": count, "min_baseline_runs": least}
            return CompletenessNote("warning", f"baseline_population_small:{key}", known)
        unit = metrics.unit(run.run_id, key, stage_name)
        if None not in (unit, baseline.unit) and unit != baseline.unit:
            known = {**facts, "unit": unit, "baseline_unit": baseline.unit}
            return CompletenessNote("warning", f"anomaly_unit_differs:{key}", known)
        return None

    @staticmethod
    def _degraded_notes(
        metrics: RunMetrics, run: RunRecord, key: str, stage_name: str | None
    ) -> list[CompletenessNote]:
        """Return a note where the value that is judged is degraded itself."""
        found = metrics.value(run.run_id, key, stage_name)
        return degraded_value_notes(key, [run.run_id] if found and found.degraded else [], stage_name)

    def _judged(
        self, metrics: RunMetrics, run: RunRecord, baseline: MetricBaseline, stage_name: str | None
    ) -> tuple[AnomalyResult, ...]:
        found = metrics.value(run.run_id, baseline.metric_key, stage_name)
        if found is None or baseline.mean is None:
            return ()
        judgement = judge(
            found.value,
            mean=baseline.mean,
            std=baseline.std or 0.0,
            median=baseline.mean if baseline.median is None else baseline.median,
            mad=baseline.mad or 0.0,
            mean_absolute_deviation=baseline.mean_absolute_deviation or 0.0,
            threshold=self.config.z_score_threshold,
        )
        if not judgement.is_anomaly:
            return ()
        own_notes = self._degraded_notes(metrics, run, baseline.metric_key, stage_name)
        return (
            AnomalyResult(
                metric_key=baseline.metric_key,
                run_id=run.run_id,
                actual_value=found.value,
                expected_range=judgement.expected_range,
                z_score=judgement.z_score,
                severity=judgement.severity,
                evidence_links=(EvidenceLink("run", run.run_id, run.name),),
                completeness_notes=(*own_notes, *baseline.completeness_notes),
                robust_z_score=judgement.robust_z_score,
                stage_name=stage_name,
                baseline=baseline,
            ),
        )


def _keys(metric_keys: Sequence[str] | None) -> tuple[str, ...]:
    given: object = metric_keys
    if isinstance(given, str):
        raise ValidationError(
            f"metric_keys is the text {given!r}; give a sequence of keys, as in ({given!r},)",
            code="query_invalid_text",
            details={"field_name": "metric_keys"},
        )
    return tuple(checked_text(each, "metric_keys") for each in metric_keys or ())


def build(context: InterpretationContext, options: None) -> AnomalyService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    policy = context.policies.anomaly
    return AnomalyService(
        context.service("query"),
        z_score_threshold=policy.z_score_threshold,
        min_baseline_runs=policy.min_baseline_runs,
        metric_aggregation=policy.metric_aggregation,
        monitored_metrics=policy.monitored_metrics,
    )

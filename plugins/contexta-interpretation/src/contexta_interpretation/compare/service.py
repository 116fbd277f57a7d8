"""The comparison service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.config.models import ComparisonPolicy
from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.errors import ComparisonError, ValidationError
from contexta.spi.comparison import MultiRunComparison, RunComparison
from contexta.spi.directions import higher_is_better as direction_of
from contexta.spi.identifiers import checked_text, run_id_texts
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.run_lookup import require_run, require_runs
from contexta.spi.views import CompletenessNote, EvidenceLink
from contexta_interpretation.compare.artifacts import artifact_changes, artifact_kind_counts
from contexta_interpretation.compare.degradation import degraded_notes
from contexta_interpretation.compare.documents import compare_documents
from contexta_interpretation.compare.metric_values import MetricTable
from contexta_interpretation.compare.multiple import best_index, degraded_cell_notes, metric_rows
from contexta_interpretation.compare.origins import (
    Origin,
    configuration_changes,
    environment_changes,
    environment_notes,
    provenance_comparison,
    source_changes,
)
from contexta_interpretation.compare.stages import stage_rows
from contexta_interpretation.compare.values import value_changes
from contexta_interpretation.run_metrics import RunMetrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.comparison import ReportComparison
    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunSnapshot

__all__ = ["CompareService", "build"]


class CompareService:
    """Compares runs and reports.

    Args:
        query_service: Where runs are looked up.
        config: Which value stands for a metric, and what is listed; the default policy when None.
    """

    def __init__(self, query_service: QueryInterpreter, *, config: ComparisonPolicy | None = None) -> None:
        self.query_service = query_service
        self.config = ComparisonPolicy() if config is None else config

    @property
    def _directions(self) -> Mapping[str, str]:
        # A policy of a user's own may be older than this field.
        directions: Mapping[str, str] = getattr(self.config, "metric_directions", EMPTY_MAPPING)
        return directions

    def compare_runs(self, left_run_id: str, right_run_id: str) -> RunComparison:
        """Compare two runs: metrics, parameters, artifacts, environment and code.

        Args:
            left_run_id: The run on the left, usually the older.
            right_run_id: The run on the right.

        Raises:
            RunNotFoundError: There is no such run.
        """
        left = self.query_service.get_run_snapshot(left_run_id)
        right = self.query_service.get_run_snapshot(right_run_id)
        left_table, right_table = self._tables([left, right])
        rows = stage_rows(left, right, left_table, right_table, self.config)
        artifacts = artifact_changes(left.artifacts, right.artifacts)
        repository = self.query_service.repository
        origins = Origin.of(repository, left), Origin.of(repository, right)
        deltas = sum(len(row.metric_deltas) for row in rows)
        notes = [
            *_prefixed("left", left),
            *_prefixed("right", right),
            *environment_notes(*origins),
            *degraded_notes(repository, [("left:", left.run.run_id), ("right:", right.run.run_id)]),
        ]
        links = [
            *_run_links([left, right]),
            *(link for row in rows for link in row.evidence_links),
            *(link for change in artifacts for link in change.evidence_links),
            *(link for origin in origins for link in origin.links()),
        ]
        return RunComparison(
            left_run_id=left.run.run_id,
            right_run_id=right.run.run_id,
            summary=f"Compared {left.run.name} and {right.run.name}: {len(rows)} stage rows, "
            f"{deltas} metric deltas, {len(artifacts)} artifact changes.",
            stage_comparisons=rows,
            artifact_changes=artifacts,
            completeness_notes=_distinct(
                [*notes, *(note for row in rows for note in row.completeness_notes)]
            ),
            evidence_links=tuple(dict.fromkeys(links)),
            provenance_comparison=provenance_comparison(*origins),
            parameter_changes=value_changes(left.run.parameters, right.run.parameters),
            environment_changes=environment_changes(*origins),
            configuration_changes=configuration_changes(*origins),
            source_changes=source_changes(*origins),
        )

    def compare_multiple_runs(self, run_ids: Sequence[str]) -> MultiRunComparison:
        """Compare several runs side by side.

        Args:
            run_ids: The runs, at least two different ones; several spellings of one run count as one.

        Raises:
            ComparisonError: Fewer than two different runs.
            RunNotFoundError: There is no such run.
        """
        run_ids = run_id_texts(run_ids)
        repository = self.query_service.repository
        distinct = dict.fromkeys(require_run(repository, run_id).run_id for run_id in run_ids)
        if len(distinct) < 2:
            raise ComparisonError(
                f"a comparison needs at least two different runs, got {len(distinct)}: {list(run_ids)}",
                code="compare_requires_multiple_runs",
                details={"run_ids": run_ids},
            )
        snapshots = [self.query_service.get_run_snapshot(run_id) for run_id in distinct]
        runs, tables = [each.run for each in snapshots], self._tables(snapshots)
        rows = metric_rows(runs, tables, self._directions)
        kinds = artifact_kind_counts([each.artifacts for each in snapshots])
        return MultiRunComparison(
            run_ids=tuple(distinct),
            run_names=tuple(each.run.name for each in snapshots),
            metric_table=rows,
            artifact_kind_counts=kinds,
            completeness_notes=(
                *(
                    CompletenessNote("warning", note, {"run_id": each.run.run_id})
                    for each in snapshots
                    for note in each.completeness_notes
                ),
                *degraded_notes(repository, [("", run_id) for run_id in distinct]),
                *degraded_cell_notes(runs, tables),
            ),
            evidence_links=tuple(_run_links(snapshots)),
            summary=f"Compared {len(snapshots)} runs: {len(rows)} metric rows and "
            f"{len(kinds)} artifact kind summaries.",
        )

    def select_best_run(
        self,
        run_ids: Sequence[str],
        metric_key: str,
        *,
        stage_name: str | None = None,
        higher_is_better: bool | None = True,
    ) -> str | None:
        """Return the run with the best value of a metric, as it was passed, or None where none has the metric.

        Args:
            run_ids: The candidates; of equally good ones the first listed wins, and one whose value
                is marked as degraded only where no other has the metric.
            metric_key: The metric to rank by.
            stage_name: Only values of this stage; of the run and all its stages when None.
            higher_is_better: Whether the greatest value wins; None asks for the metric's own direction.

        Raises:
            ValidationError: An argument breaks its rule.
            RunNotFoundError: There is no such run.
        """
        run_ids = run_id_texts(run_ids)
        checked_text(metric_key, "metric_key")
        _check_direction(higher_is_better)
        repository = self.query_service.repository
        runs = require_runs(repository, run_ids)
        if not runs:
            return None
        metrics = RunMetrics(repository, runs, [metric_key], self.config.metric_selection)
        found = [metrics.value(run.run_id, metric_key, stage_name) for run in runs]
        if higher_is_better is None:
            higher_is_better = direction_of(metric_key, [run.metadata for run in runs], self._directions)
        best = best_index(
            [None if each is None else each.value for each in found],
            higher_is_better=higher_is_better,
            degraded=[each is not None and each.degraded for each in found],
        )
        return None if best is None else run_ids[best]

    def compare_report_documents(self, left: Any, right: Any) -> ReportComparison:
        """Compare two reports section by section.

        Args:
            left: The report on the left: a mapping, or an object with ``to_dict()`` or attributes.
            right: The report on the right.

        Raises:
            ComparisonError: One of them is no report.
        """
        return compare_documents(left, right)

    def _tables(self, snapshots: Sequence[RunSnapshot]) -> list[MetricTable]:
        run_ids = [each.run.run_id for each in snapshots]
        summaries = bulk_queries(self.query_service.repository).metric_summaries(run_ids)
        return [
            MetricTable(summaries, each.run.run_id, each.stages, self.config.metric_selection)
            for each in snapshots
        ]


def _check_direction(higher_is_better: object) -> None:
    if higher_is_better is not None and not isinstance(higher_is_better, bool):
        raise ValidationError(
            f"higher_is_better must be True, False or None, not {higher_is_better!r}",
            code="compare_invalid_direction",
        )


def _prefixed(side: str, snapshot: RunSnapshot) -> list[CompletenessNote]:
    return [
        CompletenessNote("warning", f"{side}:{note}", {"run_id": snapshot.run.run_id})
        for note in snapshot.completeness_notes
    ]


def _distinct(notes: Iterable[CompletenessNote]) -> tuple[CompletenessNote, ...]:
    """Return the notes, the first of those that say the same."""
    first: dict[tuple[str, str], CompletenessNote] = {}
    for note in notes:
        first.setdefault((note.severity, note.summary), note)
    return tuple(first.values())


def _run_links(snapshots: Iterable[RunSnapshot]) -> list[EvidenceLink]:
    return [EvidenceLink("run", each.run.run_id, each.run.name) for each in snapshots]


def build(context: InterpretationContext, options: None) -> CompareService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    return CompareService(context.service("query"), config=context.policies.comparison)

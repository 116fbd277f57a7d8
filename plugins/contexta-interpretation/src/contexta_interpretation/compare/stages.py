"""The stages of two runs side by side."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from contexta.spi.comparison import MetricDelta, StageComparison
from contexta.spi.directions import known_direction
from contexta.spi.views import CompletenessNote, EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contexta.config.models import ComparisonPolicy
    from contexta.spi.querying import RunSnapshot
    from contexta.spi.views import StageRecord
    from contexta_interpretation.compare.metric_values import MetricTable

__all__ = ["stage_rows"]

_Direction: TypeAlias = "Callable[[str], bool | None]"


def stage_rows(
    left: RunSnapshot,
    right: RunSnapshot,
    left_table: MetricTable,
    right_table: MetricTable,
    policy: ComparisonPolicy,
) -> tuple[StageComparison, ...]:
    """Return one row for the runs' own metrics, if there are any, then one for each stage, by name.

    A stage that only records know of has its row too.
    """
    metadata = [left.run.metadata, right.run.metadata]
    # A policy of a user's own may be older than this field.
    configured = getattr(policy, "metric_directions", None)

    def direction(key: str) -> bool | None:
        return known_direction(key, metadata, configured)

    left_stages = {stage.name: stage for stage in left.stages}
    right_stages = {stage.name: stage for stage in right.stages}
    with_metrics = left_table.stage_names | right_table.stage_names
    names = sorted(left_stages.keys() | right_stages.keys() | {name for name in with_metrics if name})
    rows = [
        _stage_row(
            name,
            (left_stages.get(name), right_stages.get(name)),
            (name in left_table.stage_names, name in right_table.stage_names),
            tuple(_deltas(name, left_table, right_table, policy, direction)),
            policy,
        )
        for name in names
    ]
    if None in with_metrics:
        rows.insert(
            0,
            StageComparison(
                stage_name=None,
                left_stage_id=None,
                right_stage_id=None,
                left_status=left.run.status,
                right_status=right.run.status,
                metric_deltas=tuple(_deltas(None, left_table, right_table, policy, direction)),
            ),
        )
    return tuple(rows)


def _stage_row(
    name: str,
    stages: tuple[StageRecord | None, StageRecord | None],
    measured: tuple[bool, bool],
    deltas: tuple[MetricDelta, ...],
    policy: ComparisonPolicy,
) -> StageComparison:
    left, right = stages
    present = [stage is not None or has for stage, has in zip(stages, measured, strict=True)]
    notes = []
    if not all(present):
        details = {"left_present": present[0], "right_present": present[1]}
        notes.append(CompletenessNote(policy.missing_stage_severity, f"missing_stage:{name}", details))
    return StageComparison(
        stage_name=name,
        left_stage_id=None if left is None else left.stage_id,
        right_stage_id=None if right is None else right.stage_id,
        left_status=None if left is None else left.status,
        right_status=None if right is None else right.status,
        metric_deltas=deltas,
        completeness_notes=tuple(notes),
        evidence_links=tuple(
            EvidenceLink("stage", stage.stage_id, stage.name) for stage in stages if stage is not None
        ),
    )


def _deltas(
    stage_name: str | None,
    left: MetricTable,
    right: MetricTable,
    policy: ComparisonPolicy,
    direction: _Direction,
) -> Iterator[MetricDelta]:
    """Yield the differences of a stage's metrics, or of the runs' own, by key."""
    for key in sorted(left.keys(stage_name) | right.keys(stage_name)):
        before, after = left.cell(stage_name, key), right.cell(stage_name, key)
        units = left.unit(stage_name, key), right.unit(stage_name, key)
        differs = None not in units and units[0] != units[1]
        marks = left.is_degraded(stage_name, key), right.is_degraded(stage_name, key)
        is_plain = not differs and not any(marks)
        if _same(before, after) and is_plain and not policy.include_unchanged_metrics:
            continue
        if before is None or after is None:
            row = _lacking(key, stage_name, before, after, direction(key))
        elif differs:
            row = _incomparable(key, stage_name, (before, after), units, direction(key))
        else:
            row = _delta(key, stage_name, before, after, direction(key))
        yield _marked(row, *marks) if any(marks) else row


def _marked(row: MetricDelta, is_left: bool, is_right: bool) -> MetricDelta:
    """Return a row that says which of its values are degraded."""
    summary = f"degraded_value:{row.stage_name or 'run'}:{row.metric_key}"
    note = CompletenessNote("warning", summary, {"left_degraded": is_left, "right_degraded": is_right})
    return replace(row, completeness_notes=(*row.completeness_notes, note))


def _same(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return False
    return before == after or (math.isnan(before) and math.isnan(after))


def _lacking(
    key: str, stage_name: str | None, before: float | None, after: float | None, higher: bool | None
) -> MetricDelta:
    """Return the row of a metric that one side lacks."""
    summary = f"sparse_metric_capture:{stage_name or 'run'}:{key}"
    note = CompletenessNote("warning", summary, {"left_value": before, "right_value": after})
    return MetricDelta(
        key, before, after, None, None, stage_name, completeness_notes=(note,), higher_is_better=higher
    )


def _incomparable(
    key: str,
    stage_name: str | None,
    values: tuple[float, float],
    units: tuple[str | None, str | None],
    higher: bool | None,
) -> MetricDelta:
    """Return the row of a metric whose sides are of different units: their difference would mean nothing."""
    summary = f"unit_mismatch:{stage_name or 'run'}:{key}"
    note = CompletenessNote("warning", summary, {"left_unit": units[0], "right_unit": units[1]})
    return MetricDelta(
        key, *values, None, None, stage_name, completeness_notes=(note,), higher_is_better=higher
    )


def _delta(key: str, stage_name: str | None, before: float, after: float, higher: bool | None) -> MetricDelta:
    ratio = None if before == 0 else after / before
    improved = None
    if higher is not None and before != after and not math.isnan(after - before):
        improved = (after > before) is higher
    return MetricDelta(
        key, before, after, after - before, ratio, stage_name, higher_is_better=higher, improved=improved
    )

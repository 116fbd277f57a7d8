"""One rule and one run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta.spi.alerts import AlertResult
from contexta.spi.views import CompletenessNote, EvidenceLink
from contexta_interpretation.degraded_values import degraded_value_notes

if TYPE_CHECKING:
    from contexta.spi.alerts import AlertRule
    from contexta.spi.views import RunRecord
    from contexta_interpretation.run_metrics import RunMetrics

__all__ = ["evaluated"]


def evaluated(rule: AlertRule, run: RunRecord, metrics: RunMetrics, severity: str) -> AlertResult:
    """Return what a rule says of a run.

    Args:
        rule: The rule.
        run: The run.
        metrics: Values of its metrics.
        severity: How grave it is where the rule fires.
    """
    found = metrics.value(run.run_id, rule.metric_key, rule.stage_name)
    value = None if found is None else found.value
    notes: tuple[CompletenessNote, ...] = ()
    details = {"run_id": run.run_id, "stage_name": rule.stage_name}
    if value is None:
        notes = (CompletenessNote("warning", f"alert_metric_missing:{rule.metric_key}", details),)
    elif math.isnan(value):
        # NaN is neither above nor below anything.
        notes = (CompletenessNote("warning", f"alert_value_not_a_number:{rule.metric_key}", details),)
        value = None
    elif found is not None and found.degraded:
        # It may be wrong either way: the rule holds or not, and whoever reads the result is warned.
        notes = tuple(degraded_value_notes(rule.metric_key, [run.run_id], rule.stage_name))
    return AlertResult(
        rule_name=rule.title,
        metric_key=rule.metric_key,
        run_id=run.run_id,
        actual_value=value,
        threshold=rule.threshold,
        operator=rule.operator,
        triggered=value is not None and rule.holds(value),
        severity=severity,
        stage_name=rule.stage_name,
        evidence_links=(EvidenceLink("run", run.run_id, run.name),),
        completeness_notes=notes,
    )

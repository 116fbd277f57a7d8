"""The alert service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.config.models import AlertPolicy
from contexta.errors import AlertError
from contexta.spi.alert_rules import rules_of_config
from contexta.spi.alerts import AlertReport, AlertResult, AlertRule
from contexta.spi.querying import checked_query
from contexta.spi.run_lookup import require_run
from contexta.spi.views import CompletenessNote
from contexta_interpretation.alert.evaluating import evaluated
from contexta_interpretation.run_metrics import RunMetrics, checked_selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.views import RunRecord

__all__ = ["AlertService", "build"]


class AlertService:
    """Evaluates rules on the metrics of runs.

    A metric that a run lacks neither fires a rule nor passes it: its result says that it was not evaluated.

    Args:
        query_service: Where runs are looked up.
        metric_aggregation: Which value stands for a metric that has several in one run: ``latest``, ``max``, ``min``
            or ``mean``.
        config: Severity of a rule that names none, whether the first rule that fires ends the evaluation, and the
            configured rules; the default policy when None.

    Raises:
        ValidationError: An unknown aggregation.
    """

    def __init__(
        self,
        query_service: QueryInterpreter,
        *,
        metric_aggregation: str = "latest",
        config: AlertPolicy | None = None,
    ) -> None:
        self.query_service = query_service
        self.metric_aggregation = checked_selection(metric_aggregation)
        self.config = AlertPolicy() if config is None else config

    @property
    def configured_rules(self) -> tuple[AlertRule, ...]:
        """The rules of the configuration: ``interpretation.alert.rules``."""
        return rules_of_config(self.config.rules)

    def evaluate_alerts(
        self, run_id: str, rules: tuple[AlertRule, ...] | list[AlertRule]
    ) -> tuple[AlertResult, ...]:
        """Return what rules say of one run, in their order.

        Args:
            run_id: The run.
            rules: The rules.

        Returns:
            A result for each rule; where the first rule that fires ends the evaluation, up to that rule.

        Raises:
            RunNotFoundError: There is no such run.
            AlertError: Something among the rules is none.
        """
        checked = _rules(rules)
        run = require_run(self.query_service.repository, run_id)
        results, _ = self._evaluate([run], checked)
        return results

    def evaluate_alerts_fleet(
        self,
        rules: tuple[AlertRule, ...] | list[AlertRule],
        *,
        query: RunListQuery | None = None,
        project_name: str | None = None,
    ) -> AlertReport:
        """Return what rules say of many runs.

        Args:
            rules: The rules.
            query: Which runs, in which order; all, the newest first, when None.
            project_name: Only runs of this project; the query's own project wins.

        Raises:
            AlertError: Something among the rules is none.
        """
        checked = _rules(rules)
        asked = checked_query(query)
        if asked.project_name is None and project_name is not None:
            asked = replace(asked, project_name=project_name)
        runs = self.query_service.list_runs(query=asked)
        results, notes = self._evaluate(runs, checked)
        if not runs:
            details = {"project_name": asked.project_name}
            notes = (CompletenessNote("info", "alert_population_empty", details),)
        return AlertReport(tuple(run.run_id for run in runs), results, notes)

    def _evaluate(
        self, runs: Sequence[RunRecord], rules: Sequence[AlertRule]
    ) -> tuple[tuple[AlertResult, ...], tuple[CompletenessNote, ...]]:
        """Return the results, and a note where the evaluation ended early; the result that ended it has it too."""
        keys = [rule.metric_key for rule in rules]
        metrics = RunMetrics(self.query_service.repository, runs, keys, self.metric_aggregation)
        results: list[AlertResult] = []
        for run in runs:
            for rule in rules:
                result = evaluated(rule, run, metrics, rule.severity or self.config.default_severity)
                results.append(result)
                left_out = len(runs) * len(rules) - len(results)
                if result.triggered and self.config.stop_on_first_trigger and left_out:
                    facts = {"run_id": run.run_id, "rule_name": rule.title, "not_evaluated": left_out}
                    note = CompletenessNote("info", "alert_evaluation_stopped", facts)
                    results[-1] = replace(result, completeness_notes=(*result.completeness_notes, note))
                    return tuple(results), (note,)
        return tuple(results), ()


def _rules(rules: object) -> tuple[AlertRule, ...]:
    """Return the rules as they are.

    Raises:
        AlertError: No sequence, or something in it is no rule.
    """
    given = tuple(rules) if isinstance(rules, Iterable) and not isinstance(rules, (str, bytes)) else (rules,)
    for each in given:
        if not isinstance(each, AlertRule):
            raise AlertError(
                f"rules must be a sequence of AlertRule objects, and {str(each)[:80]!r} is a {type(each).__name__}; "
                "load_alert_rules(path) reads them from a file",
                code="alert_invalid_rules",
                details={"type": type(each).__name__},
            )
    return tuple(each for each in given if isinstance(each, AlertRule))


def build(context: InterpretationContext, options: None) -> AlertService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    return AlertService(context.service("query"), config=context.policies.alert)

"""The screen of alert rules: what the configured ones, or one that is tried, say of the newest runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ValidationError
from contexta.spi.dashboard import Page
from contexta_web.screens.alert_history import histories_of

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.alerts import AlertRule
    from contexta.spi.dashboard import Question

__all__ = ["show_alerts"]

_RUNS, _MOST_RUNS = 25, 500
_MOST_SHOWN = 200


def show_alerts(contexta: Contexta, question: Question) -> Page:
    """Evaluate the rule that the address holds, or those of the configuration, on the newest runs."""
    from contexta.spi.alerts import ALERT_OPERATORS, ALERT_SEVERITIES
    from contexta.spi.querying import RunListQuery

    count = question.count("runs", _RUNS, _MOST_RUNS) or 1
    problem, tried = None, None
    try:
        tried = _tried(question)
    except ValidationError as error:
        problem = error.message
    rules = contexta.alert_service.configured_rules if tried is None else (tried,)
    report = contexta.evaluate_alerts_fleet(rules, query=RunListQuery(limit=count)) if rules else None
    return Page(
        "alerts.html",
        {
            "rules": histories_of(rules, report),
            "fired": report.triggered[:_MOST_SHOWN] if report else (),
            "fired_count": len(report.triggered) if report else 0,
            "is_tried": tried is not None,
            "problem": problem,
            "runs": count,
            "metric": question.first("metric") or "",
            "operators": tuple(ALERT_OPERATORS),
            "operator": question.first("operator") or "gt",
            "threshold": question.first("threshold") or "",
            "severities": ALERT_SEVERITIES,
            "severity": question.first("severity") or "warning",
        },
        400 if problem else 200,
    )


def _tried(question: Question) -> AlertRule | None:
    """Return the rule that the address holds, or None."""
    from contexta.spi.alerts import AlertRule

    metric, threshold = question.first("metric"), question.first("threshold")
    if metric is None and threshold is None:
        return None
    try:
        number = float(threshold or "")
    except ValueError as error:
        raise ValidationError(
            f"threshold is {threshold or ''!r}; it must be a number", code="http_invalid_parameter"
        ) from error
    return AlertRule(
        metric or "", question.first("operator") or "gt", number, severity=question.first("severity")
    )

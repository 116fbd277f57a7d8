"""Alert rules, and what evaluating them answers with."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.views import CompletenessNote, EvidenceLink

__all__ = ["ALERT_OPERATORS", "ALERT_SEVERITIES", "AlertReport", "AlertResult", "AlertRule"]

#: From harmless to grave.
ALERT_SEVERITIES = ("info", "warning", "error")

#: What may stand between a value and a threshold.
ALERT_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A condition on a metric of which somebody wants to hear.

    Args:
        metric_key: The metric's key.
        operator: ``gt``, ``lt``, ``gte``, ``lte``, ``eq`` or ``ne``; case and blanks around it do not count.
        threshold: The number to compare with.
        stage_name: Only values of this stage; of the run and all its stages when None.
        severity: ``info``, ``warning`` or ``error``; ``interpretation.alert.default_severity`` when None.
        name: Its name; ``<metric>[@<stage>]:<operator>:<threshold>`` when None.

    Raises:
        ValidationError: A field breaks its rule.
    """

    metric_key: str
    operator: str
    threshold: float
    stage_name: str | None = None
    severity: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        for field_name in ("metric_key", "stage_name", "name"):
            text: object = getattr(self, field_name)
            if (text is None and field_name != "metric_key") or (isinstance(text, str) and text.strip()):
                continue
            raise ValidationError(
                f"{field_name} must be text that is not blank, not {text!r}", code="alert_invalid_rule"
            )
        word: object = self.operator
        plain = word.strip().lower() if isinstance(word, str) else word
        if plain not in ALERT_OPERATORS:
            raise ValidationError(
                f"operator is {word!r}; use one of {', '.join(ALERT_OPERATORS)}",
                code="alert_invalid_operator",
                details={"allowed": tuple(ALERT_OPERATORS)},
            )
        object.__setattr__(self, "operator", plain)
        if self.severity is not None and self.severity not in ALERT_SEVERITIES:
            raise ValidationError(
                f"severity is {self.severity!r}; use {', '.join(ALERT_SEVERITIES)}, or leave it out",
                code="alert_invalid_severity",
                details={"allowed": ALERT_SEVERITIES},
            )
        threshold: Any = self.threshold
        if (
            isinstance(threshold, bool)
            or not isinstance(threshold, (int, float))
            or not math.isfinite(threshold)
        ):
            raise ValidationError(
                f"threshold must be a finite number, not {threshold!r}", code="alert_invalid_threshold"
            )

    @property
    def title(self) -> str:
        """Its name, or what stands for one."""
        stage = "" if self.stage_name is None else f"@{self.stage_name}"
        return self.name or f"{self.metric_key}{stage}:{self.operator}:{self.threshold}"

    def holds(self, value: float) -> bool:
        """Return whether a value is one of which somebody wants to hear."""
        return ALERT_OPERATORS[self.operator](value, self.threshold)


@dataclass(frozen=True, slots=True)
class AlertResult:
    """What one rule says of one run.

    Args:
        rule_name: Name of the rule.
        metric_key: The metric's key.
        run_id: The run.
        actual_value: Its value; None where it lacks the metric.
        threshold: What it was compared with.
        operator: How it was compared.
        triggered: Whether the rule fired.  A metric that is missing fires none, and passes none either.
        severity: How grave it is where it fires.
        stage_name: The stage that was looked at, or None.
        evidence_links: The run.
        completeness_notes: That the metric is missing.
    """

    rule_name: str
    metric_key: str
    run_id: str
    actual_value: float | None
    threshold: float
    operator: str
    triggered: bool
    severity: str
    stage_name: str | None = None
    evidence_links: tuple[EvidenceLink, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("evidence_links", "completeness_notes"))

    @property
    def state(self) -> str:
        """``triggered``, ``passed``, or ``not_evaluated`` where the metric is missing."""
        if self.actual_value is None:
            return "not_evaluated"
        return "triggered" if self.triggered else "passed"


@dataclass(frozen=True, slots=True)
class AlertReport:
    """What rules say of many runs.

    Args:
        run_ids: The runs that were looked at, in the order of the query.
        results: By run, and for each in the order of the rules.
        completeness_notes: What is missing, and what was not evaluated any more.
    """

    run_ids: tuple[str, ...]
    results: tuple[AlertResult, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("run_ids", "results", "completeness_notes"))

    @property
    def triggered(self) -> tuple[AlertResult, ...]:
        """The results of rules that fired."""
        return tuple(each for each in self.results if each.state == "triggered")

    @property
    def passed(self) -> tuple[AlertResult, ...]:
        """The results of rules that were evaluated and did not fire."""
        return tuple(each for each in self.results if each.state == "passed")

    @property
    def not_evaluated(self) -> tuple[AlertResult, ...]:
        """The results of rules whose metric the run lacks."""
        return tuple(each for each in self.results if each.state == "not_evaluated")

    def at_least(self, severity: str) -> tuple[AlertResult, ...]:
        """Return the results of rules that fired and are at least so grave.

        Args:
            severity: ``info``, ``warning`` or ``error``.
        """
        least = ALERT_SEVERITIES.index(severity)
        return tuple(each for each in self.triggered if ALERT_SEVERITIES.index(each.severity) >= least)

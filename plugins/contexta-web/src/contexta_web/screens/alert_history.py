"""What alert rules would have said of the runs that there were: each rule with its results, the oldest run first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.alerts import AlertReport, AlertResult, AlertRule

__all__ = ["RuleHistory", "histories_of"]

#: A strip is about so wide, in the units of the drawing; of many runs it is wider, so that each can be seen.
_WIDTH = 240.0
_NARROWEST, _WIDEST = 2.0, 12.0
_HEIGHT = 18
#: How high the bar of a run is; one without the metric has a low place without a bar.
_HEIGHTS = {"triggered": _HEIGHT, "passed": 5, "not_evaluated": 1}


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule says of one run.

    Args:
        result: The result.
        left: Where its bar begins.
        height: How high it is.
    """

    result: AlertResult
    left: float
    height: int


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """One rule over runs.

    Args:
        rule: The rule.
        moments: Its results, the oldest run first.
        step: How wide the place of a run is.
    """

    rule: AlertRule
    moments: tuple[Moment, ...]
    step: float

    @property
    def width(self) -> float:
        """How wide the strip is."""
        return round(self.step * len(self.moments), 1)

    @property
    def height(self) -> int:
        """How high the strip is."""
        return _HEIGHT

    def count(self, state: str) -> int:
        """Return the number of runs of a state.

        Args:
            state: ``triggered``, ``passed`` or ``not_evaluated``.
        """
        return sum(each.result.state == state for each in self.moments)

    @property
    def fired(self) -> tuple[AlertResult, ...]:
        """The results that fired, the oldest run first."""
        return tuple(each.result for each in self.moments if each.result.state == "triggered")

    @property
    def in_a_row(self) -> int:
        """In how many of the newest runs that have the metric it fires without a break."""
        found = 0
        for each in reversed(self.moments):
            if each.result.state == "passed":
                break
            found += each.result.state == "triggered"
        return found


def histories_of(rules: Sequence[AlertRule], report: AlertReport | None) -> list[RuleHistory]:
    """Return each rule with its results.

    Args:
        rules: The rules.
        report: What they say of runs, the newest run first; None where there is no rule.
    """
    by_rule: dict[str, list[AlertResult]] = {rule.title: [] for rule in rules}
    for each in reversed(report.results if report else ()):
        by_rule.setdefault(each.rule_name, []).append(each)
    return [_history(rule, by_rule[rule.title]) for rule in rules]


def _history(rule: AlertRule, results: Sequence[AlertResult]) -> RuleHistory:
    step = min(_WIDEST, max(_NARROWEST, round(_WIDTH / max(len(results), 1), 1)))
    moments = [
        Moment(each, round(number * step, 1), _HEIGHTS[each.state]) for number, each in enumerate(results)
    ]
    return RuleHistory(rule, tuple(moments), step)

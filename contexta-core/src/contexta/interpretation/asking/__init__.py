"""The questions of the facade: each is handed to the service that the configuration names for it."""

from __future__ import annotations

from contexta.interpretation.asking.aggregates import AggregateQuestions
from contexta.interpretation.asking.comparisons import ComparisonQuestions
from contexta.interpretation.asking.findings import FindingQuestions
from contexta.interpretation.asking.reports import ReportQuestions
from contexta.interpretation.asking.runs import RunQuestions
from contexta.interpretation.asking.sql import SqlQuestions
from contexta.interpretation.asking.trends import TrendQuestions

__all__ = ["Asking"]


class Asking(
    RunQuestions,
    ComparisonQuestions,
    AggregateQuestions,
    TrendQuestions,
    FindingQuestions,
    ReportQuestions,
    SqlQuestions,
):
    """Everything that can be asked of a workspace."""

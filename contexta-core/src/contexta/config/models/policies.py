"""The policies of the interpretation services."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.collection_rules import TextTupleRule
from contexta.config.rules import BooleanRule, ChoiceRule, IntegerRule, NumberRule
from contexta.config.section import Section, model, ruled

__all__ = [
    "AlertPolicy",
    "AnomalyPolicy",
    "ComparisonPolicy",
    "DiagnosticsPolicy",
    "LineagePolicy",
    "ReportPolicy",
    "SearchPolicy",
    "TrendPolicy",
]

_BOOLEAN = BooleanRule()
_COUNT = IntegerRule(minimum=1)
_DIRECTION = ChoiceRule("both", "upstream", "downstream", "inbound", "outbound")
_SELECTION = ChoiceRule("latest", "max", "min", "mean")
_SEVERITY = ChoiceRule("info", "warning", "error")
_TEXTS = TextTupleRule()


@model
class ComparisonPolicy(Section):
    """How runs are compared.

    Args:
        metric_selection: Which value stands for a metric that has several.
        include_unchanged_metrics: Whether metrics without a difference are listed.
        missing_stage_severity: Severity of the note on a stage that only one run has.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.comparison"

    metric_selection: Literal["latest", "max", "min", "mean"] = ruled(_SELECTION, default="latest")
    include_unchanged_metrics: bool = ruled(_BOOLEAN, default=False)
    missing_stage_severity: Literal["info", "warning", "error"] = ruled(_SEVERITY, default="warning")


@model
class DiagnosticsPolicy(Section):
    """What diagnostics look for.

    Args:
        require_metrics_for_completed_stages: Whether a completed stage without metrics is an issue.
        detect_degraded_records: Whether degraded records are an issue.
        expected_terminal_stage_names: Names of stages with which a run may end.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.diagnostics"

    require_metrics_for_completed_stages: bool = ruled(_BOOLEAN, default=True)
    detect_degraded_records: bool = ruled(_BOOLEAN, default=True)
    expected_terminal_stage_names: tuple[str, ...] = ruled(_TEXTS, default=("evaluate", "package"))


@model
class ReportPolicy(Section):
    """What reports contain.

    Args:
        include_completeness_notes: Whether notes on missing data are shown.
        include_lineage_summary: Whether the lineage is summed up.
        include_evidence_summary: Whether the evidence is summed up.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.reports"

    include_completeness_notes: bool = ruled(_BOOLEAN, default=True)
    include_lineage_summary: bool = ruled(_BOOLEAN, default=True)
    include_evidence_summary: bool = ruled(_BOOLEAN, default=True)


@model
class SearchPolicy(Section):
    """How searches work.

    Args:
        default_limit: Largest number of results when the question names none.
        text_match_fields: Fields in which text is looked for.
        case_sensitive: Whether upper and lower case differ.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.search"

    default_limit: int = ruled(_COUNT, default=50)
    text_match_fields: tuple[str, ...] = ruled(_TEXTS, default=("name", "tags", "status"))
    case_sensitive: bool = ruled(_BOOLEAN, default=False)


@model
class TrendPolicy(Section):
    """How trends are computed.

    Args:
        default_window_runs: Number of most recent runs that a trend covers.
        metric_aggregation: Which value stands for a metric that has several in one run.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.trend"

    default_window_runs: int = ruled(_COUNT, default=20)
    metric_aggregation: Literal["latest", "max", "min", "mean"] = ruled(_SELECTION, default="latest")


@model
class AnomalyPolicy(Section):
    """What counts as an anomaly.

    Args:
        z_score_threshold: Distance from the baseline, in standard deviations, from which a value is one.
        min_baseline_runs: Number of runs that a baseline needs.
        monitored_metrics: Keys of the metrics that are watched; all when empty.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.anomaly"

    z_score_threshold: float = ruled(NumberRule(positive=True), default=2.5)
    min_baseline_runs: int = ruled(_COUNT, default=3)
    monitored_metrics: tuple[str, ...] = ruled(_TEXTS, default=())


@model
class AlertPolicy(Section):
    """How alert rules are evaluated.

    Args:
        stop_on_first_trigger: Whether the first rule that fires ends the evaluation.
        default_severity: Severity of a rule that names none.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.alert"

    stop_on_first_trigger: bool = ruled(_BOOLEAN, default=False)
    default_severity: Literal["info", "warning", "error"] = ruled(_SEVERITY, default="warning")


@model
class LineagePolicy(Section):
    """How lineage is traversed.

    Args:
        default_direction: Direction of a traversal that names none: ``upstream`` (also ``inbound``) is where
            something came from, ``downstream`` (also ``outbound``) what was made of it.
        default_max_depth: Largest number of edges from the subject; unlimited when None.
        include_provenance: Whether provenance records count as edges.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.lineage"

    default_direction: Literal["both", "upstream", "downstream", "inbound", "outbound"] = ruled(
        _DIRECTION, default="both"
    )
    default_max_depth: int | None = ruled(IntegerRule(minimum=1, optional=True), default=None)
    include_provenance: bool = ruled(_BOOLEAN, default=True)

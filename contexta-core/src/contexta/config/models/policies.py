"""The policies of the interpretation services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from contexta.config.collection_rules import DirectionsRule, TextTupleRule
from contexta.config.frozen_options import NO_OPTIONS
from contexta.config.models.alert_rule import AlertRuleConfig, AlertRulesRule
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

_ABOVE_ZERO = NumberRule(positive=True)
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
        metric_directions: ``lower`` or ``higher`` by the key of a metric: which of its values is the better one.
            What a run declares itself wins; without either, the metric's name tells.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.comparison"

    metric_selection: Literal["latest", "max", "min", "mean"] = ruled(_SELECTION, default="latest")
    include_unchanged_metrics: bool = ruled(_BOOLEAN, default=False)
    missing_stage_severity: Literal["info", "warning", "error"] = ruled(_SEVERITY, default="warning")
    metric_directions: Mapping[str, str] = ruled(DirectionsRule(), default=NO_OPTIONS)


@model
class DiagnosticsPolicy(Section):
    """What diagnostics look for.

    Args:
        require_metrics_for_completed_stages: Whether a completed stage without metrics is an issue.
        detect_degraded_records: Whether degraded records are an issue.
        expected_terminal_stage_names: Names of stages that a run is to have in the end.
        disabled_checks: Names of checks that are not made.
        stale_after_seconds: An open run is stale when nothing was recorded for so long, in seconds.
        curve_points: Number of points from which the course of a metric is looked at.
        divergence_factor: A metric has diverged when it lost so many times what it had gained.
        plateau_points: A metric is on a plateau when so many points brought next to nothing.
        plateau_tolerance: What counts as next to nothing, as a share of all that was gained.
        overfitting_gap: How much worse than its best a validation metric may become, as a share of that best.
        stall_factor: A pause is a stall when it is so many times the usual one.
        stall_seconds: No pause shorter than this is a stall, in seconds.
        duration_factor: A duration is unusual when it is so many times the usual one, or that part of it.
        duration_runs: Number of earlier runs whose durations are the usual ones.
        artifact_verification: How artifacts are looked at: ``presence`` tells missing and truncated bodies,
            ``content`` reads every byte, ``off`` does neither.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.diagnostics"

    require_metrics_for_completed_stages: bool = ruled(_BOOLEAN, default=True)
    detect_degraded_records: bool = ruled(_BOOLEAN, default=True)
    expected_terminal_stage_names: tuple[str, ...] = ruled(_TEXTS, default=("evaluate", "package"))
    disabled_checks: tuple[str, ...] = ruled(_TEXTS, default=())
    stale_after_seconds: float = ruled(_ABOVE_ZERO, default=3600.0)
    curve_points: int = ruled(IntegerRule(minimum=5), default=10)
    divergence_factor: float = ruled(_ABOVE_ZERO, default=1.0)
    plateau_points: int = ruled(IntegerRule(minimum=5), default=20)
    plateau_tolerance: float = ruled(NumberRule(), default=0.01)
    overfitting_gap: float = ruled(NumberRule(), default=0.1)
    stall_factor: float = ruled(_ABOVE_ZERO, default=10.0)
    stall_seconds: float = ruled(NumberRule(), default=60.0)
    duration_factor: float = ruled(_ABOVE_ZERO, default=3.0)
    duration_runs: int = ruled(_COUNT, default=20)
    artifact_verification: Literal["presence", "content", "off"] = ruled(
        ChoiceRule("presence", "content", "off"), default="presence"
    )


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
        z_score_threshold: Distance from the mean of the baseline, in standard deviations, from which a value is one;
            from its median, in scaled median absolute deviations, it is 1.4 times as far.
        min_baseline_runs: Number of runs that a baseline needs.
        monitored_metrics: Keys of the metrics that are watched; all when empty.
        metric_aggregation: Which value stands for a metric that has several in one run.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.anomaly"

    z_score_threshold: float = ruled(NumberRule(positive=True), default=2.5)
    min_baseline_runs: int = ruled(_COUNT, default=3)
    monitored_metrics: tuple[str, ...] = ruled(_TEXTS, default=())
    metric_aggregation: Literal["latest", "max", "min", "mean"] = ruled(_SELECTION, default="latest")


@model
class AlertPolicy(Section):
    """How alert rules are evaluated.

    Args:
        stop_on_first_trigger: Whether the first rule that fires ends the evaluation.
        default_severity: Severity of a rule that names none.
        rules: Rules that ``contexta alert`` evaluates where it is given no others.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.alert"

    stop_on_first_trigger: bool = ruled(_BOOLEAN, default=False)
    default_severity: Literal["info", "warning", "error"] = ruled(_SEVERITY, default="warning")
    rules: tuple[AlertRuleConfig, ...] = ruled(AlertRulesRule(), default=())


@model
class LineagePolicy(Section):
    """How lineage is traversed.

    Args:
        default_direction: Direction of a traversal that names none: ``upstream`` (also ``inbound``) is where
            something came from, ``downstream`` (also ``outbound``) what was made of it.
        default_max_depth: Largest number of edges from the subject; unlimited when None.
        include_provenance: Whether each edge carries the newest recorded assertion about it.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.lineage"

    default_direction: Literal["both", "upstream", "downstream", "inbound", "outbound"] = ruled(
        _DIRECTION, default="both"
    )
    default_max_depth: int | None = ruled(IntegerRule(minimum=1, optional=True), default=None)
    include_provenance: bool = ruled(_BOOLEAN, default=True)

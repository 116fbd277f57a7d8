"""The interpretation services: their policies, and which plugin serves each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from contexta.config.collection_rules import NamesRule
from contexta.config.frozen_options import NO_OPTIONS
from contexta.config.models.policies import (
    AlertPolicy,
    AnomalyPolicy,
    ComparisonPolicy,
    DiagnosticsPolicy,
    LineagePolicy,
    ReportPolicy,
    SearchPolicy,
    TrendPolicy,
)
from contexta.config.section import Section, model, nested, ruled

__all__ = ["InterpretationConfig"]


@model
class InterpretationConfig(Section):
    """The interpretation services: their policies, and which plugin serves each.

    Args:
        comparison: How runs are compared.
        diagnostics: What diagnostics look for.
        reports: What reports contain.
        search: How searches work.
        trend: How trends are computed.
        anomaly: What counts as an anomaly.
        alert: How alert rules are evaluated.
        services: Plugin name by service, to replace one; ``"off"`` turns it off. As in
            ``{"compare": "acme_compare", "trend": "off"}``.
        lineage: How lineage is traversed.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation"

    comparison: ComparisonPolicy = nested(default_factory=ComparisonPolicy)
    diagnostics: DiagnosticsPolicy = nested(default_factory=DiagnosticsPolicy)
    reports: ReportPolicy = nested(default_factory=ReportPolicy)
    search: SearchPolicy = nested(default_factory=SearchPolicy)
    trend: TrendPolicy = nested(default_factory=TrendPolicy)
    anomaly: AnomalyPolicy = nested(default_factory=AnomalyPolicy)
    alert: AlertPolicy = nested(default_factory=AlertPolicy)
    services: Mapping[str, str] = ruled(NamesRule(), default=NO_OPTIONS)
    lineage: LineagePolicy = nested(default_factory=LineagePolicy)

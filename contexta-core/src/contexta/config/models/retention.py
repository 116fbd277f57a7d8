"""How long things are kept."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.rules import BooleanRule, ChoiceRule, IntegerRule
from contexta.config.section import Section, model, ruled

__all__ = ["RetentionConfig"]

_DAYS = IntegerRule(optional=True)


@model
class RetentionConfig(Section):
    """How long things are kept.

    Args:
        cache_ttl_days: Age at which cached files may be removed, in days; never when None.
        report_ttl_days: Age at which reports may be removed, in days; never when None.
        export_ttl_days: Age at which exports may be removed, in days; never when None.
        artifact_retention_mode: Whether artifacts are removed by hand, by a plan, or by rule.
        records_compaction_enabled: Whether closing a workspace rewrites record segments into fewer; asking for
            it is always possible.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "retention"

    cache_ttl_days: int | None = ruled(_DAYS, default=7)
    report_ttl_days: int | None = ruled(_DAYS, default=None)
    export_ttl_days: int | None = ruled(_DAYS, default=None)
    artifact_retention_mode: Literal["manual", "planned", "enforced"] = ruled(
        ChoiceRule("manual", "planned", "enforced"), default="manual"
    )
    records_compaction_enabled: bool = ruled(BooleanRule(), default=False)

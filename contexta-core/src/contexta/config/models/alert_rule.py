"""Alert rules in the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from contexta.config.collection_rules import read_json_text
from contexta.config.problems import config_error
from contexta.config.rules import ChoiceRule, NumberRule, Rule, TextRule
from contexta.config.section import Section, model, ruled
from contexta.config.section_items import exported_items, listed_items, section_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AlertRuleConfig", "AlertRulesRule"]

_REQUIRED = {
    "metric_key": "names the metric",
    "operator": "says how its value is compared",
    "threshold": "is the number that its value is compared with",
}


@model
class AlertRuleConfig(Section):
    """A condition on a metric of which somebody wants to hear.

    Args:
        metric_key: The metric's key.
        operator: How its value is compared with the threshold.
        threshold: The number that it is compared with.
        stage_name: Only values of this stage; of the run and all its stages when None.
        severity: How grave it is; ``interpretation.alert.default_severity`` when None.
        name: Its name; made of the others when None.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "interpretation.alert.rules[]"

    metric_key: str = ruled(TextRule(expected="the key of a metric"))
    operator: Literal["gt", "lt", "gte", "lte", "eq", "ne"] = ruled(
        ChoiceRule("gt", "lt", "gte", "lte", "eq", "ne")
    )
    threshold: float = ruled(NumberRule(signed=True))
    stage_name: str | None = ruled(TextRule(optional=True), default=None)
    severity: Literal["info", "warning", "error"] | None = ruled(
        ChoiceRule("info", "warning", "error", optional=True), default=None
    )
    name: str | None = ruled(TextRule(optional=True), default=None)


class AlertRulesRule(Rule):
    """Several alert rules; as one text a JSON array."""

    __slots__ = ()

    expected = "a list of alert rules"

    def parse(self, raw: object, path: str, folder: Path | None = None) -> object:
        """Return the rules for a list of mappings or rules, or for a text."""
        if isinstance(raw, str):
            raw = read_json_text(raw, path)
        items = listed_items(raw)
        if items is None:
            raise self._refused(raw, path)
        return tuple(
            section_of(AlertRuleConfig, item, f"{path}[{index}]", folder, _REQUIRED)
            for index, item in enumerate(items)
        )

    def export(self, value: Any) -> object:
        """Return the rules as a list of mappings."""
        return exported_items(AlertRuleConfig, value)

    def _check(self, value: object, path: str) -> object:
        items = listed_items(value)
        if items is None:
            raise self._refused(value, path)
        for index, item in enumerate(items):
            if not isinstance(item, AlertRuleConfig):
                problem = f"expected an AlertRuleConfig, got {type(item).__name__}"
                raise config_error(f"{path}[{index}]", problem)
        return tuple(items)

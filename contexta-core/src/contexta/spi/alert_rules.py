"""Alert rules that stand in the configuration, or in a file of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contexta.config.models.alert_rule import AlertRulesRule
from contexta.config.problems import closest_name
from contexta.errors import ConfigurationError
from contexta.spi.alerts import AlertRule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contexta.config.models.alert_rule import AlertRuleConfig

__all__ = ["load_alert_rules", "rules_of_config"]

#: Where rules stand in a configuration; in a file of their own the last word is enough.
_PATH = ("interpretation", "alert", "rules")


def rules_of_config(entries: Iterable[AlertRuleConfig]) -> tuple[AlertRule, ...]:
    """Return the rules of ``interpretation.alert.rules``.

    Args:
        entries: The entries, as configured.
    """
    return tuple(
        AlertRule(each.metric_key, each.operator, each.threshold, each.stage_name, each.severity, each.name)
        for each in entries
    )


def load_alert_rules(path: str | Path) -> tuple[AlertRule, ...]:
    """Read alert rules from a file.

    A file of its own has the tables ``[[rules]]``, a configuration file ``[[interpretation.alert.rules]]``; both have
    the fields of :class:`~contexta.spi.alerts.AlertRule`.

    Args:
        path: The file: TOML, YAML or JSON, told by its suffix.

    Raises:
        ConfigurationError: The file cannot be read, has no rules, or a rule has a field that is unknown, missing or not
            acceptable; the text names it, and what was probably meant.
        DependencyError: It is YAML, and PyYAML is not installed.
    """
    from contexta.config.files import read_config_file

    file = read_config_file(path)
    place, raw = _found(file.values, file.origin)
    try:
        parsed: Any = AlertRulesRule().parse(raw, place, file.folder)
    except ConfigurationError as error:
        details = {**(error.details or {}), "origin": file.origin}
        raise ConfigurationError(
            f"{error.message} (from {file.origin})", code=error.code, details=details
        ) from error
    return rules_of_config(parsed)


def _found(values: Mapping[Any, Any], origin: str) -> tuple[str, object]:
    """Return the rules of a file with their dotted path."""
    if "rules" in values:
        unknown = [str(key) for key in values if key != "rules"]
        if unknown:
            raise ConfigurationError(
                f"{unknown[0]}: a file of rules has the tables [[rules]] and nothing else (from {origin})",
                code="unknown_config_field",
                details={"path": unknown[0], "origin": origin},
            )
        return "rules", values["rules"]
    found: Any = values
    for word in _PATH:
        found = found.get(word) if isinstance(found, Mapping) else None
    if found is None:
        close = closest_name("rules", [str(key) for key in values])
        hint = f"; did you mean [[rules]] instead of [[{close}]]?" if close else ""
        raise ConfigurationError(
            f"there are neither tables [[rules]] nor [[{'.'.join(_PATH)}]] in the file{hint} (from {origin})",
            code="alert_rules_missing",
            details={"origin": origin, "suggestion": close},
        )
    return ".".join(_PATH), found

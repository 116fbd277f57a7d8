"""The options that name alert rules, and the rules that are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from contexta.errors import NotFoundError
from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contexta import Contexta
    from contexta.interpretation import AlertRule

__all__ = ["check_typed_rule", "given_rules", "rule_options"]

Function = TypeVar("Function", bound="Callable[..., Any]")

_SEVERITIES = ("info", "warning", "error")
_OPERATORS = ("gt", "lt", "gte", "lte", "eq", "ne")
#: What a rule that is typed needs.
_NEEDED = {"--metric": "metric_key", "--operator": "operator", "--threshold": "threshold"}

_OPTIONS = (
    click.option("--rules", "rules_file", metavar="FILE", help="The rules, from a file."),
    click.option("--metric", "metric_key", metavar="METRIC", help="One rule: its metric."),
    click.option("--operator", type=click.Choice(_OPERATORS), help="How its value is compared."),
    click.option("--threshold", type=float, metavar="NUMBER", help="What it is compared with."),
    click.option("--stage", "stage_name", metavar="NAME", help="Only values of this stage."),
    click.option("--severity", type=click.Choice(_SEVERITIES), help="How grave it is where it fires."),
)


def rule_options(function: Function) -> Function:
    """Give a command the options that name rules; :func:`given_rules` makes rules of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def given_rules(contexta: Contexta, options: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """Return the rule that was typed, those of the file that was named, or those of the configuration.

    Args:
        contexta: The workspace.
        options: What was typed, by the names of the options.

    Raises:
        UsageFault: They cannot be meant.
        NotFoundError: There are no rules.
    """
    return check_typed_rule(options) or _configured_rules(contexta, options["rules_file"])


def check_typed_rule(options: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """Return the one rule that was typed, or nothing.

    Args:
        options: What was typed, by the names of the options.

    Raises:
        UsageFault: It cannot be meant.
    """
    from contexta.errors import ValidationError
    from contexta.interpretation import AlertRule

    needed = {name: options[key] for name, key in _NEEDED.items()}
    if all(value is None for value in needed.values()):
        if options["stage_name"] is not None or options["severity"] is not None:
            raise UsageFault(
                "--stage and --severity belong to a rule; give --metric, --operator and --threshold"
            )
        return ()
    missing = [name for name, value in needed.items() if value is None]
    if missing:
        raise UsageFault(f"a rule needs {', '.join(_NEEDED)}; {' and '.join(missing)} is missing")
    if options["rules_file"] is not None:
        raise UsageFault("the rules are either typed or from --rules FILE, not both")
    try:
        rule = AlertRule(
            options["metric_key"],
            options["operator"],
            options["threshold"],
            options["stage_name"],
            options["severity"],
        )
    except ValidationError as error:
        raise UsageFault(error.message, code=error.code) from error
    return (rule,)


def _configured_rules(contexta: Contexta, rules_file: str | None) -> tuple[AlertRule, ...]:
    """Return the rules of a file, or those of the configuration."""
    if rules_file is not None:
        from contexta.interpretation import load_alert_rules

        return load_alert_rules(rules_file)
    rules = contexta.alert_service.configured_rules
    if not rules:
        raise NotFoundError(
            "there are no rules: give --metric, --operator and --threshold, --rules FILE, or write them into "
            "[[interpretation.alert.rules]] of the configuration",
            code="alert_rules_missing",
        )
    return rules

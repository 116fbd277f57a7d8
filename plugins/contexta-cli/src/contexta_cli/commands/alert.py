"""``contexta alert``: what rules say of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.alert_rules import check_typed_rule, given_rules, rule_options
from contexta_cli.fail_on import fail_on_option
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN
from contexta_cli.run_filters import query_of, require_project, run_filters

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.interpretation import AlertReport, AlertResult, AlertRule
    from contexta_cli.output.printer import Printer
    from contexta_cli.output.table import Cell

__all__ = ["alert"]

_SEVERITIES = ("info", "warning", "error")
_SIGNS = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}


@click.command(
    "alert",
    cls=LazyCommand,
    examples=(
        "contexta alert mlp-64-seed-0 --metric val_accuracy --operator lt --threshold 0.9",
        "contexta alert mlp-64-seed-0 --rules alerts.toml --fail-on error",
        "contexta alert --tag model=mlp --limit 10",
    ),
)
@click.argument("run_id", metavar="[ID]", required=False, type=RUN)
@rule_options
@fail_on_option(*_SEVERITIES, what="an alert that fires and is")
@run_filters
@click.pass_context
def alert(ctx: click.Context, /, run_id: str | None, fail_on: str | None, **options: Any) -> None:
    """Evaluate rules on the metrics of runs.

    On the run ID, or without one on all runs that the options select. The rules are one that is typed, those of a
    file, or those of the configuration (interpretation.alert.rules). A metric that a run lacks neither fires a rule
    nor passes it.
    """
    check_typed_rule(options)
    query = query_of(options)
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        rules = given_rules(contexta, options)
        if run_id is None:
            report = contexta.evaluate_alerts_fleet(rules, query=query)
            if not report.run_ids:
                require_project(contexta, query.project_name)
        else:
            report = _report_of(contexta, run_id, rules)
        several = len(contexta.list_projects()) > 1
        data = {"results": report.results, "completeness_notes": report.completeness_notes}
        invocation.answer(
            data, lambda printer: _show(printer, report, several_projects=several), rows=report.results
        )
        invocation.warn_of_damage(contexta)
    if fail_on is not None and report.at_least(fail_on):
        ctx.exit(1)


def _report_of(contexta: Contexta, run_id: str, rules: tuple[AlertRule, ...]) -> AlertReport:
    """Return what rules say of one run, as a report of one."""
    from contexta.interpretation import AlertReport

    results = contexta.evaluate_alerts(run_id, rules)
    return AlertReport(tuple(dict.fromkeys(each.run_id for each in results)), results)


def _show(printer: Printer, report: AlertReport, *, several_projects: bool) -> None:
    from contexta_cli.output.completeness import show_notes
    from contexta_cli.output.table import Column, Table

    if report.results:
        columns = [
            Column("STATE"),
            Column("SEVERITY"),
            Column("RUN", shrinks=True),
            Column("RULE", shrinks=True),
            Column("VALUE", right=True),
            Column("CONDITION"),
        ]
        rows = [_row(each, several_projects=several_projects) for each in report.results]
        printer.table(Table(columns, rows))
        counts = (
            (len(report.triggered), "fired"),
            (len(report.passed), "passed"),
            (len(report.not_evaluated), "could not be evaluated"),
        )
        printer.line(", ".join(f"{count} {what}" for count, what in counts if count))
    else:
        printer.line("No runs match.")
    notes = [note for each in report.results for note in each.completeness_notes]
    show_notes(printer, [*notes, *(note for note in report.completeness_notes if note not in notes)])


def _row(result: AlertResult, *, several_projects: bool) -> list[Cell]:
    from contexta_cli.output.quantities import number, short_run_id
    from contexta_cli.output.severities import severity_cell
    from contexta_cli.output.table import Cell

    styles = {"triggered": "bad", "passed": "good"}
    state = result.state
    return [
        Cell(state.replace("_", " "), style=styles.get(state, "warning")),
        severity_cell(result.severity),
        Cell(short_run_id(result.run_id, with_project=several_projects), style="title"),
        Cell(result.rule_name),
        Cell(number(result.actual_value)),
        Cell(f"{_SIGNS[result.operator]} {number(result.threshold)}", style="faint"),
    ]

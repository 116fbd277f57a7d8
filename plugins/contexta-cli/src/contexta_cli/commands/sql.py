"""``contexta sql``: one SELECT over the tables of a workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.rows import Rows

if TYPE_CHECKING:
    from contexta.spi.sql import SqlResult
    from contexta_cli.output.printer import Printer

__all__ = ["sql"]


@click.command(
    "sql",
    cls=LazyCommand,
    examples=(
        'contexta sql "show tables"',
        'contexta sql "describe metrics"',
        "contexta sql \"select name, status, seconds from runs where status = 'completed' order by seconds\"",
        'contexta sql "select key, max(value) from metrics group by key" --format csv',
    ),
)
@click.argument("query", metavar="QUERY")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=60.0,
    help="Give up after so long; 60 by default.",
)
@click.pass_context
def sql(ctx: click.Context, query: str, timeout: float) -> None:
    """Ask the workspace in SQL.

    QUERY is one SELECT over runs, metrics, params, tags, stages and the other tables, in the SQL of DuckDB; `-` reads
    it from stdin. Times are in UTC. Nothing can be changed by it, and no file can be reached.
    """
    text = _read_query() if query == "-" else query
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta, contexta.sql(text, timeout_seconds=timeout) as result:
        data = {"columns": result.columns, "types": result.types, "rows": result}
        invocation.answer(data, lambda printer: _show(printer, result), rows=Rows(result.columns, result))
        invocation.warn_of_damage(contexta)


def _read_query() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UsageFault("stdin is no text in UTF-8", code="sql_invalid") from error


def _show(printer: Printer, result: SqlResult) -> None:
    from contexta_cli.output.table import Cell, Column, Table
    from contexta_cli.output.value_text import is_numeric, value_text

    columns = [
        Column(name, right=is_numeric(kind), shrinks=not is_numeric(kind))
        for name, kind in zip(result.columns, result.types, strict=True)
    ]
    printer.table(Table(columns, [[Cell(value_text(value)) for value in row] for row in result]))

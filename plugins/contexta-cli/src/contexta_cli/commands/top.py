"""``contexta top``: the runs that are open, again and again."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta_cli.live_runs import LiveRun, LiveRuns
    from contexta_cli.output.printer import Printer
    from contexta_cli.output.terminal import TerminalPrinter

__all__ = ["top"]

_COLUMNS = (
    Column("RUN", shrinks=True),
    Column("STAGE", priority=1, shrinks=True),
    Column("DURATION", right=True),
    Column("RECORDS", right=True, priority=3),
    Column("PER SECOND", right=True, priority=4),
    Column("METRICS", priority=2, shrinks=True),
)
_NOTHING = "No run is open."


@click.command(
    "top",
    cls=LazyCommand,
    examples=("contexta top", "contexta top --project digits-demo --interval 5", "contexta top --once"),
)
@click.option("--project", metavar="NAME", help="Only runs of this project.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=1.0,
    metavar="SECONDS",
    help="Between two looks; 1 by default.",
)
@click.option("--once", is_flag=True, help="Look once, as in a pipe.")
@click.pass_context
def top(ctx: click.Context, *, project: str | None, interval: float, once: bool) -> None:
    """Watch the runs that are open: their stage, how fast they record, their newest metrics.

    On a terminal the table is kept up to date until Ctrl-C is pressed; in a pipe, and in the formats for programs, it
    is written once.
    """
    from contexta_cli.live_runs import LiveRuns

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        live = LiveRuns(contexta, project)
        terminal = None if once else invocation.terminal
        if terminal is None:
            runs = live.look()
            invocation.answer({"runs": runs}, lambda printer: _show(printer, runs))
        else:
            with suppress(KeyboardInterrupt):
                _watch(terminal, live, interval)


def _show(printer: Printer, runs: Sequence[LiveRun]) -> None:
    if runs:
        printer.table(_table(runs))
    else:
        printer.line(_NOTHING)


def _watch(terminal: TerminalPrinter, live: LiveRuns, interval: float) -> None:
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with Live(console=terminal.console, screen=True, auto_refresh=False) as display:
        while True:
            runs = live.look()
            at = time.strftime("%H:%M:%S")
            heading = Text(f"{at}  {len(runs)} open", style="bold")
            rows = terminal.rows(_table(runs)) if runs else [Text(_NOTHING)]
            # What does not fit below each other is left out: the newest runs stand first.
            kept = rows[: max(1, terminal.console.height - 2)]
            display.update(Group(heading, *kept), refresh=True)
            time.sleep(interval)


def _table(runs: Sequence[LiveRun]) -> Table:
    from contexta_cli.output.quantities import duration, number, short_run_id

    several = len({run.project_name for run in runs}) > 1
    return Table(
        _COLUMNS,
        [
            (
                Cell(short_run_id(run.run_id, with_project=several), style="title"),
                Cell(run.stage or ""),
                Cell(duration(run.seconds)),
                Cell(str(run.records)),
                Cell("" if run.records_per_second is None else f"{run.records_per_second:.0f}"),
                Cell("  ".join(f"{key} {number(value)}" for key, value in sorted(run.metrics.items()))),
            )
            for run in runs
        ],
    )

"""``contexta config check``: every problem of a configuration file, with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from contexta.config import ConfigFileReport
    from contexta_cli.output.printer import Printer

__all__ = ["check"]


@click.command(
    "check",
    cls=LazyCommand,
    examples=("contexta config check contexta.toml", "contexta config check pyproject.toml --format json"),
)
@click.argument("file", metavar="FILE")
@click.pass_context
def check(ctx: click.Context, file: str) -> None:
    """Check a configuration file.

    All of its problems are told at once, with their lines and with what was probably meant: settings that do not
    exist, values that are not accepted, plugins that are not installed. The exit code is 1 when there are any.
    """
    from contexta.config import check_config_file
    from contexta.plugins import PluginHost

    invocation = Invocation(ctx)
    invocation.bear_broken_configuration()
    # Not the host of the configuration here: the file may be meant for another place.
    report = check_config_file(file, plugin_names=PluginHost().names)
    invocation.answer(report.to_dict(), lambda printer: _show(printer, report))
    if not report.ok:
        ctx.exit(1)


def _show(printer: Printer, report: ConfigFileReport) -> None:
    for problem in report.problems:
        place = str(report.file) if problem.line is None else f"{report.file}:{problem.line}"
        what = f"{problem.path}: {problem.message}" if problem.path else problem.message
        printer.line(f"{place}: {what}", "bad")
    if report.ok:
        printer.line(f"{report.file}: nothing is wrong", "good")
    else:
        number = len(report.problems)
        printer.line(f"{number} {'problem' if number == 1 else 'problems'}")

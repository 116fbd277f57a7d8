"""``contexta plugins doctor``: what is wrong with the installation, and what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

import contexta
from contexta_cli.commands.plugins_surroundings import no_plugins_option, plugin_surroundings
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from contexta.plugins import Diagnosis
    from contexta_cli.output.printer import Printer

__all__ = ["doctor"]

_STYLES = {"ok": "good", "note": "faint", "warning": "warning", "problem": "bad"}
_WIDTH = 9


@click.command(
    "doctor",
    cls=LazyCommand,
    examples=(
        "contexta plugins doctor",
        "contexta plugins doctor --no-plugins",
        "contexta plugins doctor --format json",
    ),
)
@no_plugins_option
@click.pass_context
def doctor(ctx: click.Context, *, no_plugins: bool) -> None:
    """Find out what is wrong with the installation, and what to do.

    Looks at the kernel's own files, at everything that is installed, at what the configuration names, and at what
    plugins check themselves. The exit code is 1 where there is a problem. Where this command is what is broken,
    `python -m contexta plugins doctor` does the same.
    """
    from contexta.plugins import diagnose

    invocation = Invocation(ctx)
    found = plugin_surroundings(invocation, no_plugins=no_plugins)
    # Whoever wants no plugins need not hear that those he configured are left out.
    diagnosis = diagnose(found.host, None if no_plugins else found.config, config_error=found.error)
    data = {
        "contexta": contexta.__version__,
        "python": sys.version.split()[0],
        "checks": diagnosis.checks,
        "exit_code": diagnosis.exit_code,
    }
    invocation.answer(data, lambda printer: _show(printer, diagnosis))
    if diagnosis.exit_code:
        ctx.exit(diagnosis.exit_code)


def _show(printer: Printer, diagnosis: Diagnosis) -> None:
    printer.line(f"contexta {contexta.__version__}, Python {sys.version.split()[0]}", "title")
    for check in diagnosis.checks:
        printer.line(f"{check.status:<{_WIDTH}}{check.subject}: {check.finding}", _STYLES[check.status])
        if check.remedy:
            printer.line(f"{'':<{_WIDTH}}-> {check.remedy}")
    printer.line(diagnosis.verdict, "bad" if diagnosis.exit_code else "good")

"""``contexta privacy scan``: secrets that were written in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.recovery import PrivacyFinding
    from contexta_cli.output.printer import Printer

__all__ = ["scan"]

_COLUMNS = (
    Column("FILE", shrinks=True),
    Column("LINE", right=True),
    Column("RULE"),
    Column("COUNT", right=True),
)


@click.command("scan", cls=LazyCommand, examples=("contexta privacy scan", "contexta privacy scan --strict"))
@click.option("--strict", is_flag=True, help="Values that look random count, too.")
@click.pass_context
def scan(ctx: click.Context, *, strict: bool) -> None:
    """Look through the whole workspace for secrets in the clear. They are located, never shown.

    Exits with 1 where it found one.
    """
    from contexta.recovery import scan_workspace

    invocation = Invocation(ctx)
    found = scan_workspace(invocation.config, strict=strict)
    data = {"findings": [each.to_dict() for each in found]}
    invocation.answer(data, lambda printer: _show(printer, found))
    if found:
        ctx.exit(1)


def _show(printer: Printer, found: Sequence[PrivacyFinding]) -> None:
    if not found:
        printer.line("No secret was found.")
        return
    rows = [
        [Cell(each.path), Cell(str(each.line)), Cell(each.rule, "bad"), Cell(str(each.count))]
        for each in found
    ]
    printer.table(Table(_COLUMNS, rows))

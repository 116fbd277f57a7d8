"""``contexta artifact verify``: bodies read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.store.artifacts import SweepReport, VerificationRecord
    from contexta_cli.output.printer import Printer

__all__ = ["verify"]

_VERIFIED = "verified"


@click.command(
    "verify",
    cls=LazyCommand,
    examples=(
        "contexta artifact verify",
        "contexta artifact verify artifact:digits-demo.mlp-64-seed-0.model",
        "contexta artifact verify --format ndjson",
    ),
)
@click.argument("artifact_refs", metavar="[REF]...", nargs=-1)
@click.pass_context
def verify(ctx: click.Context, artifact_refs: tuple[str, ...]) -> None:
    """Read bodies again and compare them with their hashes; all of the workspace where none is named.

    Exits with 1 where something is not as it was stored. Without a name, damage of the list of artifacts and files
    that belong to none are told too.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        store = contexta.artifact_store
        if artifact_refs:
            records: Sequence[VerificationRecord] = [store.refresh_verification(ref) for ref in artifact_refs]
            ok = all(each.status == _VERIFIED for each in records)
            sweep = None
        else:
            sweep = store.verify_all()
            records, ok = sweep.verification_records, sweep.ok
        data = {
            "ok": ok,
            "artifacts": records,
            "orphan_paths": () if sweep is None else sweep.orphan_paths,
            "findings": () if sweep is None else sweep.findings,
        }
        invocation.answer(data, lambda printer: _show(printer, records, sweep), rows=records)
    if not ok:
        ctx.exit(1)


def _show(printer: Printer, records: Sequence[VerificationRecord], sweep: SweepReport | None) -> None:
    from contexta_cli.output.table import Cell, Column, Table

    wrong = [each for each in records if each.status != _VERIFIED]
    shown = wrong if sweep is not None else records
    if shown:
        columns = [Column("ARTIFACT", shrinks=True), Column("STATUS"), Column("WHAT IS WRONG", shrinks=True)]
        rows = [
            [
                Cell(each.artifact_ref, style="title"),
                Cell(each.status, style="good" if each.status == _VERIFIED else "bad"),
                Cell(each.message),
            ]
            for each in shown
        ]
        printer.table(Table(columns, rows))
    if sweep is None:
        return
    for finding in sweep.findings:
        if finding.ref is None and finding.severity == "error":
            printer.line(f"{finding.location}: {finding.message}", "bad")
    printer.line(f"{len(records) - len(wrong)} of {len(records)} artifacts are whole.")
    if sweep.orphan_paths:
        printer.line(f"{len(sweep.orphan_paths)} files belong to no artifact; contexta artifact gc --dry-run")

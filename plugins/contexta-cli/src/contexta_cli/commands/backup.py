"""``contexta backup``: make backups of the workspace, list and check them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.recovery import BackupInfo, BackupPlan, BackupResult
    from contexta_cli.output.printer import Printer

__all__ = ["create", "list_all", "verify"]

_COLUMNS = (
    Column("BACKUP"),
    Column("MADE"),
    Column("LABEL", priority=1, shrinks=True),
    Column("FILES", right=True, priority=3),
    Column("SIZE", right=True, priority=2),
    Column("PROBLEM", shrinks=True),
)


@click.command(
    "create",
    cls=LazyCommand,
    examples=(
        "contexta backup create --label before-the-sweep",
        "contexta backup create --output carry-me.zip",
        "contexta backup create --dry-run",
    ),
)
@click.option("--label", metavar="TEXT", help="What to call it.")
@click.option(
    "--output", metavar="PATH", type=click.Path(path_type=Path), help="Write it into one file, too."
)
@click.option("--include-cache", is_flag=True, help="With what the cache holds.")
@click.option("--include-exports", is_flag=True, help="With what was exported.")
@click.option("--dry-run", is_flag=True, help="Only show what would be in it.")
@click.pass_context
def create(
    ctx: click.Context,
    *,
    label: str | None,
    output: Path | None,
    include_cache: bool,
    include_exports: bool,
    dry_run: bool,
) -> None:
    """Back the workspace up.

    Training may go on meanwhile: the backup holds the workspace as it was at one moment. Only what no earlier backup
    holds is stored again.
    """
    from contexta.recovery import create_workspace_backup, export_backup, plan_workspace_backup

    invocation = Invocation(ctx)
    config = invocation.config
    plan = plan_workspace_backup(
        config, label=label, include_cache=include_cache, include_exports=include_exports
    )
    if dry_run:
        invocation.answer({"plan": plan.to_dict()}, lambda printer: _show_plan(printer, plan))
        return
    result = create_workspace_backup(config, plan)
    archive = None if output is None else export_backup(config, result.backup_ref, output)
    data = result.to_dict() | {"archive": None if archive is None else str(archive)}
    invocation.answer(data, lambda printer: _show_result(printer, result, archive))


@click.command(
    "list", cls=LazyCommand, examples=("contexta backup list", "contexta backup list --format json")
)
@click.pass_context
def list_all(ctx: click.Context) -> None:
    """List the backups of the workspace, the oldest first. One that was cut off is not among them."""
    from contexta.recovery import list_backups

    invocation = Invocation(ctx)
    backups = list_backups(invocation.config)
    data = {"backups": [each.to_dict() for each in backups]}
    invocation.answer(data, lambda printer: _show_list(printer, backups))


@click.command(
    "verify",
    cls=LazyCommand,
    examples=(
        "contexta backup verify BACKUP",
        "contexta backup verify carry-me.zip",
        "contexta backup verify --all",
    ),
)
@click.argument("backup_refs", metavar="BACKUP...", nargs=-1)
@click.option("--all", "all_backups", is_flag=True, help="All backups of the workspace.")
@click.pass_context
def verify(ctx: click.Context, backup_refs: tuple[str, ...], *, all_backups: bool) -> None:
    """Read every body of a backup and compare it with what was written.

    BACKUP is a reference, the path of a backup's directory, or the path of an archive. Exits with 1 at the first that is
    damaged, and names the file.
    """
    from contexta.recovery import list_backups, verify_backup
    from contexta_cli.failures import UsageFault

    if bool(backup_refs) == all_backups:
        raise UsageFault("name the backups, or say --all", code="backup_needed")
    invocation = Invocation(ctx)
    config = invocation.config
    refs = [each.backup_ref for each in list_backups(config)] if all_backups else list(backup_refs)
    results = [verify_backup(config, ref) for ref in refs]
    data = {"verified": [dict(each.details) for each in results]}
    invocation.answer(data, lambda printer: _show_verified(printer, refs))


def _show_plan(printer: Printer, plan: BackupPlan) -> None:
    from contexta_cli.output.quantities import size

    printer.fields(
        [
            ("Workspace", Cell(str(plan.workspace_root))),
            ("Backups", Cell(str(plan.backup_root))),
            ("Sections", Cell(", ".join(plan.included_sections))),
            ("Size", Cell(size(plan.estimated_bytes))),
            ("Notes", Cell(", ".join(plan.notes))),
        ]
    )


def _show_result(printer: Printer, result: BackupResult, archive: Path | None) -> None:
    from contexta_cli.output.quantities import size

    printer.line(f"Backup created: {result.location}")
    printer.line(
        f"{result.file_count} files, {size(result.total_bytes)}; {size(result.bytes_written)} were stored anew."
    )
    if archive is not None:
        printer.line(f"Archive written: {archive}")
    for warning in result.warnings:
        printer.line(f"Left out: {warning}", "warning")
    printer.hints("To bring it back:", [f"contexta restore plan {result.backup_ref}"])


def _show_list(printer: Printer, backups: Sequence[BackupInfo]) -> None:
    from contexta_cli.output.quantities import size

    if not backups:
        printer.line("There are no backups.")
        return
    rows = [
        [
            Cell(each.backup_ref),
            Cell(each.created_at),
            Cell(each.label or ""),
            Cell(str(each.file_count)),
            Cell(size(each.total_bytes)),
            Cell(each.problem or "", "bad"),
        ]
        for each in backups
    ]
    printer.table(Table(_COLUMNS, rows))


def _show_verified(printer: Printer, refs: Sequence[str]) -> None:
    for ref in refs:
        printer.line(f"Verified: {ref}", "good")
    if not refs:
        printer.line("There are no backups.")

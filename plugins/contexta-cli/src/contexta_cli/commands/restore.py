"""``contexta restore``: bring a workspace back from a backup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell

if TYPE_CHECKING:
    from contexta.recovery import RestorePlan, RestoreResult
    from contexta_cli.output.printer import Printer

__all__ = ["apply", "plan"]


@click.command(
    "plan",
    cls=LazyCommand,
    examples=(
        "contexta restore plan BACKUP",
        "contexta restore plan carry-me.zip --target-workspace elsewhere",
    ),
)
@click.argument("backup_ref", metavar="BACKUP")
@click.option(
    "--target-workspace",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Restore into another workspace.",
)
@click.pass_context
def plan(ctx: click.Context, backup_ref: str, *, target_workspace: Path | None) -> None:
    """Show what restoring a backup would replace. Nothing is changed."""
    from contexta.recovery import plan_restore

    invocation = Invocation(ctx)
    made = plan_restore(invocation.config, backup_ref, target_workspace=target_workspace)
    invocation.answer(made.to_dict(), lambda printer: _show_plan(printer, made))


@click.command(
    "apply",
    cls=LazyCommand,
    examples=(
        "contexta restore apply BACKUP --verify-only",
        "contexta restore apply BACKUP",
        "contexta restore apply carry-me.zip --target-workspace elsewhere",
    ),
)
@click.argument("backup_ref", metavar="BACKUP")
@click.option(
    "--target-workspace",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Restore into another workspace.",
)
@click.option("--verify-only", is_flag=True, help="Only read and check the backup.")
@click.option("--no-safety-backup", is_flag=True, help="Do not back up what is replaced.")
@click.pass_context
def apply(
    ctx: click.Context,
    backup_ref: str,
    *,
    target_workspace: Path | None,
    verify_only: bool,
    no_safety_backup: bool,
) -> None:
    """Restore the workspace from a backup.

    BACKUP is a reference, the path of a backup's directory, or the path of an archive. Everything is checked first, and
    what is replaced is backed up. Refused while any program has the workspace open; it names which.
    """
    from contexta.recovery import plan_restore, restore_workspace

    invocation = Invocation(ctx)
    config = invocation.config
    made = plan_restore(config, backup_ref, target_workspace=target_workspace, verify_only=verify_only)
    if no_safety_backup:
        made = replace(made, create_safety_backup=False)
    result = restore_workspace(config, made)
    data = result.to_dict() | {"restored" if result.applied else "verified": True}
    invocation.answer(data, lambda printer: _show_result(printer, result))


def _show_plan(printer: Printer, made: RestorePlan) -> None:
    from contexta_cli.output.quantities import size

    printer.fields(
        [
            ("Backup", Cell(made.backup_ref)),
            ("Workspace", Cell(str(made.target_workspace))),
            ("Restores", Cell(", ".join(made.included_sections) or "what is encrypted in it")),
            ("Replaces", Cell(", ".join(made.replaced_sections) or "nothing")),
            ("Size", Cell(f"{made.file_count} files, {size(made.total_bytes)}")),
            ("Safety backup", Cell("yes" if made.create_safety_backup else "no")),
            ("Notes", Cell(", ".join(made.notes))),
        ]
    )
    printer.hints("To do it:", [f"contexta restore apply {made.backup_ref}"])


def _show_result(printer: Printer, result: RestoreResult) -> None:
    if not result.applied:
        printer.line(f"Verified backup: {result.backup_ref}", "good")
        return
    printer.line(f"Restored {result.backup_ref} to {result.target_workspace}", "good")
    for plane, facts in result.plane_results.items():
        printer.line(
            f"  {plane}: "
            + ", ".join(f"{name} {value}" for name, value in facts.items() if name != "issue_counts")
        )
    if result.safety_backup_ref:
        printer.line(f"What was there before is the backup {result.safety_backup_ref}")
    if result.kept_aside:
        printer.line(f"What no backup holds was kept aside: {result.kept_aside}")
    for warning in result.warnings:
        printer.line(f"Damage that the backup holds: {warning}", "warning")

"""``contexta run delete``: runs and everything in them, for good."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from contexta.errors import LifecycleError
from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from contexta.store.curation import RunDeletionPlan
    from contexta_cli.output.printer import Printer

__all__ = ["delete"]


@click.command(
    "delete",
    cls=LazyCommand,
    examples=(
        "contexta run delete mlp-64-seed-0 --dry-run",
        "contexta run delete mlp-64-seed-0 mlp-32-seed-0",
        "contexta run delete mlp-64-seed-0 --yes --format json",
    ),
)
@click.argument("run_ids", metavar="ID...", type=RUN, nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.option("--yes", "-y", "confirmed", is_flag=True, help="Do not ask.")
@click.pass_context
def delete(ctx: click.Context, run_ids: tuple[str, ...], *, dry_run: bool, confirmed: bool) -> None:
    """Delete runs with their records and artifacts, for good.

    Shows first what would go and how many bytes become free, and asks; where nobody can be asked, --yes is needed.
    Content that other runs have as well stays. A run that is still being written is refused. A deletion that was cut
    off is finished by the same command.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        plan = contexta.plan_run_deletion(list(run_ids))
        if dry_run:
            invocation.answer(
                {"plan": _data(plan), "deleted": None},
                lambda printer: _show_plan(printer, plan),
                rows=plan.runs,
            )
            return
        _require_no_refusal(plan)
        if not confirmed and not _confirm(invocation, plan):
            ctx.exit(1)
        result = contexta.delete_runs(plan)
        invocation.answer(
            {"plan": _data(plan), "deleted": {**_fields(result), "total_bytes": result.total_bytes}},
            lambda printer: _show_result(printer, len(result.run_refs), result.total_bytes, result.notes),
            rows=plan.runs,
        )


def _require_no_refusal(plan: RunDeletionPlan) -> None:
    if plan.refusals:
        raise LifecycleError(
            "; ".join(refusal.reason for refusal in plan.refusals) + ". Nothing was deleted",
            code=plan.refusals[0].code,
            details={"run_refs": tuple(refusal.run_ref for refusal in plan.refusals)},
        )


def _confirm(invocation: Invocation, plan: RunDeletionPlan) -> bool:
    """Show the plan on a terminal and ask."""
    if invocation.output_format != "text" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageFault(
            "there is no terminal to ask whether the runs are to be deleted; say --yes, or --dry-run to see the plan",
            code="confirmation_needed",
        )
    _show_plan(invocation.printer, plan)
    print("Delete for good? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    invocation.printer.line("Nothing was deleted.")
    return False


def _show_plan(printer: Printer, plan: RunDeletionPlan) -> None:
    from contexta_cli.output.deletion_plan import show_deletion_plan

    show_deletion_plan(printer, plan)


def _show_result(printer: Printer, count: int, freed: int, notes: tuple[str, ...]) -> None:
    from contexta_cli.output.quantities import size

    printer.line(f"Deleted {count} run{'s' if count != 1 else ''}; {size(freed)} are free.")
    for note in notes:
        printer.line(f"Note: {note}", "faint")


def _data(plan: RunDeletionPlan) -> dict[str, Any]:
    return {**_fields(plan), "freed_bytes": plan.freed_bytes, "total_bytes": plan.total_bytes}


def _fields(model: Any) -> dict[str, Any]:
    return {field.name: getattr(model, field.name) for field in fields(model)}

"""``contexta recover outbox``: what waits for a replay, what was given up, and how it waits again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.recovery import OutboxEntry
    from contexta_cli.output.printer import Printer

__all__ = ["list_entries", "requeue", "show"]

_COLUMNS = (
    Column("ENTRY"),
    Column("SINK"),
    Column("STATE"),
    Column("FAILURES", right=True, priority=2),
    Column("SINCE", priority=1),
    Column("ERROR", priority=3, shrinks=True),
)


@click.command(
    "list",
    cls=LazyCommand,
    examples=("contexta recover outbox list", "contexta recover outbox list --state dead --format json"),
)
@click.option("--state", type=click.Choice(["pending", "dead"]), help="Only entries in this state.")
@click.option("--target", metavar="SINK", help="Only what this sink could not take.")
@click.pass_context
def list_entries(ctx: click.Context, *, state: str | None, target: str | None) -> None:
    """List what sinks could not take: pending entries, and dead letters."""
    from contexta.recovery import list_outbox

    invocation = Invocation(ctx)
    entries = list_outbox(invocation.config, state=state, target=target)
    data = {"entries": [_without_payload(entry) for entry in entries]}
    invocation.answer(data, lambda printer: _show_list(printer, entries))


@click.command("show", cls=LazyCommand, examples=("contexta recover outbox show REPLAY_REF",))
@click.argument("replay_ref", metavar="REPLAY_REF")
@click.pass_context
def show(ctx: click.Context, replay_ref: str) -> None:
    """Show one entry with its payload."""
    from contexta.recovery import find_outbox_entry

    invocation = Invocation(ctx)
    entry = find_outbox_entry(invocation.config, replay_ref)
    invocation.answer(entry.to_dict(), lambda printer: _show_entry(printer, entry))


@click.command(
    "requeue",
    cls=LazyCommand,
    examples=("contexta recover outbox requeue REPLAY_REF", "contexta recover outbox requeue --all"),
)
@click.argument("replay_refs", metavar="REPLAY_REF...", nargs=-1)
@click.option("--all", "all_dead", is_flag=True, help="All dead letters.")
@click.pass_context
def requeue(ctx: click.Context, replay_refs: tuple[str, ...], *, all_dead: bool) -> None:
    """Make dead letters wait for a replay again."""
    from contexta.recovery import requeue_outbox

    if bool(replay_refs) == all_dead:
        raise UsageFault("name the entries, or say --all", code="outbox_entries_needed")
    invocation = Invocation(ctx)
    requeued = requeue_outbox(invocation.config, None if all_dead else replay_refs)
    invocation.answer(
        {"requeued": list(requeued)}, lambda printer: printer.line(f"Requeued {len(requeued)}.")
    )


def _without_payload(entry: OutboxEntry) -> dict[str, object]:
    return {name: value for name, value in entry.to_dict().items() if name != "payload"}


def _show_list(printer: Printer, entries: Sequence[OutboxEntry]) -> None:
    if not entries:
        printer.line("The outbox is empty.")
        return
    rows = [
        [
            Cell(entry.replay_ref),
            Cell(entry.sink_name),
            Cell(entry.state, "bad" if entry.state == "dead" else ""),
            Cell(str(entry.failures or "")),
            Cell(entry.failed_at),
            Cell(entry.error),
        ]
        for entry in entries
    ]
    printer.table(Table(_COLUMNS, rows))
    if any(entry.state == "dead" for entry in entries):
        printer.hints("To try dead letters again:", ["contexta recover outbox requeue --all"])


def _show_entry(printer: Printer, entry: OutboxEntry) -> None:
    from contexta_cli.output.json_text import json_text

    fields = [
        (name, Cell(str(value))) for name, value in _without_payload(entry).items() if value is not None
    ]
    printer.fields(fields)
    printer.heading("Payload")
    for line in json_text(entry.payload).splitlines():
        printer.line(line)

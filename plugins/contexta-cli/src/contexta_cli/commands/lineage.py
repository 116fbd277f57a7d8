"""``contexta lineage``: what a thing came from, and what came from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from contexta.interpretation import LineageTraversal
    from contexta_cli.output.printer import Printer

__all__ = ["lineage"]

_DIRECTIONS = ("upstream", "downstream", "both", "inbound", "outbound")


@click.command(
    "lineage",
    cls=LazyCommand,
    examples=(
        "contexta lineage mlp-64-seed-0",
        "contexta lineage artifact:digits-demo.mlp-64-seed-0.model --direction upstream",
        "contexta lineage mlp-64-seed-0 --depth 2 --format csv",
    ),
)
@click.argument("subject_ref", metavar="REF")
@click.option(
    "--direction",
    type=click.Choice(_DIRECTIONS),
    help="upstream (inbound): what it came from; downstream (outbound): what came from it; both.",
)
@click.option(
    "--depth",
    "max_depth",
    type=click.IntRange(min=0),
    metavar="N",
    help="At most N edges away; no end by default.",
)
@click.pass_context
def lineage(ctx: click.Context, subject_ref: str, direction: str | None, max_depth: int | None) -> None:
    """Show what a thing came from, and what came from it.

    REF is the reference of a run, stage, artifact, deployment or relation; runs and artifacts have short names too.
    Edges are recorded relations, and what follows from what belongs to what. CSV and NDJSON hold the edges.
    """
    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        found = contexta.traverse_lineage(subject_ref, direction=direction, max_depth=max_depth)
        invocation.answer(found, lambda printer: _show(printer, found), rows=found.edges)
        invocation.warn_of_damage(contexta)


def _show(printer: Printer, found: LineageTraversal) -> None:
    from contexta_cli.output.completeness import show_notes
    from contexta_cli.output.table import Cell, Column, Table

    printer.line(found.root_ref, "title")
    for direction, title in (("upstream", "Came from"), ("downstream", "Led to")):
        edges = [edge for edge in found.edges if edge.direction == direction]
        if not edges:
            continue
        printer.heading(title)
        columns = [
            Column("DEPTH", right=True),
            Column("SOURCE", shrinks=True),
            Column("RELATION"),
            Column("TARGET", shrinks=True),
            Column("ORIGIN", priority=1),
        ]
        rows = [
            [
                Cell(str(edge.depth), style="faint"),
                Cell(edge.source_ref),
                Cell(edge.relation_type, style="title"),
                Cell(edge.target_ref),
                Cell(edge.origin, style="faint"),
            ]
            for edge in edges
        ]
        printer.table(Table(columns, rows), indent=2)
    reached = len(found.visited_refs) - 1
    edges_words = f"{len(found.edges)} {'edge' if len(found.edges) == 1 else 'edges'}"
    printer.line()
    printer.line(f"{edges_words}, {reached} {'thing' if reached == 1 else 'things'} reached")
    show_notes(printer, found.completeness_notes)

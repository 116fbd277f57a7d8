"""``contexta artifact list`` and ``show``: what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.artifacts import TreeMember
    from contexta.store.artifacts import ArtifactBinding
    from contexta_cli.output.printer import Printer

__all__ = ["list_artifacts", "show"]

_DIGEST_LENGTH = 12


@click.command(
    "list",
    cls=LazyCommand,
    examples=(
        "contexta artifact list",
        "contexta artifact list --run mlp-64-seed-0",
        "contexta artifact list --kind model --format csv",
    ),
)
@click.option("--run", "run_id", metavar="ID", type=RUN, help="Only artifacts of this run.")
@click.option("--kind", metavar="KIND", help="Only artifacts of this kind.")
@click.pass_context
def list_artifacts(ctx: click.Context, run_id: str | None, kind: str | None) -> None:
    """List artifacts in the order in which they were bound.

    The hash is the beginning of the SHA-256 of the content; artifacts of equal content share their bytes.
    """
    from contexta_cli.artifact_words import run_ref_of

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        run_ref = None if run_id is None else run_ref_of(contexta, run_id)
        bound = contexta.artifact_store.list_artifacts(run_ref=run_ref)
        found = [each for each in bound if kind is None or each.artifact_kind == kind]
        invocation.answer({"artifacts": found}, lambda printer: _show_list(printer, found))


@click.command(
    "show",
    cls=LazyCommand,
    examples=(
        "contexta artifact show artifact:digits-demo.mlp-64-seed-0.model",
        "contexta artifact show artifact:digits-demo.mlp-64-seed-0.model --format json",
    ),
)
@click.argument("artifact_ref", metavar="REF")
@click.pass_context
def show(ctx: click.Context, artifact_ref: str) -> None:
    """Show everything about one artifact: its manifest, and for a directory what is inside.

    It is not read for that; `contexta artifact verify` does.
    """
    from contexta.spi.artifacts import SupportsTrees

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        store = contexta.artifact_store
        binding = store.get_artifact(artifact_ref).binding
        backend = store.backend
        inside: Sequence[TreeMember] = ()
        if binding.form == "directory" and isinstance(backend, SupportsTrees):
            inside = backend.tree_members(artifact_ref)
        data = {
            "artifact": binding,
            "exists": store.artifact_exists(artifact_ref),
            "files": inside,
        }
        invocation.answer(data, lambda printer: _show_one(printer, data), rows=[binding])


def _show_list(printer: Printer, found: Sequence[ArtifactBinding]) -> None:
    from contexta_cli.output.quantities import local_time, size
    from contexta_cli.output.table import Cell, Column, Table

    if not found:
        printer.line("No artifacts.")
        return
    columns = [
        Column("ARTIFACT", shrinks=True),
        Column("KIND"),
        Column("FORM", priority=2),
        Column("SIZE", right=True),
        Column("HASH", priority=1),
        Column("BOUND", priority=3),
    ]
    rows = [
        [
            Cell(each.artifact_ref, style="title"),
            Cell(each.artifact_kind),
            Cell(each.form),
            Cell(size(each.size_bytes)),
            Cell((each.hash_value or "")[:_DIGEST_LENGTH]),
            Cell(local_time(each.created_at)),
        ]
        for each in found
    ]
    printer.table(Table(columns, rows))


def _show_one(printer: Printer, data: dict[str, Any]) -> None:
    from contexta_cli.output.quantities import local_time, size, value_text
    from contexta_cli.output.table import Cell, Column, Table

    binding: ArtifactBinding = data["artifact"]
    printer.line(binding.artifact_ref, "title")
    state = "there" if data["exists"] else "missing"
    printer.fields(
        [
            ("kind", Cell(binding.artifact_kind)),
            ("form", Cell(binding.form)),
            ("size", Cell(size(binding.size_bytes))),
            ("sha256", Cell(binding.hash_value or "-")),
            ("body", Cell(state, style="good" if data["exists"] else "bad")),
            ("source", Cell(binding.source_name or "-")),
            ("bound", Cell(local_time(binding.created_at))),
            ("run", Cell(str(binding.manifest.get("run_ref", "-")))),
        ]
    )
    attributes = binding.manifest.get("attributes") or {}
    if attributes:
        printer.heading("Attributes")
        printer.fields([(f"  {name}", Cell(value_text(value))) for name, value in attributes.items()])
    if data["files"]:
        printer.heading("Files")
        columns = [Column("PATH", shrinks=True), Column("SIZE", right=True)]
        printer.table(
            Table(columns, [[Cell(_path(each)), Cell(_size(each))] for each in data["files"]]), indent=2
        )


def _path(member: TreeMember) -> str:
    if member.link is not None:
        return f"{member.path} -> {member.link}"
    return member.path if member.digest is not None else f"{member.path}/"


def _size(member: TreeMember) -> str:
    from contexta_cli.output.quantities import size

    return size(member.size_bytes) if member.digest is not None else "-"

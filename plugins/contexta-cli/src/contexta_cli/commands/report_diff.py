"""``contexta report diff``: what differs between two reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contexta_cli.export_options import save_option
from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.report_answer import answer_with_report, render_option
from contexta_cli.run_argument import RUN

if TYPE_CHECKING:
    from contexta import Contexta

__all__ = ["diff"]


@click.command(
    "diff",
    cls=LazyCommand,
    examples=(
        "contexta report diff mlp-32-seed-0 mlp-64-seed-0",
        "contexta report diff monday.json mlp-64-seed-0 --output difference.html",
    ),
)
@click.argument("left", metavar="LEFT", type=RUN)
@click.argument("right", metavar="RIGHT", type=RUN)
@render_option
@save_option("reports")
@click.pass_context
def diff(ctx: click.Context, /, left: str, right: str, **options: Any) -> None:
    """Show what differs between two reports, section by section and line by line.

    Each is a run, whose report is built now, or a file that ends in .json: any report that was written with
    --format json.
    """
    answer_with_report(
        Invocation(ctx),
        lambda contexta: contexta.compare_report_documents(_report(contexta, left), _report(contexta, right)),
        **options,
    )


def _report(contexta: Contexta, name: str) -> object:
    if not name.lower().endswith(".json"):
        return contexta.build_snapshot_report(name)
    try:
        document = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageFault(
            f"{name!r} cannot be read as a report: {reason}", code="report_unreadable"
        ) from error
    sections = document.get("sections") if isinstance(document, Mapping) else None
    if not isinstance(sections, list) or not all(isinstance(each, Mapping) for each in sections):
        raise UsageFault(
            f"{name!r} holds no report; write one with: contexta report snapshot ID --output {name}",
            code="report_unreadable",
        )
    return document

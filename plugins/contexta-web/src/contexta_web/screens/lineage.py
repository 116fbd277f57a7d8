"""The screen that shows what something came from, and what came from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.lineage_layout import draw_lineage

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_lineage"]

_DEPTH, _MOST_DEPTH = 3, 20
_MOST_NODES = 120
_MOST_SUGGESTED = 30
_DIRECTIONS = ("both", "upstream", "downstream")


def show_lineage(contexta: Contexta, question: Question) -> Page:
    """Show the lineage of the thing that the address names, as far as it says; where it names none, a choice."""
    asked = question.first("ref")
    depth = question.count("depth", _DEPTH, _MOST_DEPTH) or 1
    direction = question.first("direction") or "both"
    values = {"ref": asked or "", "depth": depth, "direction": direction, "directions": _DIRECTIONS}
    if asked is None:
        return Page(
            "lineage.html", {**values, "drawing": None, "suggested": _suggested(contexta), "notes": ()}
        )
    traversal = contexta.traverse_lineage(asked.strip(), direction=direction, max_depth=depth)
    return Page(
        "lineage.html",
        {
            **values,
            "ref": traversal.root_ref,
            "drawing": draw_lineage(traversal, _MOST_NODES),
            "suggested": (),
            "notes": traversal.completeness_notes,
        },
    )


def _suggested(contexta: Contexta) -> list[str]:
    """Return the ends of recorded relations, and the newest runs."""
    from contexta.spi.querying import RunListQuery

    relations = contexta.repository.list_relations()[:_MOST_SUGGESTED]
    runs = contexta.list_runs(query=RunListQuery(limit=_MOST_SUGGESTED))
    found = [ref for each in relations for ref in (each.source_ref, each.target_ref)]
    return list(dict.fromkeys([*found, *(run.run_id for run in runs)]))[:_MOST_SUGGESTED]

"""The screen that shows what something came from, and what came from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ValidationError
from contexta.export import lineage_mermaid, lineage_prov_json
from contexta.spi.dashboard import Download, Page
from contexta_web.json_text import json_bytes
from contexta_web.screens.address import address_of
from contexta_web.screens.lineage_layout import draw_lineage

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta.spi.lineage import LineageTraversal

__all__ = ["download_lineage", "show_lineage"]

_DEPTH, _MOST_DEPTH = 3, 20
_MOST_NODES = 120
_MOST_SUGGESTED = 30
_DIRECTIONS = ("both", "upstream", "downstream")


def show_lineage(contexta: Contexta, question: Question) -> Page:
    """Show the lineage of the thing that the address names, as far as it says; where it names none, a choice."""
    depth, direction = _extent(question)
    asked = question.first("ref") or ""
    values = {"ref": asked, "depth": depth, "direction": direction, "directions": _DIRECTIONS}
    if not asked:
        return Page(
            "lineage.html",
            {**values, "drawing": None, "suggested": _suggested(contexta), "notes": (), "downloads": ()},
        )
    traversal = _traversed(contexta, question)
    address = address_of("/ui/lineage/download", question)
    return Page(
        "lineage.html",
        {
            **values,
            "ref": traversal.root_ref,
            "drawing": draw_lineage(traversal, _MOST_NODES),
            "suggested": (),
            "notes": traversal.completeness_notes,
            "downloads": [(title, address.with_(format=name)) for name, (title, *_) in _FORMATS.items()],
        },
    )


def download_lineage(contexta: Contexta, question: Question) -> Download:
    """Return the lineage that the address names as a file, whole however much of it is drawn.

    Raises:
        ValidationError: The address names no thing, or no format.
        LineageError: There is no such thing.
    """
    name = question.first("format") or ""
    if question.first("ref") is None or name not in _FORMATS:
        raise ValidationError(
            f"format is {name!r}; the address must hold a ref, and a format of {', '.join(_FORMATS)}",
            code="http_invalid_parameter",
        )
    traversal = _traversed(contexta, question)
    _, suffix, media_type, write = _FORMATS[name]
    return Download(f"lineage-{traversal.root_ref}.{suffix}", write(traversal), media_type)


def _extent(question: Question) -> tuple[int, str]:
    return question.count("depth", _DEPTH, _MOST_DEPTH) or 1, question.first("direction") or "both"


def _traversed(contexta: Contexta, question: Question) -> LineageTraversal:
    depth, direction = _extent(question)
    ref = (question.first("ref") or "").strip()
    return contexta.traverse_lineage(ref, direction=direction, max_depth=depth)


def _prov(traversal: LineageTraversal) -> bytes:
    return lineage_prov_json(traversal).encode("utf-8")


def _mermaid(traversal: LineageTraversal) -> bytes:
    return lineage_mermaid(traversal).encode("utf-8")


#: Title, suffix and media type of each format, and what writes it.
_FORMATS: dict[str, tuple[str, str, str, Callable[[LineageTraversal], bytes]]] = {
    "json": ("JSON", "json", "application/json", json_bytes),
    "prov": ("W3C PROV-JSON", "prov.json", "application/json", _prov),
    "mermaid": ("Mermaid", "mmd", "text/plain; charset=utf-8", _mermaid),
}


def _suggested(contexta: Contexta) -> list[str]:
    """Return the ends of recorded relations, and the newest runs."""
    from contexta.spi.querying import RunListQuery

    relations = contexta.repository.list_relations()[:_MOST_SUGGESTED]
    runs = contexta.list_runs(query=RunListQuery(limit=_MOST_SUGGESTED))
    found = [ref for each in relations for ref in (each.source_ref, each.target_ref)]
    return list(dict.fromkeys([*found, *(run.run_id for run in runs)]))[:_MOST_SUGGESTED]

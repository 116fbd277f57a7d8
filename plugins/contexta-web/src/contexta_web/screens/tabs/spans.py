"""The tab with the spans of a run: a tree, and when each ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.address import address_of, tab_path
from contexta_web.screens.paging import page_of
from contexta_web.screens.span_tree import place_spans
from contexta_web.screens.timeline import timeline_of

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_spans"]

_SIZE = 200


def show_spans(contexta: Contexta, question: Question) -> Page:
    """Show the spans that hold the text of the address with their places in the tree."""
    run_id = question.path["run_id"]
    spans = contexta.repository.list_records(run_id=run_id, record_type="span")
    text = (question.first("text") or "").lower()
    placed = [each for each in place_spans(spans) if text in each.record.key.lower()]
    page = page_of(placed, question, address_of(tab_path(run_id, "spans"), question), _SIZE)
    return Page(
        "run_spans.html",
        {
            "page": page,
            "line": timeline_of([(each, each.started, each.ended) for each in page.items]),
            "span_count": len(spans),
            "text": question.first("text") or "",
        },
    )

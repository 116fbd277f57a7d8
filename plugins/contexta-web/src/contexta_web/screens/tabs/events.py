"""The tab with the events of a run: by level and text, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.address import address_of, tab_path
from contexta_web.screens.paging import page_of

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta.spi.views import ObservationRecord

__all__ = ["show_events"]

#: From the least to the gravest.
_LEVELS = ("debug", "info", "warning", "error", "critical")


def show_events(contexta: Contexta, question: Question) -> Page:
    """Show the events that are at least of a level and hold a text, the newest first."""
    run_id = question.path["run_id"]
    events = contexta.repository.list_records(run_id=run_id, record_type="event")
    level, text = question.first("level") or "", (question.first("text") or "").lower()
    found = [each for each in reversed(events) if _is_at_least(each, level) and _holds(each, text)]
    address = address_of(tab_path(run_id, "events"), question)
    return Page(
        "run_events.html",
        {
            "events": page_of(found, question, address),
            "event_count": len(events),
            "levels": _LEVELS,
            "level": level,
            "text": question.first("text") or "",
        },
    )


def _is_at_least(event: ObservationRecord, level: str) -> bool:
    if level not in _LEVELS:
        return True
    own = str(event.payload.get("level", "info")).lower()
    return own not in _LEVELS or _LEVELS.index(own) >= _LEVELS.index(level)


def _holds(event: ObservationRecord, text: str) -> bool:
    return text in event.key.lower() or text in (event.message or "").lower()

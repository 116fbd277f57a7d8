"""The first screen: runs by status, and the panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.dashboard import Page, Screen

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["HOME", "home_values"]


def home_values(contexta: Contexta) -> dict[str, Any]:
    """Return what the first screen shows beside the panels."""
    return {"statuses": contexta.run_status_distribution().by_status}


def _show(contexta: Contexta, question: Question) -> Page:
    del question
    return Page("home.html", {**home_values(contexta), "panels": ()})


#: The first screen; whoever routes it has its panels answered beside one another.
HOME = Screen("home", "Home", "/ui", _show, order=0)

"""The tab with the artifacts of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_artifacts"]


def show_artifacts(contexta: Contexta, question: Question) -> Page:
    """Show the artifacts of the run."""
    return Page(
        "run_artifacts.html",
        {"artifacts": contexta.repository.list_artifacts(run_id=question.path["run_id"])},
    )

"""The tab that tells what looks wrong in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_diagnosis"]


def show_diagnosis(contexta: Contexta, question: Question) -> Page:
    """Show every finding with its evidence, and what limits the answer."""
    return Page("run_diagnosis.html", {"diagnosis": contexta.diagnose_run(question.path["run_id"])})

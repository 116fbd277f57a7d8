"""The tab that tells what a run was made from, and how well it could be made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_provenance"]


def show_provenance(contexta: Contexta, question: Question) -> Page:
    """Show the origin of the run and its audit."""
    run_id = question.path["run_id"]
    return Page(
        "run_provenance.html",
        {
            "audit": contexta.audit_reproducibility(run_id),
            "provenance": contexta.get_provenance(run_id),
            "relations": contexta.repository.list_relations(run_id),
        },
    )

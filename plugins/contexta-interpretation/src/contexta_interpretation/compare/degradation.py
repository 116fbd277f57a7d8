"""What a comparison says of runs whose capture lost something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.plain_queries import record_counts
from contexta.spi.views import CompletenessNote, EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.repository import CompositeRepository

__all__ = ["degraded_notes"]


def degraded_notes(repository: CompositeRepository, runs: Mapping[str, str]) -> list[CompletenessNote]:
    """Return a note for each run with degraded markers: its numbers may not be the whole truth.

    Args:
        repository: The read model.
        runs: The runs, by what their notes begin with, such as ``left:``.
    """
    notes = []
    for prefix, run_id in runs.items():
        count = record_counts(repository, run_id).get("degraded", 0)
        if count:
            link = EvidenceLink("run", run_id, run_id)
            notes.append(
                CompletenessNote(
                    "warning",
                    f"{prefix}degraded_records:{count}",
                    {"run_id": run_id, "count": count},
                    (link,),
                )
            )
    return notes

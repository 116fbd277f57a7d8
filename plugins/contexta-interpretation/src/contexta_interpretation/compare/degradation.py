"""What a comparison says of runs whose capture lost something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.many_runs import record_counts_of_runs
from contexta.spi.views import CompletenessNote, EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.repository import CompositeRepository

__all__ = ["degraded_notes"]


def degraded_notes(
    repository: CompositeRepository, runs: Sequence[tuple[str, str]]
) -> list[CompletenessNote]:
    """Return a note for each run with degraded markers: its numbers may not be the whole truth.

    Args:
        repository: The read model.
        runs: What the notes on a run begin with, such as ``left:``, and the run.
    """
    counts = record_counts_of_runs(repository, [run_id for _, run_id in runs])
    notes = []
    for prefix, run_id in runs:
        count = counts.get(run_id, {}).get("degraded", 0)
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

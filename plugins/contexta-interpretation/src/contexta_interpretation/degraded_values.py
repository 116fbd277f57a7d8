"""What services say of values whose records are marked as degraded.

Such a value counts as any other, for it may be all that there is; but no answer passes it on without saying so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["degraded_value_notes"]

#: So many runs with such a value are named.
_MOST_NAMED = 20


def degraded_value_notes(
    metric_key: str, run_ids: Sequence[str], stage_name: str | None
) -> list[CompletenessNote]:
    """Return a note where the value that stands for a metric is degraded.

    Args:
        metric_key: The metric.
        run_ids: The runs with such a value; the note names the first of many, and their number.
        stage_name: The stage that was asked for, or None.
    """
    if not run_ids:
        return []
    details = {"run_ids": tuple(run_ids[:_MOST_NAMED]), "count": len(run_ids), "stage_name": stage_name}
    return [CompletenessNote("warning", f"degraded_value:{metric_key}", details)]

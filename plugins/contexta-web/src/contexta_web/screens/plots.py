"""What a comparison draws besides curves: the values of each run, for parallel coordinates and for one against another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta_web.screens.metrics import latest_values, telling_keys
from contexta_web.screens.words import short_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.spi.views import RunRecord

__all__ = ["plots_of"]

_MOST_COLUMNS = 40


def plots_of(contexta: Contexta, runs: Sequence[RunRecord]) -> dict[str, Any]:
    """Return the parameters that differ and the newest values of metrics, by run.

    Args:
        contexta: The workspace.
        runs: The runs.

    Returns:
        The names of the ``runs``, and the ``columns``, each with a ``name`` and the ``values``: numbers, texts, or None.
    """
    values = latest_values(contexta, [run.run_id for run in runs])
    keys = telling_keys(values, _MOST_COLUMNS // 2)
    names = sorted({name for run in runs for name in run.parameters})
    columns = [(name, [_plain(run.parameters.get(name)) for run in runs]) for name in names]
    columns = [(name, found) for name, found in columns if len(set(map(str, found))) > 1]
    columns = columns[: _MOST_COLUMNS // 2] + [
        (key, [_plain(values[run.run_id].get(key)) for run in runs]) for key in sorted(keys)
    ]
    return {
        "runs": [display_safe(short_name(run.run_id)) for run in runs],
        "columns": [{"name": display_safe(name), "values": found} for name, found in columns],
    }


def _plain(value: Any) -> float | str | None:
    """Return a value as a script takes it; what is no number that can be drawn becomes its text."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return display_safe(str(value))

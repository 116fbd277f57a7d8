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
    """Return the parameters and the newest values of metrics in which runs differ.

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
    results = [(key, [_plain(values[run.run_id].get(key)) for run in runs]) for key in sorted(keys)]
    columns = [*_telling(columns)[: _MOST_COLUMNS // 2], *_telling(results)]
    return {
        "runs": [display_safe(short_name(run.run_id)) for run in runs],
        "columns": [{"name": display_safe(name), "values": found} for name, found in columns],
    }


def _telling(columns: list[tuple[str, list[Any]]]) -> list[tuple[str, list[Any]]]:
    """Return the columns in which runs differ."""
    return [
        (name, found) for name, found in columns if len({str(each) for each in found if each is not None}) > 1
    ]


def _plain(value: Any) -> float | str | None:
    """Return a value as a script takes it; what is no number that can be drawn becomes its text."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return display_safe(str(value))

"""Curves of the size of a word, for the rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.outlines import OutlineQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.spi.outlines import MetricOutline

__all__ = ["sparklines_of"]

_WIDTH, _HEIGHT, _EDGE = 84, 20, 2
_COLUMNS = 42


def sparklines_of(contexta: Contexta, key: str, run_ids: Sequence[str]) -> dict[str, str]:
    """Return the paths of the curves of a metric, by run; a run with fewer than two points has none.

    Args:
        contexta: The workspace.
        key: The metric.
        run_ids: The runs.
    """
    if not run_ids:
        return {}
    found = contexta.repository.metric_outlines(run_ids, key, OutlineQuery(columns=_COLUMNS))
    return {run_id: _path(each) for run_id, each in found.items() if len(each.places) > 1}


def _path(outline: MetricOutline) -> str:
    places, values = outline.places, outline.values
    start, end, low, high = places[0], places[-1], min(values), max(values)
    # Halved first: the range of two great numbers may be greater than any number.
    span = high / 2 - low / 2
    points = []
    for place, value in zip(places, values, strict=True):
        x = _EDGE + (place - start) / max(end - start, 1) * (_WIDTH - 2 * _EDGE)
        share = (value / 2 - low / 2) / span if span else 0.5
        points.append(f"{x:.1f} {_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE):.1f}")
    return "M" + " L".join(points)

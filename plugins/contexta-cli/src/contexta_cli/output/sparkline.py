"""A series as a line of little bars."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["sparkline"]

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 16) -> str:
    """Draw a series.

    Args:
        values: The series; what is not finite is left out.
        width: Most bars; a longer series is drawn as the means of equal parts.

    Returns:
        One bar for each value or part; nothing for a series of fewer than two.
    """
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return ""
    if len(finite) > width:
        edges = [round(index * len(finite) / width) for index in range(width + 1)]
        parts = [finite[start:end] for start, end in itertools.pairwise(edges)]
        finite = [sum(part) / len(part) for part in parts]
    least, greatest = min(finite), max(finite)
    if least == greatest:
        return _BARS[0] * len(finite)
    last = len(_BARS) - 1
    return "".join(_BARS[round((value - least) / (greatest - least) * last)] for value in finite)

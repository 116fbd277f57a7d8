"""One measured figure beside its floor and its goal, and the table of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEADINGS", "Figure", "format_line", "format_table", "middle", "percentile", "quantity"]

HEADINGS = ("row", "what", "median", "p99", "floor", "ratio", "goal", "")
_WIDTHS = (5, 62, 12, 10, 12, 7, 34, 6)
_VERDICTS = {True: "met", False: "MISSED", None: ""}


@dataclass(frozen=True)
class Figure:
    """What was measured, beside the floor that was measured alternating with it.

    Args:
        row: The row of the table of goals that it belongs to.
        what: What was measured.
        median: The median, with its unit.
        p99: The 99th percentile, with its unit; empty where there are too few samples for one.
        floor: The same work without the product, with its unit; empty where there is none.
        ratio: The product against the floor, or whatever the goal is a ratio of; None where there is none.
        goal: The goal in words; empty for a figure that is only there to be known.
        met: Whether the goal is met; None without a goal.
    """

    row: str
    what: str
    median: str
    p99: str = ""
    floor: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The figure as the cells of a table."""
        ratio = "" if self.ratio is None else f"x{self.ratio:.2f}"
        verdict = _VERDICTS[self.met]
        return (self.row, self.what, self.median, self.p99, self.floor, ratio, self.goal, verdict)


def middle(samples: Sequence[float]) -> float:
    """Return the median."""
    return float(median(samples))


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the value that a share of the samples does not exceed."""
    ordered = sorted(samples)
    return float(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)])


def quantity(value: float, unit: str) -> str:
    """Return a number with three figures, a scale that fits, and its unit.

    Args:
        value: In seconds for the unit ``s``.
        unit: ``"s"`` for times, otherwise what stands behind the number.
    """
    if unit == "s":
        for factor, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if abs(value) >= factor or name == "µs":
                return f"{_three_figures(value / factor)} {name}"
    if abs(value) >= 10_000:
        return f"{_three_figures(value / 1_000)}k{unit}"
    return f"{_three_figures(value)}{unit}"


def _three_figures(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def format_line(cells: Sequence[str]) -> str:
    """Return one line of the table for a terminal."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def format_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *(figure.cells for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)

"""The screen that lays runs side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta.spi.dashboard import Page
from contexta_web.screens.chart_view import AXES, view_of
from contexta_web.screens.comparison_code import comparison_code
from contexta_web.screens.metrics import chart_of
from contexta_web.screens.plots import plots_of
from contexta_web.screens.run_differences import differences_of
from contexta_web.screens.words import short_name, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta.spi.views import RunRecord
    from contexta_web.screens.chart_view import ChartView

__all__ = ["show_comparison"]

_MOST_RUNS = 50
_MOST_CHARTS = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison.

    Args:
        name: What is compared.
        values: Its value in each run, as text.
        best: The place of the best of them, or None.
    """

    name: str
    values: tuple[str, ...]
    best: int | None = None

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same."""
        return len(set(self.values)) > 1


def show_comparison(contexta: Contexta, question: Question) -> Page:
    """Show what differs between runs, or all that there is of them."""
    asked = _asked(question)
    if not asked:
        return Page("compare.html", {"runs": (), "tables": (), "charts": (), "changes": True, "hidden": 0})
    if not 2 <= len(asked) <= _MOST_RUNS:
        raise ValidationError(
            f"the address names {len(asked)} runs; 2 to {_MOST_RUNS} can be laid side by side",
            code="http_invalid_parameter",
        )
    runs = [contexta.get_run_snapshot(each).run for each in asked]
    changes = question.first("all") is None
    view = view_of(question)
    tables = [(title, list(rows)) for title, rows in _tables(contexta, runs).items()]
    shown = [(title, [row for row in rows if row.differs or not changes]) for title, rows in tables]
    hidden = sum(len(rows) for _, rows in tables) - sum(len(rows) for _, rows in shown)
    return Page(
        "compare.html",
        {
            "runs": runs,
            "tables": [(title, rows) for title, rows in shown if rows],
            "charts": _charts(contexta, runs, view),
            "view": view,
            "axes": AXES,
            "kept": {"run": [run.run_id for run in runs], "all": [] if changes else ["1"]},
            "plots": plots_of(contexta, runs),
            "differences": differences_of(contexta, *runs) if len(runs) == 2 else None,
            "code": comparison_code(contexta.workspace, [run.run_id for run in runs]),
            "changes": changes,
            "hidden": hidden,
        },
    )


def _asked(question: Question) -> tuple[str, ...]:
    """Return the runs that the address names, in any of the ways in which it may."""
    several = [each.strip() for each in (question.first("run_ids") or "").split(",") if each.strip()]
    sides = [each for name in ("left", "right") if (each := question.first(name)) is not None]
    return tuple(dict.fromkeys([*question.every("run"), *several, *sides]))


def _tables(contexta: Contexta, runs: list[RunRecord]) -> dict[str, Iterable[Row]]:
    compared = contexta.compare_multiple_runs([run.run_id for run in runs])
    metrics = [
        Row(
            f"{row.stage_name} · {row.metric_key}" if row.stage_name else row.metric_key,
            tuple(value_text(value) for value in row.values),
            compared.run_ids.index(row.best_run_id) if row.best_run_id in compared.run_ids else None,
        )
        for row in compared.metric_table
    ]
    environments = [contexta.repository.get_environment(run.run_id) for run in runs]
    surroundings = [
        {}
        if each is None
        else {"python": each.python_version, "platform": each.platform} | dict(each.packages)
        for each in environments
    ]
    return {
        "Metrics": metrics,
        "Parameters": _rows([run.parameters for run in runs]),
        "Run": _rows([{"status": run.status, "code": run.code_revision, **run.tags} for run in runs]),
        "Environment": _rows(surroundings),
    }


def _rows(columns: Sequence[Mapping[str, Any]]) -> list[Row]:
    names = sorted({name for each in columns for name in each})
    return [Row(name, tuple(value_text(each.get(name)) for each in columns)) for name in names]


def _charts(contexta: Contexta, runs: list[RunRecord], view: ChartView) -> list[Any]:
    named = [(run.run_id, short_name(run.run_id)) for run in runs]
    summaries = contexta.repository.metric_summaries([run.run_id for run in runs])
    keys = sorted({each.key for each in summaries if each.count > 1})[:_MOST_CHARTS]
    charts = [chart_of(contexta, key, named, view) for key in keys]
    return [chart for chart in charts if chart is not None]

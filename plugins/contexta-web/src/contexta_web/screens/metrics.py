"""Values of metrics, for tables and drawings."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta.contract.timestamps import instant
from contexta_web.screens.chart_view import ChartView
from contexta_web.screens.charts import WIDTH, Chart, draw
from contexta_web.screens.curves import curves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contexta import Contexta

__all__ = ["chart_of", "latest_values", "telling_keys"]

#: What tells most about a run, in this order; of each, one metric comes before anything else.
_WORD = re.compile(r"[a-z]+[0-9]*")
_TELLING = ("val", "test", "loss", "acc", "f1", "auc")


def latest_values(contexta: Contexta, run_ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the newest value of every metric, by run and key."""
    found: dict[str, dict[str, float]] = {run_id: {} for run_id in run_ids}
    newest: dict[tuple[str, str], int] = {}
    for summary in contexta.repository.metric_summaries(run_ids) if run_ids else ():
        at = instant(summary.latest.time)
        if at >= newest.get((summary.run, summary.key), at):
            newest[summary.run, summary.key] = at
            found[summary.run][summary.key] = summary.latest.value
    return found


def telling_keys(values: Mapping[str, Mapping[str, float]], most: int) -> list[str]:
    """Choose the metrics to show first: one for each telling word, then what most runs have."""
    counts = Counter(key for each in values.values() for key in each)
    keys = sorted(counts, key=lambda key: (-counts[key], key))
    chosen: list[str] = []
    for word in _TELLING:
        chosen += [key for key in keys if key not in chosen and any(map(_begins(word), _words(key)))][:1]
    return list(dict.fromkeys([*chosen, *keys]))[:most]


def _words(key: str) -> list[str]:
    return _WORD.findall(key.lower())


def _begins(word: str) -> Callable[[str], bool]:
    return lambda text: text.startswith(word)


def chart_of(
    contexta: Contexta, key: str, named: Sequence[tuple[str, str]], view: ChartView | None = None
) -> Chart | None:
    """Return the drawing of one metric of some runs, where any of them has more than one point.

    Args:
        contexta: The workspace.
        key: The metric.
        named: Runs with the names of their curves.
        view: How it is looked at; all of it, by step, where None.
    """
    view = view or ChartView()
    run_ids = [run_id for run_id, _ in named]
    summaries = contexta.repository.metric_summaries(run_ids, [key])
    if all(each.count < 2 for each in summaries):
        return None
    curves = curves_of(contexta, key, run_ids, view, WIDTH)
    unit = next((each.unit for each in summaries if each.unit), None)
    drawn = draw(key, [(name, curves.get(run_id, [])) for run_id, name in named], unit, view)
    if drawn is None:
        # Nothing lies in the part that is shown; a script may be asked for another.
        drawn = Chart(key, (), (), ("", ""), unit, along=view.axis)
    return replace(drawn, runs=tuple((run_id, display_safe(name)) for run_id, name in named))

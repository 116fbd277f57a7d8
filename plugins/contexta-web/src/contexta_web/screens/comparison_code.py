"""The program that answers what a comparison shows: to be copied, and gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["comparison_code"]

_BEGIN = """\
from contexta import Contexta

RUNS = [
{runs}
]

with Contexta(workspace={workspace}) as contexta:
    compared = contexta.compare_multiple_runs(RUNS)
    for row in compared.metric_table:
        print(row.stage_name, row.metric_key, row.values, row.best_run_id)
    for run_id in compared.run_ids:
        run = contexta.get_run_snapshot(run_id).run
        print(run.run_id, run.status, run.code_revision, dict(run.parameters), dict(run.tags))
"""
_OF_TWO = """
    difference = contexta.compare_runs(*RUNS)
    for stage in difference.stage_comparisons:
        for each in stage.metric_deltas:
            print(each.stage_name, each.metric_key, each.delta, each.change_ratio, each.improved)
    for each in (*difference.parameter_changes, *difference.source_changes):
        print(each.key, each.change, each.left_value, each.right_value)
    for each in contexta.compare_environments(*RUNS).differences:
        print(each.rank, each.importance, each.area, each.key, each.change, each.left_value, each.right_value)
"""


def comparison_code(workspace: str, run_ids: Sequence[str]) -> str:
    """Return a program that prints what a comparison of runs shows.

    Args:
        workspace: Root directory of the workspace.
        run_ids: The runs; of two it tells the differences as well.
    """
    # In ASCII: what is shown instead of a character that deceives the eye would be another name.
    begin = _BEGIN.format(
        workspace=ascii(workspace), runs="\n".join(f"    {run_id!a}," for run_id in run_ids)
    )
    return begin + (_OF_TWO if len(run_ids) == 2 else "")

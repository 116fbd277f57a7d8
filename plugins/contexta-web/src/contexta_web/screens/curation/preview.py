"""What is shown before runs are changed: which they are, and what a deletion would take away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.errors import ContextaError, NotFoundError
from contexta.spi.run_lookup import require_run
from contexta_web.failures import failure_of
from contexta_web.screens.curation.kinds import DELETE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta import Contexta
    from contexta.spi.views import RunRecord
    from contexta.store.curation import RunDeletionPlan
    from contexta_web.screens.curation.kinds import Kind

__all__ = ["Preview", "preview_of"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown before runs are changed.

    Args:
        runs: The runs that can be changed.
        failures: The others, each with the reason.
        tags: The tags of the runs, each with the number of runs that have it.
        plan: What a deletion takes away; None where nothing is deleted.
    """

    runs: tuple[RunRecord, ...]
    failures: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, int] | None = None
    plan: RunDeletionPlan | None = None


def preview_of(contexta: Contexta, kind: Kind, run_ids: Sequence[str]) -> Preview:
    """Return what is shown before runs are changed; nothing is changed by it.

    Args:
        contexta: The workspace.
        kind: What is to be done.
        run_ids: The runs, as they were chosen.
    """
    runs: list[RunRecord] = []
    failures: list[tuple[str, str]] = []
    for run_id in run_ids:
        try:
            runs.append(require_run(contexta.repository, run_id))
        except NotFoundError as error:
            failures.append((run_id, error.message))
    plan = None
    if kind is DELETE and runs:
        try:
            plan = contexta.plan_run_deletion([run.run_id for run in runs])
            refused = {refusal.run_ref: refusal.reason for refusal in plan.refusals}
            failures += refused.items()
            runs = [run for run in runs if run.run_id not in refused]
            # What it frees is counted anew: what is shared with those that stay is not freed.
            plan = contexta.plan_run_deletion([run.run_id for run in runs]) if refused else plan
        except ContextaError as error:
            failures += [(run.run_id, failure_of(error).message) for run in runs]
            runs = []
    tags = Counter(name for run in runs for name in run.tags)
    return Preview(tuple(runs), tuple(failures), dict(sorted(tags.items())), plan)

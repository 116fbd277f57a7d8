"""Carrying changes out: run by run, so that one that cannot be changed does not keep the others from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError, ValidationError
from contexta_web.failures import failure_of
from contexta_web.screens.curation.kinds import runs_in_words
from contexta_web.screens.outcomes import Outcome
from contexta_web.screens.words import size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta import Contexta
    from contexta_web.forms import Form
    from contexta_web.screens.curation.kinds import Kind

__all__ = ["carry_out"]

_NOTHING = "Nothing was changed."


def carry_out(
    open_workspace: Callable[[], Contexta], kind: Kind, run_ids: Sequence[str], form: Form
) -> Outcome:
    """Change runs, and return what came of it.

    The workspace is opened for this change alone: what was restored since is met as it is now, and nobody else waits
    for a lock of ours between two changes.

    Args:
        open_workspace: Opens it.
        kind: What is to be done.
        run_ids: References of the runs.
        form: What was said about it.

    Raises:
        ValidationError: What was said cannot be meant; nothing was changed.
        ContextaError: The workspace cannot be opened.
    """
    with open_workspace() as contexta:
        if kind.apply is None:
            return _deleted(contexta, kind, run_ids, form)
        done: list[str] = []
        failures: list[tuple[str, str]] = []
        for run_id in run_ids:
            try:
                kind.apply(contexta, run_id, form)
            except ContextaError as error:
                if isinstance(error, ValidationError) and not done:
                    raise
                failures.append((run_id, failure_of(error).message))
            else:
                done.append(run_id)
    return Outcome(kind.told(done, form) if done else _NOTHING, tuple(failures))


def _deleted(contexta: Contexta, kind: Kind, run_ids: Sequence[str], form: Form) -> Outcome:
    """Delete those runs that can be deleted, all in one."""
    able, failures = [], []
    for run_id in run_ids:
        try:
            refusals = contexta.plan_run_deletion(run_id).refusals
        except ContextaError as error:
            failures.append((run_id, failure_of(error).message))
            continue
        failures += [(refusal.run_ref, refusal.reason) for refusal in refusals]
        able += [] if refusals else [run_id]
    if not able:
        return Outcome(_NOTHING, tuple(failures))
    try:
        result = contexta.delete_runs(contexta.plan_run_deletion(able))
    except ContextaError as error:
        return Outcome(_NOTHING, (*failures, (runs_in_words(able), failure_of(error).message)))
    sentence = f"{kind.told(result.run_refs, form)} {size(result.total_bytes)} are free."
    return Outcome(sentence, tuple(failures), result.notes)

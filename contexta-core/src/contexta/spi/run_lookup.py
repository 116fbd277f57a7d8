"""Finding one run in any repository, and the error for one that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError, RunNotFoundError
from contexta.spi.identifiers import identifier_text
from contexta.spi.querying import RunListQuery
from contexta.spi.repository import SupportsBulkQueries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import RunRecord

__all__ = ["require_run", "require_runs", "run_not_found"]


#: So few runs are looked up one by one.
_FEW = 4


def require_run(repository: CompositeRepository, run_id: str) -> RunRecord:
    """Return one run.

    Args:
        repository: The repository; it decides which spellings of an identifier it accepts.
        run_id: The run: its identifier, or what carries it, such as a record, a snapshot or a scope.

    Raises:
        ValidationError: Neither text nor anything with the identifier of a run.
        RunNotFoundError: There is no such run.
    """
    if not isinstance(run_id, str):
        run_id = identifier_text(run_id)
    try:
        run = repository.get_run(run_id)
    except ContextaError:
        raise
    except LookupError as error:
        # A repository of the user's may say so in this way.
        raise _not_found(repository, run_id) from error
    if run is None:
        raise _not_found(repository, run_id)
    return run


def require_runs(repository: CompositeRepository, run_ids: Sequence[str]) -> list[RunRecord]:
    """Return several runs in the order in which they were asked for; of many, with one question.

    Args:
        repository: The repository.
        run_ids: The runs.

    Raises:
        ValidationError: As for :func:`require_run`.
        RunNotFoundError: One of them does not exist.
    """
    found: dict[str, RunRecord] = {}
    if len(run_ids) > _FEW and isinstance(repository, SupportsBulkQueries):
        query = RunListQuery(run_ids=tuple(run_ids), archived=None)
        found = {run.run_id: run for run in repository.find_runs(query)}
    # What was asked for by another spelling than its identifier is looked up on its own.
    return [found.get(run_id) or require_run(repository, run_id) for run_id in run_ids]


def _not_found(repository: CompositeRepository, run_id: str) -> RunNotFoundError:
    return run_not_found(run_id, [run.run_id for run in repository.list_runs()])


def run_not_found(run_id: str, known: Iterable[str]) -> RunNotFoundError:
    """Return the error for a run that does not exist: what is nearest, and which forms are accepted.

    Args:
        run_id: What was asked.
        known: Identifiers of the runs that exist.
    """
    near = _nearest(run_id, known)
    hint = (
        f"did you mean {' or '.join(repr(each) for each in near)}?"
        if near
        else "the list of runs shows them."
    )
    return RunNotFoundError(
        f"run {run_id!r} was not found; {hint} A run is named by its reference 'run:project.run', by 'project.run', "
        "or by its last part where that is unique.",
        details={"run_id": run_id, "nearest": near},
    )


def _nearest(asked: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return up to three identifiers whose end is most like the end of what was asked."""
    from difflib import get_close_matches

    by_end: dict[str, str] = {}
    for each in known:
        by_end.setdefault(_end(each), each)
    return tuple(by_end[match] for match in get_close_matches(_end(asked), by_end, n=3, cutoff=0.6))


def _end(identifier: str) -> str:
    return identifier.strip().lower().rpartition(":")[2].rpartition(".")[2]

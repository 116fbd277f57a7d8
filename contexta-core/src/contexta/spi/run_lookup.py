"""The error for a run that does not exist: what was asked, what is nearest, which forms are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import RunNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["run_not_found"]


def run_not_found(run_id: str, known: Iterable[str]) -> RunNotFoundError:
    """Return the error for a run that does not exist.

    Args:
        run_id: What was asked.
        known: Identifiers of the runs that exist.
    """
    near = _nearest(run_id, known)
    hint = f"did you mean {' or '.join(repr(each) for each in near)}?" if near else "list_runs() lists them."
    return RunNotFoundError(
        f"run {run_id!r} was not found; {hint} A run is named by its reference 'run:project.run', by 'project.run', "
        "or by its last part where that is unique.",
        code="query_run_not_found",
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

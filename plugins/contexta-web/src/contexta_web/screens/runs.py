"""The screen of all runs: filtered, sorted, paged, with columns that are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from contexta.errors import ValidationError
from contexta_web.screens.metrics import latest_values, telling_keys
from contexta_web.screens.question import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.spi.querying import RunListQuery
    from contexta.spi.views import RunRecord
    from contexta_web.screens.question import Question

__all__ = ["show_runs"]

_STATUSES = ("open", "completed", "failed", "cancelled", "interrupted")
_PAGE = 50
_MOST_OFFSET = 1_000_000
_MOST_COLUMNS = 24
_FIRST_COLUMNS = 4
#: A column is a metric unless it begins so.
_PARAMETER = "params."


@dataclass(frozen=True, slots=True)
class _Address:
    """The address of this screen, to be changed in one place and linked to."""

    kept: tuple[tuple[str, str], ...]

    def with_(self, **changes: str | int | None) -> str:
        pairs = [(name, value) for name, value in self.kept if name not in changes]
        pairs += [(name, str(value)) for name, value in changes.items() if value is not None]
        return "/ui/runs?" + urlencode(pairs)


def show_runs(contexta: Contexta, question: Question) -> Page:
    """Show a page of runs; an expression that cannot be understood is shown with what is wrong."""
    problem, offset = None, 0
    found: tuple[RunRecord, ...] = ()
    try:
        offset = question.count("offset", 0, _MOST_OFFSET)
        found = contexta.list_runs(query=_query(question, offset))
    except ValidationError as error:
        problem = error.message
    runs = found[:_PAGE]
    values = latest_values(contexta, [run.run_id for run in runs])
    parameters = sorted({name for run in runs for name in run.parameters})
    known = [*telling_keys(values, 200), *(f"{_PARAMETER}{name}" for name in parameters[:200])]
    columns = list(question.every("column")[:_MOST_COLUMNS]) or known[:_FIRST_COLUMNS]
    address = _Address(
        tuple((name, value) for name, every in question.query.items() for value in every if value.strip())
    )
    sort, descending = question.first("sort") or "started_at", question.first("desc") != "false"
    return Page(
        "runs.html",
        {
            "rows": [(run, _cells(run, values[run.run_id], columns)) for run in runs],
            "columns": [(each, _heading(address, _sort_of(each), sort, descending)) for each in columns],
            "choices": list(dict.fromkeys([*columns, *known])),
            "chosen": frozenset(columns),
            "headings": {
                field: _heading(address, field, sort, descending)
                for field in ("name", "started_at", "ended_at")
            },
            "problem": problem,
            "where": question.first("where") or "",
            "project": question.first("project") or "",
            "status": question.first("status") or "",
            "sort": sort,
            "desc": descending,
            "projects": contexta.list_projects(),
            "statuses": _STATUSES,
            "offset": offset,
            "before": address.with_(offset=max(0, offset - _PAGE)) if offset else None,
            "after": address.with_(offset=offset + _PAGE) if len(found) > _PAGE else None,
        },
        400 if problem else 200,
    )


def _query(question: Question, offset: int) -> RunListQuery:
    from contexta.spi.querying import RunListQuery

    return RunListQuery(
        project_name=question.first("project"),
        status=question.first("status"),
        where=question.first("where"),
        sort_by=question.first("sort") or "started_at",
        sort_desc=question.first("desc") != "false",
        limit=_PAGE + 1,
        offset=offset,
    )


def _sort_of(column: str) -> str | None:
    return None if column.startswith(_PARAMETER) else f"metrics.{column}"


def _heading(address: _Address, field: str | None, sort: str, descending: bool) -> tuple[str | None, str]:
    """Return the address that sorts by a column, and the arrow of one that is sorted by."""
    if field is None:
        return None, ""
    if field == sort:
        turned = "false" if descending else "true"
        return address.with_(sort=field, desc=turned, offset=None), "↓" if descending else "↑"
    return address.with_(sort=field, desc="true", offset=None), ""


def _cells(run: RunRecord, values: dict[str, float], columns: Sequence[str]) -> list[Any]:
    return [
        run.parameters.get(each.removeprefix(_PARAMETER)) if each.startswith(_PARAMETER) else values.get(each)
        for each in columns
    ]

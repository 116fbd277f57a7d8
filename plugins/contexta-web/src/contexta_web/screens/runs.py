"""The screen of all runs: filtered, sorted, paged or grouped, with columns that are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import AggregationError, ValidationError
from contexta.spi.dashboard import Page
from contexta_web.screens.address import address_of
from contexta_web.screens.metrics import telling_keys
from contexta_web.screens.run_columns import STATISTICS, Column, cells_of, column_of
from contexta_web.screens.run_groups import GroupTable, groups_of
from contexta_web.screens.sparklines import sparklines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta.spi.querying import RunListQuery
    from contexta.spi.views import RunRecord
    from contexta_web.screens.address import Address

__all__ = ["show_runs"]

_STATUSES = ("open", "completed", "failed", "cancelled", "interrupted")
#: Which runs the address asks for: archived ones alone, or as well; otherwise they are left out.
_ARCHIVED = {"only": True, "also": None}
_PAGE = 50
_MOST_OFFSET = 1_000_000
_MOST_COLUMNS = 24
_FIRST_COLUMNS = 4
#: So many metrics and so many parameters are offered to be ticked; the others can be typed.
_MOST_OFFERED = 60
_NO_CURVE = "none"


def show_runs(contexta: Contexta, question: Question) -> Page:
    """Show a page of runs, or groups of them; what cannot be understood is shown with what is wrong."""
    problem, offset, grouped, has_more = None, 0, None, False
    runs: Sequence[RunRecord] = ()
    metrics: list[str] = []
    parameters: list[str] = []
    group = question.first("group")
    try:
        offset = question.count("offset", 0, _MOST_OFFSET)
        query = _query(question, offset)
        found = contexta.list_runs(query=query)
        runs, has_more = found[:_PAGE], len(found) > _PAGE
        metrics, parameters = _known(contexta, runs)
        columns = _columns(question, metrics, parameters)
        if group is not None:
            grouped = _grouped(contexta, query, group, columns, metrics)
    except (ValidationError, AggregationError) as error:
        problem, runs, has_more = error.message, (), False
        columns = _columns(question, metrics, parameters)
    shown = () if group is not None else runs
    curve, sparks = _curves(contexta, question, columns, [run.run_id for run in shown])
    values = {
        "rows": cells_of(contexta, shown, columns),
        "grouped": grouped,
        "curve": curve,
        "sparks": sparks,
        "metrics": metrics,
        "offered": _offered(columns, metrics, parameters),
        "chosen": frozenset(each.text for each in columns),
        "statistics": STATISTICS,
        "problem": problem,
        "projects": contexta.list_projects(),
        "statuses": _STATUSES,
        **_asked(question, group),
        **_links(question, columns, offset, has_more=has_more),
    }
    return Page("runs.html", values, 400 if problem else 200)


def _query(question: Question, offset: int) -> RunListQuery:
    from contexta.spi.querying import RunListQuery

    return RunListQuery(
        project_name=question.first("project"),
        status=question.first("status"),
        archived=_ARCHIVED.get(question.first("archived") or "", False),
        where=question.first("where"),
        sort_by=question.first("sort") or "started_at",
        sort_desc=question.first("desc") != "false",
        limit=_PAGE + 1,
        offset=offset,
    )


def _known(contexta: Contexta, runs: Sequence[RunRecord]) -> tuple[list[str], list[str]]:
    """Return the metrics and the parameters of runs, the telling ones first."""
    keys = contexta.repository.metric_keys([run.run_id for run in runs]) if runs else ()
    parameters = sorted({name for run in runs for name in run.parameters})
    return telling_keys({"": dict.fromkeys(keys, 0.0)}, len(keys)), parameters


def _columns(question: Question, metrics: Sequence[str], parameters: Sequence[str]) -> list[Column]:
    """Return the columns of the address, the one that was typed among them, or the first ones that tell most."""
    asked = list(question.every("column"))
    typed = question.first("add")
    if typed is not None:
        statistic = question.first("as")
        is_plain = statistic is None or statistic == "latest" or typed.startswith("params.")
        asked.append(typed if is_plain else f"{statistic}({typed})")
    if not asked:
        names = [*metrics, *(f"params.{name}" for name in parameters)]
        asked = names[:_FIRST_COLUMNS]
    return list({each.text: each for each in map(column_of, asked)}.values())[:_MOST_COLUMNS]


def _offered(columns: Sequence[Column], metrics: Sequence[str], parameters: Sequence[str]) -> list[str]:
    names = [f"params.{name}" for name in parameters[:_MOST_OFFERED]]
    return list(dict.fromkeys([*(each.text for each in columns), *metrics[:_MOST_OFFERED], *names]))


def _grouped(
    contexta: Contexta, query: RunListQuery, group: str, columns: Sequence[Column], metrics: Sequence[str]
) -> GroupTable:
    keys = list(dict.fromkeys(each.key for each in columns if each.statistic is not None))
    return groups_of(contexta, query, group, keys or list(metrics[:_FIRST_COLUMNS]))


def _curves(
    contexta: Contexta, question: Question, columns: Sequence[Column], run_ids: Sequence[str]
) -> tuple[str | None, Mapping[str, str]]:
    """Return the metric of the small curves and their paths: of the address, or of the first columns that have any."""
    asked = question.first("curve")
    keys = [each.key for each in columns if each.statistic is not None][:_FIRST_COLUMNS]
    for key in keys if asked is None else [asked]:
        sparks = sparklines_of(contexta, key, run_ids) if key != _NO_CURVE else {}
        if sparks:
            return key, sparks
    return None, {}


def _asked(question: Question, group: str | None) -> dict[str, Any]:
    """Return what was asked, to be shown in the form."""
    return {
        "where": question.first("where") or "",
        "project": question.first("project") or "",
        "status": question.first("status") or "",
        "archived": question.first("archived") or "",
        "group": group or "",
        "sort": question.first("sort") or "started_at",
        "desc": question.first("desc") != "false",
    }


def _links(
    question: Question, columns: Sequence[Column], offset: int, *, has_more: bool
) -> Mapping[str, Any]:
    """Return the addresses of the pages beside this one, and of other orders."""
    address = address_of("/ui/runs", question).without("add", "as")
    if question.first("add") is not None:
        address = address.without("column").and_(*(("column", each.text) for each in columns))
    sort, descending = question.first("sort") or "started_at", question.first("desc") != "false"
    return {
        "columns": [(each, _heading(address, each.sort, sort, descending)) for each in columns],
        "headings": {
            field: _heading(address, field, sort, descending) for field in ("name", "started_at", "ended_at")
        },
        "offset": offset,
        "before": address.with_(offset=max(0, offset - _PAGE) or None) if offset else None,
        "after": address.with_(offset=offset + _PAGE) if has_more else None,
    }


def _heading(address: Address, field: str | None, sort: str, descending: bool) -> tuple[str | None, str]:
    """Return the address that sorts by a column, and the arrow of one that is sorted by."""
    if field is None:
        return None, ""
    if field == sort:
        turned = "false" if descending else "true"
        return address.with_(sort=field, desc=turned, offset=None), "↓" if descending else "↑"
    return address.with_(sort=field, desc="true", offset=None), ""

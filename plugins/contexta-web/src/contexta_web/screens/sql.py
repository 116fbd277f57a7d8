"""The screen that asks the workspace in SQL: a query, its answer as a table, a chart of two columns."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contexta.errors import InterpretationError, ValidationError
from contexta.spi.dashboard import Download, Page
from contexta_web.screens.address import address_of
from contexta_web.screens.charts import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta_web.screens.charts import Chart

__all__ = ["download_rows", "show_sql"]

_MOST_SHOWN = 500
_MOST_DOWNLOADED = 100_000
#: Of a cell the page shows so many characters: one function makes a gigabyte of one letter.
_MOST_CELL = 2_000
#: So many characters are written to a file; its rows are fetched so many at once, to stop in time.
_MOST_WRITTEN = 64 * 1024 * 1024
_FETCHED = 1_000
#: Less than any question may take over HTTP, so that the page says what took too long.
_SECONDS = 20.0
_EXAMPLE = "SELECT name, status, started_at FROM runs ORDER BY started_at DESC LIMIT 20"


def show_sql(contexta: Contexta, question: Question) -> Page:
    """Show the answer of the query in the address, and the tables that there are."""
    from contexta.spi.workspace_tables import workspace_tables

    query = question.first("query")
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    problem = None
    if query is not None:
        try:
            with contexta.sql(query, timeout_seconds=_SECONDS) as result:
                columns, rows = result.columns, result.fetchmany(_MOST_SHOWN + 1)
        except (ValidationError, InterpretationError) as error:
            problem = error.message
    x, y = question.first("x"), question.first("y")
    return Page(
        "sql.html",
        {
            "query": query or _EXAMPLE,
            "is_asked": query is not None,
            "problem": problem,
            "columns": columns,
            "rows": [[_cell(each) for each in row] for row in rows[:_MOST_SHOWN]],
            "is_cut": len(rows) > _MOST_SHOWN,
            "x": x or "",
            "y": y or "",
            "chart": _chart(columns, rows, x, y),
            "tables": workspace_tables(contexta.repository),
            "download": address_of("/ui/sql/download", question).with_(),
        },
        400 if problem else 200,
    )


def download_rows(contexta: Contexta, question: Question) -> Download:
    """Return the answer of the query in the address as CSV.

    Raises:
        ValidationError: There is none, it cannot be understood, or its answer is too large for a page's file.
        InterpretationError: It failed or took too long.
    """
    from contexta.contract.spreadsheets import field_text

    text = io.StringIO()
    writer = csv.writer(text)
    with contexta.sql(question.first("query") or "", timeout_seconds=_SECONDS) as result:
        writer.writerow(result.columns)
        count = written = 0
        while rows := result.fetchmany(_FETCHED):
            count += len(rows)
            written += sum(len(each) for row in rows for each in row if isinstance(each, (str, bytes)))
            if count > _MOST_DOWNLOADED or written > _MOST_WRITTEN:
                raise ValidationError(
                    f"the answer has more than {_MOST_DOWNLOADED} rows or {_MOST_WRITTEN} characters;"
                    " `contexta sql` writes all of them to a file",
                    code="http_invalid_parameter",
                )
            writer.writerows(
                [field_text(each) if isinstance(each, str) else each for each in row] for row in rows
            )
    return Download("query.csv", text.getvalue().encode("utf-8"), "text/csv; charset=utf-8")


def _chart(
    columns: Sequence[str], rows: Sequence[tuple[Any, ...]], x: str | None, y: str | None
) -> Chart | None:
    """Return the drawing of a column over another, or over the numbers of the rows; None where nothing is numeric."""
    if y not in columns:
        return None
    place_y, place_x = columns.index(y), columns.index(x) if x in columns else None
    points = [(number if place_x is None else row[place_x], row[place_y]) for number, row in enumerate(rows)]
    numeric = [(a, float(b)) for a, b in points if _is_number(a) and _is_number(b)]
    chart = draw(str(y), [(str(y), sorted(numeric))])
    return None if chart is None else replace(chart, along="row" if place_x is None else str(x))


def _cell(value: Any) -> Any:
    """Return what is shown of a cell: numbers as they are, and of what is long its beginning."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    head = value[:_MOST_CELL] if isinstance(value, (str, bytes, list, tuple)) else value
    text = str(head)
    is_cut = len(text) > _MOST_CELL or (head is not value and len(head) < len(value))
    return f"{text[:_MOST_CELL]}…" if is_cut else text


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)

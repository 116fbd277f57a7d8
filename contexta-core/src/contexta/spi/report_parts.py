"""What the sections of a report are made of: tables, figures and findings, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from contexta.spi.views import EvidenceLink

__all__ = [
    "COLUMN_KINDS",
    "FIGURE_KINDS",
    "FigureLine",
    "FigureSeries",
    "ReportFigure",
    "ReportFinding",
    "ReportTable",
    "TableColumn",
]

#: What the cells of a column can be.
COLUMN_KINDS = ("text", "number", "bytes", "seconds", "time", "ref", "status", "severity", "value")

#: How a figure can be drawn.
FIGURE_KINDS = ("line", "bar")

#: How grave a finding can be; ``good`` is one to be glad of.
_FINDING_SEVERITIES = ("good", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table.

    Args:
        title: Its heading.
        kind: What its cells are: ``text``, ``number``, ``bytes`` (a size), ``seconds`` (a duration), ``time``
            (ISO 8601), ``ref`` (an identifier), ``status``, ``severity``, or ``value``: anything, named by the first
            cell of its row.

    Raises:
        ValidationError: There is no such kind.
    """

    title: str
    kind: str = "text"

    def __post_init__(self) -> None:
        if self.kind not in COLUMN_KINDS:
            raise ValidationError(
                f"the kind of the column {self.title!r} is {self.kind!r}; use one of {', '.join(COLUMN_KINDS)}",
                code="report_invalid_table",
            )


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table; its cells are text, numbers, booleans and None, and renderers show them by the kinds of the columns.

    Args:
        columns: The columns.
        rows: The rows, each with one cell for each column.
        title: What it shows.

    Raises:
        ValidationError: A row has more or fewer cells than there are columns.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Any, ...], ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("columns",))
        object.__setattr__(self, "rows", tuple(tuple(row) for row in self.rows))
        width = len(self.columns)
        for number, row in enumerate(self.rows):
            if len(row) != width:
                raise ValidationError(
                    f"row {number} of the table {self.title!r} has {len(row)} cells, and the table {width} columns",
                    code="report_invalid_table",
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain data."""
        return {
            "title": self.title,
            "columns": [{"title": column.title, "kind": column.kind} for column in self.columns],
            "rows": [list(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class FigureSeries:
    """One series of a figure.

    Args:
        name: What it is, for the legend.
        points: Pairs of x and y; a y of None is a gap.
        unit: Unit of y.
    """

    name: str
    points: tuple[tuple[float, float | None], ...] = ()
    unit: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple((x, y) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A level that a figure marks, such as a threshold.

    Args:
        value: Its height on the axis of values.
        label: What it is.
    """

    value: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """A figure as data; how it is drawn is for renderers to say.

    Args:
        title: What it shows.
        series: The series.
        kind: ``line`` or ``bar``.
        x_label: What the axis of x counts.
        y_label: What the axis of values measures.
        categories: Names of the places on the axis of x; a point with the x of 2 belongs to the third.  Without
            them x is a number.
        lines: Levels that are marked.
        caption: What a reader should see in it; also said to those who do not see it.

    Raises:
        ValidationError: There is no such kind, or a point lies beside the categories.
    """

    title: str
    series: tuple[FigureSeries, ...]
    kind: str = "line"
    x_label: str = ""
    y_label: str = ""
    categories: tuple[str, ...] = ()
    lines: tuple[FigureLine, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("series", "categories", "lines"))
        if self.kind not in FIGURE_KINDS:
            raise ValidationError(
                f"the kind of the figure {self.title!r} is {self.kind!r}; use one of {', '.join(FIGURE_KINDS)}",
                code="report_invalid_figure",
            )
        if self.kind == "bar" or self.categories:
            places = range(len(self.categories))
            for series in self.series:
                beside = [x for x, _ in series.points if x not in places]
                if beside:
                    raise ValidationError(
                        f"the series {series.name!r} of the figure {self.title!r} has a point at {beside[0]}, and "
                        f"there are {len(places)} categories, counted from 0",
                        code="report_invalid_figure",
                    )

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data."""
        return {
            "title": self.title,
            "kind": self.kind,
            "x_label": self.x_label,
            "y_label": self.y_label,
            "categories": list(self.categories),
            "caption": self.caption,
            "lines": [{"value": line.value, "label": line.label} for line in self.lines],
            "series": [
                {"name": each.name, "unit": each.unit, "points": [list(point) for point in each.points]}
                for each in self.series
            ],
        }


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """Something that a reader should know first.

    Args:
        severity: ``good``, ``info``, ``warning`` or ``error``.
        summary: The finding in one sentence.
        code: What it is, as a stable word; empty for one that has none.
        next_step: What to do about it.
        evidence_links: Where it was seen.

    Raises:
        ValidationError: The severity is none of the four.
    """

    severity: str
    summary: str
    code: str = ""
    next_step: str = ""
    evidence_links: tuple[EvidenceLink, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("evidence_links",))
        if self.severity not in _FINDING_SEVERITIES:
            raise ValidationError(
                f"the severity of a finding is {self.severity!r}; use one of {', '.join(_FINDING_SEVERITIES)}",
                code="report_invalid_finding",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {
            "severity": self.severity,
            "summary": self.summary,
            "code": self.code,
            "next_step": self.next_step,
            "evidence_links": [_link(link) for link in self.evidence_links],
        }


def _link(link: EvidenceLink) -> dict[str, str]:
    return {"kind": link.kind, "ref": link.ref, "label": link.label}

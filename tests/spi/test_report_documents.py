"""Report documents as data, with no renderer installed."""

from __future__ import annotations

import pytest

from contexta.errors import ValidationError
from contexta.spi.report_parts import FigureSeries, ReportFigure, ReportFinding, ReportTable, TableColumn
from contexta.spi.reports import ReportDocument, ReportSection


def test_a_document_is_plain_data():
    """Lists become tuples, blanks around texts go, and empty parts are left out of the mapping."""
    document = ReportDocument(
        " Title ", [ReportSection(" A ", " text ", tables=[ReportTable([TableColumn("x", "number")], [[1]])])]
    )
    assert document.to_dict() == {
        "title": "Title",
        "sections": [
            {
                "title": "A",
                "body": "text",
                "evidence_links": [],
                "tables": [{"title": "", "columns": [{"title": "x", "kind": "number"}], "rows": [[1]]}],
            }
        ],
    }
    assert document.to_json() == document.to_dict()
    assert isinstance(document.sections, tuple)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: TableColumn("x", "colour"), "report_invalid_table"),
        (lambda: ReportTable([TableColumn("x")], [[1, 2]]), "report_invalid_table"),
        (lambda: ReportFigure("x", [], kind="pie"), "report_invalid_figure"),
        (lambda: ReportFigure("x", [FigureSeries("s", [(2, 1.0)])], kind="bar", categories=["a"]), "report_invalid_figure"),
        (lambda: ReportFinding("fatal", "x"), "report_invalid_finding"),
    ],
    ids=["column", "table", "kind", "place", "severity"],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(make, code):
    """The error says what was given and what may be."""
    with pytest.raises(ValidationError) as caught:
        make()
    assert caught.value.code == code


def test_equal_content_is_equal():
    """Who renders a document is no part of it."""
    assert ReportDocument("x") == ReportDocument("x")
    assert hash(ReportDocument("x")) == hash(ReportDocument("x"))

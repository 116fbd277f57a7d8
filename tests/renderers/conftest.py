"""Documents with everything that a report can hold, harmless and hostile."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.interpretation import (
    CompletenessNote,
    EvidenceLink,
    FigureLine,
    FigureSeries,
    ReportDocument,
    ReportFigure,
    ReportFinding,
    ReportSection,
    ReportTable,
    TableColumn,
)
from contexta.spi.report_parts import COLUMN_KINDS

#: What somebody may call a run to harm whoever looks at it.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title></svg><svg onload=alert(1)>",
    "javascript:alert(1)",
    "[click](javascript:alert(1))",
    "![x](JavaScript:alert(1) 'y')",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "\u2066hidden\u2069",
    "x\n## Diagnostics\n\nnothing",
    "x\n\n    code\n\n---\n",
    "| a | b |\n| --- | --- |",
    "`code` **bold** _it_ ~~no~~ $x$",
    "<!-- hidden",
    "{{ 7 * 7 }}{% raw %}",
    "https://evil.example www.evil.example me@evil.example",
    "1. one\n2. two",
    "&lt;b&gt; &#x3c;script&#x3e;",
    "a\r\nb\x85c\u2028d",
    "名前 ünï 🎉 עברית",
)


def everything(text):
    """Return a document that says a text at every place that takes one."""
    link = EvidenceLink(text, text, text)
    table = ReportTable(
        [TableColumn(text, kind) for kind in COLUMN_KINDS],
        [[text] * len(COLUMN_KINDS), [None] * len(COLUMN_KINDS)],
        title=text,
    )
    figures = [
        ReportFigure(text, [FigureSeries(text, [(0, 1.0), (1, 2.0)], text), FigureSeries(text, [(0, 2.0)])],
                     x_label=text, y_label=text, caption=text),
        ReportFigure(text, [FigureSeries(text, [(0, 1.0), (1, None)], text)], categories=[text, text],
                     lines=[FigureLine(1.5, text)]),
        ReportFigure(text, [FigureSeries(text, [(0, -1.0), (1, 2.0)], text)], kind="bar", y_label=text,
                     categories=[text, text]),
    ]  # fmt: skip
    sections = [
        ReportSection(text, text, [link]),
        ReportSection(
            text,
            text,
            [link],
            findings=[
                ReportFinding(severity, text, text, text, [link])
                for severity in ("good", "info", "warning", "error")
            ],
            tables=[table],
            figures=figures,
            notes=[CompletenessNote("warning", text, {text: text})],
        ),
    ]
    return ReportDocument(text, sections, text)


@pytest.fixture(scope="session")
def document_saying():
    """Return what makes a document that says a text everywhere."""
    return everything


@pytest.fixture(scope="session")
def hostile_texts():
    """Return what somebody may call a run to harm whoever looks at it."""
    return HOSTILE


@pytest.fixture
def small_document():
    """Return a report with one table, one figure, a finding and a note."""
    return ReportDocument(
        "Report on r1",
        [
            ReportSection(
                "Metrics",
                "loss: 0.25",
                [EvidenceLink("run", "run:demo.r1", "r1")],
                findings=[ReportFinding("warning", "The loss rises.", "metric_diverged", "Lower the rate.")],
                tables=[
                    ReportTable([TableColumn("Metric"), TableColumn("Value", "number")], [["loss", 0.25]])
                ],
                figures=[
                    ReportFigure(
                        "loss", [FigureSeries("loss", [(0, 1.0), (1, 0.5), (2, 0.25)])], x_label="step"
                    )
                ],
                body_repeats_content=True,
            ),
            ReportSection(
                "Completeness Notes",
                "warning: artifact_list_empty",
                notes=[CompletenessNote("warning", "artifact_list_empty", {"run_id": "run:demo.r1"})],
                body_repeats_content=True,
            ),
        ],
        "r1 is completed.",
    )


@pytest.fixture
def open_workspace(tmp_path):
    """Return what opens a workspace with some settings; it is closed at the end."""
    opened = []

    def make(settings=None, **more):
        quiet = {
            "records": {"durability_mode": "flush"},
            "capture": {"capture_environment_snapshot": False, "capture_code_revision": False},
        }
        ctx = Contexta(workspace=str(tmp_path / "workspace"), config={**quiet, **(settings or {})}, **more)
        opened.append(ctx)
        return ctx

    yield make
    for ctx in opened:
        ctx.close()

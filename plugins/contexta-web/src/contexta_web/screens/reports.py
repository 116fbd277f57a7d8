"""The screen of reports: choose one, read it, take it along in any format."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta.errors import ValidationError
from contexta.spi.dashboard import Download, Page
from contexta_web.screens.address import address_of
from contexta_web.screens.charts import draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta.spi.report_parts import ReportFigure
    from contexta.spi.reports import ReportDocument
    from contexta_web.screens.charts import Chart

    Build = Callable[[Contexta, Question], ReportDocument]

__all__ = ["download_report", "show_reports"]

_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
_SUFFIXES = {"markdown": "md", "text": "txt"}
#: What the form keeps of the address.
_NAMES = ("run", "other", "project", "metric")
_MOST_RUNS = 12
_MOST_ROWS = 500


def show_reports(contexta: Contexta, question: Question) -> Page:
    """Show the report that the address names, and what others there are."""
    kind = question.first("kind")
    report, problem = None, None
    if kind is not None:
        try:
            report = _built(contexta, kind, question)
        except ValidationError as error:
            problem = error.message
    address = address_of("/ui/reports/download", question)
    return Page(
        "reports.html",
        {
            "kinds": [(name, title, needs) for name, (title, needs, _) in _KINDS.items()],
            "kind": kind or "run",
            "question": {name: ", ".join(question.every(name)) for name in _NAMES},
            "projects": contexta.list_projects(),
            "report": report,
            "figures": {} if report is None else _figures(report),
            "most_rows": _MOST_ROWS,
            "problem": problem,
            "downloads": [
                (name, address.with_(format=name)) for name in contexta.plugin_host.names("report_renderer")
            ],
        },
        400 if problem else 200,
    )


def download_report(contexta: Contexta, question: Question) -> Download:
    """Return the report that the address names as a file.

    Raises:
        ValidationError: It names no kind of report, or lacks what that kind needs.
        MissingPluginError: No renderer writes the format.
    """
    report = _built(contexta, question.first("kind") or "", question)
    renderer = question.first("format") or "html"
    made = report.render(renderer)
    content = made if isinstance(made, bytes) else made.encode("utf-8")
    name = f"{report.title}.{_SUFFIXES.get(renderer, renderer)}"
    return Download(name, content, _MEDIA_TYPES.get(renderer, "application/octet-stream"))


def _built(contexta: Contexta, kind: str, question: Question) -> ReportDocument:
    if kind not in _KINDS:
        raise ValidationError(
            f"there is no report {kind!r}; there are {', '.join(_KINDS)}", code="http_invalid_parameter"
        )
    _, needs, build = _KINDS[kind]
    missing = [name for name in needs if question.first(name) is None]
    if missing:
        raise ValidationError(
            f"the report {kind!r} needs {' and '.join(missing)} in the address", code="http_invalid_parameter"
        )
    return build(contexta, question)


def _first(question: Question, name: str) -> str:
    return (question.first(name) or "").strip()


def _run(contexta: Contexta, question: Question) -> ReportDocument:
    return contexta.build_snapshot_report(_first(question, "run"))


def _comparison(contexta: Contexta, question: Question) -> ReportDocument:
    return contexta.build_run_report(_first(question, "run"), _first(question, "other"))


def _several(contexta: Contexta, question: Question) -> ReportDocument:
    named = [each.strip() for text in question.every("run") for each in text.split(",") if each.strip()]
    if not 2 <= len(set(named)) <= _MOST_RUNS:
        raise ValidationError(
            f"the address names {len(set(named))} runs; give 2 to {_MOST_RUNS}, with commas between them",
            code="http_invalid_parameter",
        )
    return contexta.build_multi_run_report(named)


def _project(contexta: Contexta, question: Question) -> ReportDocument:
    return contexta.build_project_summary_report(_first(question, "project"))


def _trend(contexta: Contexta, question: Question) -> ReportDocument:
    return contexta.build_trend_report(_first(question, "metric"), project_name=question.first("project"))


def _alerts(contexta: Contexta, question: Question) -> ReportDocument:
    return contexta.build_alert_report(_first(question, "run"), contexta.alert_service.configured_rules)


#: The title of each kind, what it needs, and what builds it.
_KINDS: dict[str, tuple[str, tuple[str, ...], Build]] = {
    "run": ("One run", ("run",), _run),
    "comparison": ("Two runs compared", ("run", "other"), _comparison),
    "several": ("Several runs side by side", ("run",), _several),
    "project": ("A project", ("project",), _project),
    "trend": ("A metric over runs", ("metric",), _trend),
    "alerts": ("The configured alert rules on one run", ("run",), _alerts),
}


def _figures(report: ReportDocument) -> dict[int, list[Chart]]:
    """Return the drawings of each section, by its number."""
    return {
        number: [chart for each in section.figures if (chart := _chart(each)) is not None]
        for number, section in enumerate(report.sections)
    }


def _chart(figure: ReportFigure) -> Chart | None:
    named = [
        (series.name, [(int(x), float(y)) for x, y in series.points if y is not None and math.isfinite(x)])
        for series in figure.series
    ]
    return draw(figure.title, named, next((each.unit for each in figure.series if each.unit), None))

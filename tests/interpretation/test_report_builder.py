"""What reports hold, from snapshots, comparisons, projects, trends and alerts."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.interpretation import (
    BatchRecord,
    CompletenessNote,
    EvidenceLink,
    MetricTrend,
    ReportBuilder,
    RunRecord,
    TrendPoint,
)
from contexta.spi.querying import RunSnapshot
from contexta_interpretation.diagnostics.service import DiagnosticsService
from contexta_interpretation.query.service import QueryService
from contexta_interpretation.reports.thinning import thinned


@dataclass(frozen=True)
class Result:
    """An alert result, as the alert service returns it."""

    rule_name: str
    metric_key: str
    run_id: str
    actual_value: float | None
    threshold: float
    operator: str
    triggered: bool
    severity: str
    stage_name: str | None = None
    evidence_links: tuple = ()
    completeness_notes: tuple = ()


def titles(report):
    """List the titles of the sections."""
    return [section.title for section in report.sections]


def section(report, title):
    """Return the section of a title."""
    return next(each for each in report.sections if each.title == title)


def rows(report, title):
    """Return the rows of a section's only table."""
    (table,) = section(report, title).tables
    return list(table.rows)


@pytest.fixture
def trained(ctx):
    """Two runs of a training with a stage, and a failed one."""
    for name, rate in (("first", 0.1), ("second", 0.2)):
        with ctx.run(name, run_id=name) as run:
            run.params({"rate": rate})
            with run.stage("train") as stage:
                for step in range(4):
                    stage.metric("train.loss", 1 / (step + 1) + rate, step=step)
                    stage.metric("val.loss", 1 / (step + 1) + 2 * rate, step=step)
            run.metric("accuracy", 0.5 + rate)
    with pytest.raises(ZeroDivisionError), ctx.run("broken", run_id="broken"):
        raise ZeroDivisionError
    return ctx


def test_a_snapshot_report_begins_with_the_findings(trained):
    """Every section is there in the order of reading, findings first."""
    report = trained.build_snapshot_report("first")
    assert [
        "Diagnostics", "Run Summary", "Metrics", "Parameters", "Stages", "Artifacts", "Batches", "Deployments",
        "Samples", "Lineage", "Completeness Notes", "Evidence",
    ] == [title for title in titles(report) if title != "Provenance"]  # fmt: skip
    assert report.title == "Run Snapshot Report: run:default.first"
    assert report.summary.startswith("first of default is completed after ")


def test_a_failed_run_is_found_in_its_report(trained):
    """The gravest finding stands first, with its code and the next step."""
    finding = section(trained.build_snapshot_report("broken"), "Diagnostics").findings[0]
    assert (finding.severity, finding.code) == ("error", "run_failed")
    assert finding.next_step


def test_metrics_are_tabled_and_drawn(trained):
    """Sums are exact; what was measured on several parts of the data shares one figure, by step."""
    report = trained.build_snapshot_report("first")
    by_key = {row[0]: row for row in rows(report, "Metrics")}
    assert by_key["train.loss"][1:8] == pytest.approx(
        ("train", 0.35, 0.35, 0.35, 1.1, (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4 + 0.1, 4)
    )
    (figure,) = section(report, "Metrics").figures
    assert ("loss", "step", ["train.loss", "val.loss"]) == (
        figure.title,
        figure.x_label,
        [series.name for series in figure.series],
    )
    assert [(0, 1.1), (1, 0.6), (2, pytest.approx(1 / 3 + 0.1)), (3, 0.35)] == list(figure.series[0].points)


def test_a_builder_by_hand_draws_the_records_of_the_snapshot(memory):
    """Without a repository the report has the same figures and sums, from the snapshot alone."""
    run_id = memory.add_run("r1")
    stage_id = memory.add_stage(run_id, "train")
    for step, value in enumerate((3.0, 1.0, 2.0)):
        memory.add_metric(run_id, "loss", value, f"2026-01-01T00:00:0{step}Z", stage_id=stage_id, step=step)
    memory.batches.append(BatchRecord(f"{stage_id}.b0", run_id, stage_id, "batch-0", "completed"))
    query = QueryService(memory)
    snapshot, diagnosis = query.get_run_snapshot(run_id), DiagnosticsService(query).diagnose_run(run_id)
    by_hand = ReportBuilder().build_snapshot_report(snapshot, diagnosis)
    (figure,) = section(by_hand, "Metrics").figures
    assert [(0, 3.0), (1, 1.0), (2, 2.0)] == list(figure.series[0].points)
    assert ("loss", "train", 2.0, 1.0, 1.0, 3.0, 2.0, 3, None) == rows(by_hand, "Metrics")[0]
    assert section(by_hand, "Batches").body == "batch-0: stage=train, status=completed, order=0"
    assert by_hand == ReportBuilder(repository=memory).build_snapshot_report(snapshot, diagnosis)


def test_an_empty_run_says_that_it_is_empty(memory):
    """Sections of nothing hold the sentence that they always held."""
    run_id = memory.add_run("r1")
    query = QueryService(memory)
    report = ReportBuilder().build_snapshot_report(
        query.get_run_snapshot(run_id), DiagnosticsService(query, checks={}).diagnose_run(run_id)
    )
    assert {
        "Diagnostics": "No diagnostics issues.",
        "Metrics": "No metrics.",
        "Parameters": "No parameters.",
        "Stages": "No stages.",
        "Artifacts": "No artifacts.",
        "Batches": "No batches.",
        "Deployments": "No deployments.",
        "Samples": "No samples.",
    } == {
        each.title: each.body
        for each in report.sections
        if each.body.startswith("No ") and each.title != "Lineage"
    }


def test_many_samples_are_counted(memory):
    """Twenty are listed, and how many there are beside them is said."""
    from contexta.interpretation import SampleRecord

    run_id = memory.add_run("r1")
    stage_id = memory.add_stage(run_id, "train")
    memory.samples += [
        SampleRecord(f"s{number}", run_id, stage_id, None, f"sample-{number}", "2026-01-01T00:00:00Z")
        for number in range(23)
    ]
    query = QueryService(memory)
    report = ReportBuilder().build_snapshot_report(
        query.get_run_snapshot(run_id), DiagnosticsService(query, checks={}).diagnose_run(run_id)
    )
    lines = section(report, "Samples").body.splitlines()
    assert (21, "... and 3 more.") == (len(lines), lines[-1])


def test_a_comparison_report_says_what_changed_most(trained):
    """The greatest relative changes are findings, each judged by the direction of its metric."""
    report = trained.build_run_report("first", "second")
    summary = section(report, "Summary")
    assert [
        ("warning", "train/val.loss is worse: 0.45 → 0.65 (+44.4 %)."),
        ("warning", "train/train.loss is worse: 0.35 → 0.45 (+28.6 %)."),
        ("good", "accuracy is better: 0.6 → 0.7 (+16.7 %)."),
        ("info", "1 parameter differs: rate."),
    ] == [(finding.severity, finding.summary) for finding in summary.findings]
    assert [("rate", "changed", 0.1, 0.2)] == rows(report, "Parameter Changes")
    assert (
        report.summary
        == "second against first: 1 metric better, 2 worse; 1 parameter and 0 artifacts changed."
    )
    relative, curves = section(report, "Metric Deltas").figures
    assert ("bar", ("train/val.loss", "train/train.loss", "accuracy")) == (relative.kind, relative.categories)
    assert ["first · train.loss", "second · train.loss", "first · val.loss", "second · val.loss"] == [
        series.name for series in curves.series
    ]


def test_several_runs_show_the_best_of_each_metric(trained):
    """The best run follows the direction of the metric; what is equal in all runs is no finding."""
    report = trained.build_multi_run_report(["first", "second"])
    assert report.title == "Multi Run Report: 2 runs"
    assert [
        "accuracy is best in second: 0.7.",
        "train/train.loss is best in first: 0.35.",
        "train/val.loss is best in first: 0.45.",
    ] == [finding.summary for finding in section(report, "Summary").findings]
    assert (None, "accuracy", 0.6, 0.7, "second") == rows(report, "Metric Table")[0]


def test_a_project_report_counts_and_names_what_failed(trained):
    """Runs by status, and the failed ones by name."""
    report = trained.build_project_summary_report("default")
    (finding,) = section(report, "Findings").findings
    assert ("error", "1 run is failed: broken.") == (finding.severity, finding.summary)
    status, duration = section(report, "Runs").figures
    assert (("completed", "failed"), ((0, 2), (1, 1))) == (status.categories, status.series[0].points)
    assert ("first", "second", "broken") == duration.categories
    assert {"accuracy", "train.loss", "val.loss"} == {row[0] for row in rows(report, "Metrics")}


def test_a_project_without_runs_says_so(ctx):
    """Nothing is drawn, and a note says why."""
    report = ctx.build_project_summary_report("nowhere")
    assert section(report, "Runs").body == "No runs."
    assert section(report, "Completeness Notes").body == "info: project_runs_empty"


def test_a_trend_report_judges_the_newest_value():
    """Best, newest against the median of those before it, and the series: worked out by hand."""
    points = [
        TrendPoint(f"p.r{place}", f"r{place}", value) for place, value in enumerate((4.0, 2.0, 3.0, 6.0))
    ]
    report = ReportBuilder().build_trend_report(MetricTrend("loss", "p", points))
    assert [
        ("good", "The best value is 2, of r1."),
        (
            "warning",
            "The newest value, 6 of r3, is worse than the median of the 3 runs before it, 3 (+100 %).",
        ),
    ] == [(finding.severity, finding.summary) for finding in section(report, "Findings").findings]
    (figure,) = section(report, "Series").figures
    assert (("r0", "r1", "r2", "r3"), 3.5) == (figure.categories, figure.lines[0].value)
    assert section(report, "Series").body.splitlines()[0] == "p.r0: value=4.0, captured_at=None"


def test_a_trend_of_nothing_says_so():
    """No point, no chart."""
    report = ReportBuilder().build_trend_report(MetricTrend("loss", None))
    assert section(report, "Findings").body == "No run has the metric."
    assert section(report, "Series").body == "No series points."


def test_a_rule_without_a_value_has_neither_passed_nor_been_triggered():
    """Triggered rules stand first, the gravest before; a missing metric has a section of its own."""
    results = [
        Result("low", "loss", "r", 0.1, 0.5, "gt", False, "error"),
        Result("warm", "loss", "r", 0.9, 0.5, "gt", True, "warning"),
        Result("hot", "loss", "r", 0.9, 0.8, "gte", True, "error", evidence_links=(EvidenceLink("run", "r", "r"),)),
        Result("gone", "f1", "r", None, 0.5, "lt", False, "error",
               completeness_notes=(CompletenessNote("warning", "alert_metric_missing:f1"),)),
    ]  # fmt: skip
    report = ReportBuilder().build_alert_report(results)
    assert ["Triggered", "Not Evaluated", "Passed", "Completeness Notes", "Evidence"] == titles(report)
    assert [
        ("error", "hot: loss is 0.9, and ≥ 0.8 triggers."),
        ("warning", "warm: loss is 0.9, and > 0.5 triggers."),
    ] == [(finding.severity, finding.summary) for finding in section(report, "Triggered").findings]
    assert (["gone"], ["low"]) == tuple(
        [row[0] for row in rows(report, title)] for title in ("Not Evaluated", "Passed")
    )
    assert report.summary == "4 rules evaluated: 2 triggered, 1 passed, 1 without a value."


def test_reports_are_compared_by_what_they_say(trained):
    """Two reports differ in the sections whose lines differ."""
    comparison = trained.compare_report_documents(
        trained.build_snapshot_report("first"), trained.build_snapshot_report("second")
    )
    changed = {diff.section_title for diff in comparison.section_diffs if diff.changed}
    assert {"Run Summary", "Metrics", "Parameters", "Stages"} <= changed
    assert "Samples" not in changed


def report(title, **bodies):
    """Return a report with sections by their titles."""
    return {"title": title, "sections": [{"title": name, "body": body} for name, body in bodies.items()]}


@pytest.fixture
def reports_apart(trained):
    """The difference of two reports: one section the same, one with changed lines, one on each side alone."""
    left = report("Monday", Same="one", Lines="a\nb\nc", Gone="it was <b>here</b>")
    right = report("Tuesday", Same="one", Lines="a\nB\nc\nd", New="it is here")
    return trained.compare_report_documents(left, right)


def test_a_difference_of_reports_is_a_report(reports_apart):
    """It says which sections differ, and shows their lines that do, beside each other."""
    made = reports_apart.to_report()
    assert ("Monday → Tuesday", "3 of 4 sections differ.") == (made.title, made.summary)
    assert ["Sections", "Gone", "Lines", "New"] == [each.title for each in made.sections]
    assert (("Gone", "removed"), ("Lines", "changed"), ("New", "added"), ("Same", "same")) == (
        made.sections[0].tables[0].rows
    )
    assert [
        (("removed", "it was <b>here</b>", None),),
        (("changed", "b", "B"), ("added", None, "d")),
        (("added", None, "it is here"),),
    ] == [each.tables[0].rows for each in made.sections[1:]]


def test_a_difference_of_reports_is_rendered(reports_apart, tmp_path):
    """Every renderer writes it, markup in it stays text, and a file is written by its suffix."""
    assert "| changed | b | B |" in reports_apart.to_markdown()
    assert '<td><span class="badge tone-warning">changed</span></td>' in reports_apart.to_html()
    assert "<b>here</b>" not in reports_apart.to_html() + reports_apart.to_markdown()
    assert "Change=changed, Left=b, Right=B" in reports_apart.to_csv()
    assert "3 of 4 sections differ." in reports_apart.render("text")
    assert "Monday → Tuesday" == json.loads(reports_apart.render("json"))["title"]
    assert "<title>Monday → Tuesday</title>" in reports_apart.save(tmp_path / "difference.html").read_text()
    assert ["removed", "changed", "added", "same"] == [
        each["change"] for each in reports_apart.to_json()["section_diffs"]
    ]


def test_equal_reports_differ_in_nothing(trained):
    """The same report twice is one section, and the sentence says that nothing differs."""
    same = trained.compare_report_documents(report("x", A="1"), report("x", A="1")).to_report()
    assert "No difference in 1 section." == same.summary
    assert ["Sections"] == [each.title for each in same.sections]


def test_a_body_that_is_no_text_is_one_line(trained):
    """A report of somebody else's may have numbers as bodies, and sections that have none."""
    compared = trained.compare_report_documents(report("x", A=1, B=None), report("x", A=2, C=None))
    assert (("changed", "1", "2"),) == compared.to_report().sections[1].tables[0].rows
    assert ["A", "B", "C"] == [each.section_title for each in compared.section_diffs]


def test_links_are_listed_once(memory):
    """The summary of the evidence counts every link, and lists those that no section shows."""
    snapshot = RunSnapshot(
        RunRecord("p.r", "p", "r", "completed"),
        evidence_links=[EvidenceLink("run", "p.r", "r"), EvidenceLink("record", "p.r.1", "loss")],
    )
    diagnosis = DiagnosticsService(QueryService(memory), checks={})
    memory.add_run("r", project="p")
    report = ReportBuilder().build_snapshot_report(snapshot, diagnosis.diagnose_run("p.r"))
    evidence = section(report, "Evidence")
    assert [("record", 1), ("run", 1)] == list(evidence.tables[0].rows)
    assert (EvidenceLink("record", "p.r.1", "loss"),) == evidence.evidence_links


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=5, max_size=900), st.integers(8, 300))
def test_a_thinned_series_keeps_ends_extremes_and_order(values, most):
    """However few points are left, the ends, the least and the greatest are among them."""
    points = [(float(place), value) for place, value in enumerate(values)]
    kept = thinned(points, most)
    assert len(kept) <= max(most, min(len(points), most))
    assert (points[0], points[-1]) == (kept[0], kept[-1])
    assert list(kept) == sorted(kept, key=lambda point: point[0])
    assert set(kept) <= set(points)
    known = [value for value in values if value is not None]
    if known:
        left = [value for _, value in kept if value is not None]
        assert (min(known), max(known)) == (min(left), max(left))

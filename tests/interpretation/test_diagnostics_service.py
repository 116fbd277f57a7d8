"""The diagnostics service: what each check finds, and what it leaves alone, worked out by hand."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.config import DiagnosticsPolicy
from contexta.errors import RunNotFoundError, ValidationError
from contexta.interpretation import (
    BatchRecord,
    DeploymentRecord,
    DiagnosticsIssue,
    DiagnosticsService,
    ObservationRecord,
    QueryService,
)
from contexta.plugins import Provider, hookimpl

QUIET = {"expected_terminal_stage_names": (), "require_metrics_for_completed_stages": False}


def service_over(memory, **policy):
    """Build the service over a repository; what nearly every small run lacks is not looked for."""
    return DiagnosticsService(QueryService(memory), config=DiagnosticsPolicy(**{**QUIET, **policy}))


def found(memory, run_id, **policy):
    """Return the severities and codes of what is found in a run."""
    return [(each.severity, each.code) for each in service_over(memory, **policy).diagnose_run(run_id).issues]


def add_curve(memory, run_id, key, values, stage_id=None, seconds=1):
    """Add a metric with a point every so many seconds."""
    for step, value in enumerate(values):
        minutes, rest = divmod(step * seconds, 60)
        hours, minutes = divmod(minutes, 60)
        time = f"2026-01-01T{hours:02}:{minutes:02}:{rest:02}Z"
        memory.add_metric(run_id, key, value, time=time, stage_id=stage_id, step=step)


def add_event(memory, run_id, key, level, message="m", attributes=None, stage_id=None):
    """Add an event."""
    memory.records.append(
        ObservationRecord(
            f"{run_id}.event-{len(memory.records)}",
            run_id,
            stage_id,
            "event",
            key,
            "2026-01-01T00:00:01Z",
            message=message,
            payload={"level": level, "attributes": attributes or {}},
        )
    )


def test_the_service_is_built_by_hand(memory):
    """Over any object with the documented methods, with the checks that are installed; a clean run has no issue."""
    run = memory.add_run("train")
    stage = memory.add_stage(run, "fit")
    add_curve(memory, run, "loss", [3.0, 2.0, 1.0], stage_id=stage)
    result = DiagnosticsService(QueryService(memory)).diagnose_run(run)
    assert {each.code for each in result.issues} == {"missing_expected_stage"}
    assert (result.run_id, result.worst_severity) == (run, "info")
    assert found(memory, run) == []


def test_a_failed_run_is_an_error(memory):
    """A failed run is an error with what the exception said; its own event is not told once more."""
    run = memory.add_run("train", status="failed")
    add_event(memory, run, "run.failed", "error", "ValueError: bad", {"exception": "builtins.ValueError"})
    (issue,) = service_over(memory).diagnose_run(run).issues
    assert (issue.severity, issue.code, issue.subject_ref) == ("error", "run_failed", run)
    assert issue.summary == "the run failed: ValueError: bad"
    assert issue.details["exception"] == "builtins.ValueError"
    assert [link.kind for link in issue.evidence_links] == ["run", "record"]
    assert issue.next_step


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", []),
        ("failed", [("error", "run_failed")]),
        ("interrupted", [("error", "run_interrupted")]),
        ("cancelled", [("info", "run_cancelled")]),
        ("open", [("warning", "run_stale")]),
    ],
)
def test_the_status_of_a_run_is_judged(memory, status, expected):
    """Each status but completed is a finding; an open run of long ago is stale."""
    assert found(memory, memory.add_run("train", status=status)) == expected


def test_a_sign_of_life_keeps_a_run_from_being_stale(memory):
    """Whatever was recorded last counts: a metric of a moment ago is life enough."""
    from contexta.contract.timestamps import utc_now_text

    run = memory.add_run("train", status="open")
    memory.add_metric(run, "x", 1.0, time=utc_now_text())
    assert found(memory, run) == []


@pytest.mark.parametrize(
    ("run_status", "status", "expected"),
    [
        ("completed", "failed", [("error", "failed_stage")]),
        ("completed", "cancelled", [("warning", "incomplete_stage")]),
        ("completed", "interrupted", [("warning", "incomplete_stage")]),
        ("completed", "open", [("warning", "incomplete_stage")]),
        ("open", "open", []),
    ],
)
def test_the_status_of_a_stage_is_judged(memory, run_status, status, expected):
    """A failed stage is an error, one that was not completed a warning, one that still runs nothing."""
    run = memory.add_run("train", status=run_status, started_at=None)
    stage = memory.add_stage(run, "fit", status=status)
    memory.add_metric(run, "x", 1.0, time="2100-01-01T00:00:00Z", stage_id=stage)
    assert found(memory, run) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", []),
        ("failed", [("error", "failed_batch")]),
        ("cancelled", [("warning", "incomplete_batch")]),
        ("open", [("warning", "incomplete_batch")]),
    ],
)
def test_the_status_of_a_batch_is_judged(memory, status, expected):
    """A failed batch is an error, one that a run which is over did not complete a warning."""
    run = memory.add_run("train")
    stage = memory.add_stage(run, "fit")
    memory.add_metric(run, "x", 1.0, stage_id=stage)
    memory.batches.append(BatchRecord("b", run, stage, "b", status))
    assert found(memory, run) == expected


def test_a_failed_deployment_is_an_error(memory):
    """Deployments of the run that failed are found."""
    run = memory.add_run("train")
    memory.deployments.append(DeploymentRecord("d", "my-proj", "d", "failed", run_id=run))
    assert found(memory, run) == [("error", "failed_deployment")]


def test_stages_are_expected_to_record_something(memory):
    """A stage without metrics is told, one without any record or artifact is silent, and expected ones are missing."""
    run = memory.add_run("train")
    memory.add_stage(run, "fit")
    evented = memory.add_stage(run, "Evaluate")
    add_event(memory, run, "note", "info", stage_id=evented)
    filed = memory.add_stage(run, "export")
    memory.add_artifact(run, "model", stage_id=filed, digest="sha256:1")
    issues = DiagnosticsService(QueryService(memory)).diagnose_run(run).issues
    by_code = {}
    for each in issues:
        by_code.setdefault(each.code, []).append(
            each.details.get("stage_name") or each.details.get("expected_stage_name")
        )
    assert by_code == {
        "silent_stage": ["fit"],
        "missing_stage_metrics": ["fit", "Evaluate", "export"],
        "missing_expected_stage": ["package"],
    }


def test_an_open_run_may_still_get_its_stages(memory):
    """While a run is open no stage is missing."""
    run = memory.add_run("train", status="open", started_at=None)
    assert found(memory, run, expected_terminal_stage_names=("evaluate",)) == []


def test_degraded_and_incomplete_records_are_found(memory):
    """A degraded record is a warning, an incomplete one an information; whole ones are left alone."""
    run = memory.add_run("train")
    memory.add_metric(run, "x", 1.0)
    memory.add_metric(run, "x", 1.0, degradation_marker="capture_gap")
    memory.add_metric(run, "x", 1.0, completeness_marker="sampled")
    issues = service_over(memory).diagnose_run(run).issues
    assert [(each.code, each.subject_ref) for each in issues] == [
        ("degraded_record", f"{run}.record-1"),
        ("incomplete_record", f"{run}.record-2"),
    ]
    assert issues[0].details["degradation_marker"] == "capture_gap"


def test_many_degraded_records_are_counted(memory):
    """Fifty are named, and how many more there are is said."""
    run = memory.add_run("train")
    for _ in range(53):
        memory.add_metric(run, "x", 1.0, degradation_marker="capture_gap")
    issues = service_over(memory).diagnose_run(run).issues
    assert len(issues) == 51
    assert (issues[-1].code, issues[-1].details["count"]) == ("more_degraded_records", 53)


def test_error_events_are_found_by_key(memory):
    """Error events of one key are one warning, a critical one makes it an error."""
    run = memory.add_run("train")
    for key, level in (("io", "error"), ("io", "error"), ("gpu", "critical"), ("note", "warning")):
        add_event(memory, run, key, level)
    issues = service_over(memory).diagnose_run(run).issues
    assert [(each.severity, each.code, each.details["count"]) for each in issues] == [
        ("error", "critical_event", 1),
        ("warning", "error_event", 2),
    ]


def test_a_failure_that_nothing_else_tells_is_found(memory):
    """An event of one's own that ends in ``.failed``, and the failure of an operation, are found in a completed run."""
    run = memory.add_run("train")
    for key in ("upload.failed", "operation.failed", "stage.failed"):
        add_event(memory, run, key, "error")
    issues = service_over(memory).diagnose_run(run).issues
    assert [("error_event", "upload.failed"), ("error_event", "operation.failed")] == [
        (each.code, each.details["event_key"]) for each in issues
    ]


def test_the_failure_that_ended_a_run_is_told_once(memory):
    """The last failure of a failed run stands in the finding on its status, an earlier one in its own."""
    run = memory.add_run("train", status="failed")
    for key in ("upload.failed", "operation.failed"):
        add_event(memory, run, key, "error")
    assert [("error", "run_failed"), ("warning", "error_event")] == found(memory, run)


def test_values_that_are_no_numbers_are_found(memory):
    """What a capture recorded as an event and what a repository holds itself are both found, first step and count."""
    run = memory.add_run("train")
    for step in (7, 8):
        facts = {"metric_key": "loss", "value": "nan", "step": step}
        add_event(memory, run, "metric.non_finite", "warning", attributes=facts)
    add_curve(memory, run, "other", [1.0, math.inf])
    issues = service_over(memory).diagnose_run(run).issues
    assert [
        (each.code, each.details["metric_key"], each.details["first_step"], each.details["count"])
        for each in issues
    ] == [("metric_non_finite", "loss", 7, 2), ("metric_non_finite", "other", 1, 1)]
    assert {each.severity for each in issues} == {"error"}


def test_the_gravest_comes_first(memory):
    """Errors come before warnings, and those before informations."""
    run = memory.add_run("train", status="failed")
    memory.add_stage(run, "fit", status="cancelled")
    result = DiagnosticsService(QueryService(memory)).diagnose_run(run)
    severities = [each.severity for each in result.issues]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert result.worst_severity == "error"
    assert {each.severity for each in result.at_least("warning")} == {"error", "warning"}


def test_a_broken_check_spoils_only_itself(memory):
    """What a check found before it raised is kept, a note tells what it raised, and the others are made."""

    def good(subject):
        yield DiagnosticsIssue("info", "good", "all is well", subject_ref=subject.run.run_id)

    def broken(subject):
        yield DiagnosticsIssue("warning", "early", "found before")
        raise ZeroDivisionError

    def wrong(subject):
        return ["text"]

    service = DiagnosticsService(
        QueryService(memory),
        checks={"broken": broken, "wrong": wrong, "silent": lambda _: None, "good": good},
    )
    result = service.diagnose_run(memory.add_run("train"))
    assert [each.code for each in result.issues] == ["early", "good"]
    notes = {
        note.summary: note.details["error"] for note in result.completeness_notes if note.details.get("check")
    }
    assert list(notes) == ["diagnostics_check_failed:broken", "diagnostics_check_failed:wrong"]
    assert notes["diagnostics_check_failed:broken"] == "ZeroDivisionError: "
    assert "yielded a str" in notes["diagnostics_check_failed:wrong"]


class Team:
    """A plugin of a team's own: one check that works, one that cannot be built."""

    @hookimpl
    def contexta_diagnostics_checks(self):
        """Offer the two."""
        return [
            Provider("acme_tags", lambda context, options: self.tags),
            Provider("acme_broken", lambda *_: 1 / 0),
        ]

    @staticmethod
    def tags(subject):
        """Find runs without an owner."""
        if "owner" not in subject.run.tags:
            yield DiagnosticsIssue(
                "warning", "acme_no_owner", "nobody owns the run", subject_ref=subject.run.run_id
            )


def test_a_team_adds_checks_of_its_own(tmp_path):
    """A plugin's check is made with ours; one that cannot be built is told in a note."""
    with Contexta(workspace=str(tmp_path / "ws"), plugins=[Team()]) as ctx:
        with ctx.run("train"):
            pass
        with ctx.run("owned", tags={"owner": "me"}):
            pass
        result = ctx.diagnose_run("train")
        assert "acme_no_owner" in [each.code for each in result.issues]
        assert "missing_expected_stage" in [each.code for each in result.issues]
        assert "diagnostics_check_unusable:acme_broken" in [
            each.summary for each in result.completeness_notes
        ]
        assert "acme_no_owner" not in [each.code for each in ctx.diagnose_run("owned").issues]


def test_the_stock_checks_are_entry_points(ctx):
    """Each of our checks has a name of its own under which it can be disabled."""
    names = ctx._host.names("diagnostics_check")
    assert len(names) == 16
    assert {"divergence", "run_status", "terminal_stages"} <= set(names)


def test_a_workspace_is_diagnosed_through_the_facade(ctx, tmp_path):
    """A real run that ends in an exception, with a loss that became NaN and an artifact whose body is gone."""
    body = tmp_path / "model.bin"
    body.write_bytes(b"weights")
    with pytest.raises(RuntimeError), ctx.run("train", run_id="r1") as run, run.stage("fit") as stage:
        stage.metric("loss", 0.5, step=0)
        stage.metric("loss", math.nan, step=1)
        run.register_artifact("model", str(body))
        message = "out of memory"
        raise RuntimeError(message)
    stored = ctx.config.artifacts.root_path
    (blob,) = [path for path in stored.rglob("*") if path.is_file() and path.read_bytes() == b"weights"]
    blob.unlink()
    result = ctx.diagnose_run("r1")
    assert [(each.severity, each.code) for each in result.at_least("warning")] == [
        ("error", "run_failed"),
        ("error", "failed_stage"),
        ("error", "metric_non_finite"),
        ("error", "artifact_missing"),
    ]
    assert result.issues[0].summary == "the run failed: RuntimeError: out of memory"
    assert result.issues[2].details["first_step"] == 1
    assert all(each.next_step for each in result.issues)
    assert all(each.evidence_links for each in result.issues)


PROGRAM = """
import sys
from contexta import Contexta
ctx = Contexta(workspace=sys.argv[1], config={"records": {"durability_mode": "flush"}})
run = ctx.run("killed", run_id="killed")
run.__enter__()
run.metric("loss", 1.0)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
def test_a_killed_run_is_interrupted(tmp_path):
    """A run whose process was killed is an error, as soon as the process is gone."""
    workspace = str(tmp_path / "ws")
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, workspace], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "ready\n"
        with Contexta(workspace=workspace) as ctx:
            assert "run_interrupted" not in [each.code for each in ctx.diagnose_run("killed").issues]
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            assert ctx.diagnose_run("killed").issues[0].code == "run_interrupted"


def test_an_unknown_run_is_told(memory):
    """A run that does not exist is an error, with what is nearest."""
    with pytest.raises(RunNotFoundError):
        service_over(memory).diagnose_run("nobody")


@pytest.mark.parametrize("fields", [("fatal", "x", "y"), ("error", " ", "y"), ("error", None, "y")])
def test_an_issue_needs_severity_and_code(fields):
    """A severity that nobody knows and a blank code are refused where they are made."""
    with pytest.raises(ValidationError):
        DiagnosticsIssue(*fields)


def test_only_the_curves_that_are_judged_are_read(ctx, monkeypatch):
    """Of a metric that is no goal of training, and of other runs, no point is read."""
    with ctx.run("train") as run:
        for step in range(20):
            run.metric("loss", 1.0 / (step + 1), step=step)
            run.metric("lr", 0.1, step=step)
    asked = []
    original = type(ctx.repository).metric_arrays

    def spying(self, run_id, key, stage_id=None):
        asked.append(key)
        return original(self, run_id, key, stage_id)

    monkeypatch.setattr(type(ctx.repository), "metric_arrays", spying)
    ctx._host.names("diagnostics_check")
    monkeypatch.setattr(type(ctx.repository), "list_records", _only_events(ctx))
    ctx.diagnose_run("train")
    # The pauses are told by one metric, here the one whose name comes first among those with the most points.
    assert asked == ["loss"]


def _only_events(ctx):
    original = type(ctx.repository).list_records

    def narrowed(self, *, run_id, stage_id=None, record_type=None):
        assert record_type in {"event", "span"}
        return original(self, run_id=run_id, stage_id=stage_id, record_type=record_type)

    return narrowed

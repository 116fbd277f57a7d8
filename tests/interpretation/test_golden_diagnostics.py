"""What is wrong with each of the golden runs, written out by hand: the same from every kind of store."""

from __future__ import annotations

import pytest

from contexta.interpretation import DiagnosticsService, RunListQuery

WARNING, ERROR, INFO = "warning", "error", "info"
NO_END = [(INFO, "missing_expected_stage", "run:golden.{}")] * 2
UNUSUAL = [
    (WARNING, "unusual_duration", ref)
    for ref in (
        "run:golden.{}",
        "stage:golden.{}.train",
        "stage:golden.{}.evaluate",
        "stage:golden.{}.package",
    )
]

#: By run: severity, code and subject of each finding, in their order.  A run that is not here has none.
FINDINGS = {
    "failed": [
        (ERROR, "run_failed", "run:golden.{}"),
        (ERROR, "failed_stage", "stage:golden.{}.train"),
        *NO_END,
    ],
    "failed-early": [
        (ERROR, "run_failed", "run:golden.{}"),
        (ERROR, "critical_event", "record:golden.{}.r00328"),
        *NO_END,
    ],
    "interrupted": [
        (ERROR, "run_interrupted", "run:golden.{}"),
        (WARNING, "incomplete_stage", "stage:golden.{}.train"),
        *NO_END,
    ],
    "cancelled": [(INFO, "run_cancelled", "run:golden.{}"), *NO_END],
    "stale": [(WARNING, "run_stale", "run:golden.{}")],
    "non-finite": [(ERROR, "metric_non_finite", "stage:golden.{}.train")],
    "diverged": [(ERROR, "metric_diverged", "stage:golden.{}.train")],
    "plateau": [(INFO, "metric_plateau", "stage:golden.{}.train")],
    "overfitted": [(WARNING, "overfitting", "stage:golden.{}.train")],
    "stalled": [*UNUSUAL, (WARNING, "stalled", "run:golden.{}")],
    "silent-stage": [
        (WARNING, "silent_stage", "stage:golden.{}.warmup"),
        (INFO, "missing_stage_metrics", "stage:golden.{}.warmup"),
    ],
    "unfinished-stage": [(WARNING, "incomplete_stage", "stage:golden.{}.export")],
    "no-package": NO_END[:1],
    "slow": UNUSUAL,
    "quick": UNUSUAL,
    "degraded": [
        (WARNING, "degraded_record", "record:golden.{}.r00643"),
        (INFO, "incomplete_record", "record:golden.{}.r00644"),
    ],
    "missing-body": [(ERROR, "artifact_missing", "artifact:golden.{}.model")],
    "truncated-body": [(ERROR, "artifact_broken", "artifact:golden.{}.model")],
    "pending-body": [(WARNING, "artifact_pending", "artifact:golden.{}.model")],
    "failed-batch": [
        (ERROR, "failed_batch", "batch:golden.{}.train.b1"),
        (WARNING, "incomplete_batch", "batch:golden.{}.train.b2"),
    ],
    "failed-deployment": [(ERROR, "failed_deployment", "deployment:golden.canary")],
    "no-metrics": [UNUSUAL[0], *NO_END],
    "prepare": NO_END,
    "loop": NO_END,
    "timeless": NO_END,
}
OTHERS = [(INFO, "missing_expected_stage", "run:other.{}")] * 2


def _expected(run, *, sees_bodies):
    name = run.run_id.rpartition(".")[2]
    found = OTHERS if run.project_name == "other" else FINDINGS.get(name, [])
    return [
        (severity, code, ref.format(name))
        for severity, code, ref in found
        if sees_bodies or not code.startswith("artifact_")
    ]


@pytest.fixture(scope="module")
def service(golden_query):
    """Build the service with its default policy."""
    return DiagnosticsService(golden_query)


def test_every_finding_of_every_run(service, golden):
    """All sixty runs: severity, code and subject of each finding, in order, and nothing where nothing is wrong."""
    runs = service.query_service.list_runs(query=RunListQuery(archived=None))
    assert golden.RUN_COUNT == len(runs)
    # Whether a body is whole is more than the twelve methods of a user's own repository can tell.
    sees_bodies = hasattr(service.query_service.repository, "check_artifact")
    expected = {run.run_id: _expected(run, sees_bodies=sees_bodies) for run in runs}
    found = {
        run.run_id: [
            (each.severity, each.code, each.subject_ref) for each in service.diagnose_run(run.run_id).issues
        ]
        for run in runs
    }
    assert expected == found


def test_every_finding_says_where_and_what_next(service):
    """Each finding has evidence, facts and a next step."""
    for name in FINDINGS:
        for issue in service.diagnose_run(f"run:golden.{name}").issues:
            assert issue.summary
            assert issue.details
            assert issue.evidence_links
            assert issue.next_step


@pytest.mark.parametrize(
    ("name", "code", "facts"),
    [
        ("failed", "run_failed", {"status": "failed", "exception": "ValueError"}),
        ("non-finite", "metric_non_finite", {"count": 1, "first_value": "nan", "first_step": 12}),
        # Of what was gained, 1 down to 0.1, eleven times as much was lost: 10 - 0.1 by 0.9.
        ("diverged", "metric_diverged", {"first": 1.0, "best": 0.1, "last": 10.0}),
        ("stalled", "stalled", {"longest_seconds": 3610.0, "usual_seconds": 10.0, "after_step": 7}),
        ("slow", "unusual_duration", {"duration_seconds": 2400.0, "usual_seconds": 600.0}),
        ("quick", "unusual_duration", {"duration_seconds": 150.0, "usual_seconds": 600.0}),
    ],
)
def test_the_facts_of_a_finding(service, name, code, facts):
    """The numbers of findings, worked out by hand from what the runs hold."""
    issue = next(each for each in service.diagnose_run(f"run:golden.{name}").issues if each.code == code)
    assert facts == {key: issue.details[key] for key in facts}

"""Questions about what was found in runs: diagnosis, lineage, anomalies, provenance, alerts, comparisons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError
from contexta_web.api.endpoint import Endpoint
from contexta_web.api.environments import environment_difference, reproducibility
from contexta_web.api.parameters import Parameter
from contexta_web.api.run_choice import METRIC, PROJECT, RUN_ID, STAGE

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta_web.api.endpoint import Arguments

__all__ = ["FINDING_ENDPOINTS"]

_MOST_COMPARED = 100


def _diagnostics(contexta: Contexta, arguments: Arguments) -> Any:
    return contexta.diagnose_run(arguments["run_id"])


def _lineage(contexta: Contexta, arguments: Arguments) -> Any:
    run = contexta.get_run_snapshot(arguments["run_id"]).run
    return contexta.traverse_lineage(
        run.run_id, direction=arguments["direction"], max_depth=arguments["depth"]
    )


def _report(contexta: Contexta, arguments: Arguments) -> Any:
    return contexta.build_snapshot_report(arguments["run_id"]).to_json()


def _anomalies(contexta: Contexta, arguments: Arguments) -> Any:
    from contexta.spi.querying import RunListQuery

    metric, project = arguments["metric"], arguments["project"]
    report = contexta.anomaly_service.examine_run(
        arguments["run_id"],
        baseline_query=RunListQuery(project_name=project) if project else None,
        metric_keys=(metric,) if metric else None,
        stage_name=arguments["stage"],
    )
    return {
        "run_id": report.run_id,
        "anomalies": report.results,
        "judged_metrics": report.judged_metrics,
        "completeness_notes": report.completeness_notes,
    }


def _compare(contexta: Contexta, arguments: Arguments) -> Any:
    return contexta.compare_runs(arguments["left"], arguments["right"])


def _compare_multi(contexta: Contexta, arguments: Arguments) -> Any:
    run_ids = [each.strip() for each in arguments["run_ids"].split(",") if each.strip()]
    if not 2 <= len(run_ids) <= _MOST_COMPARED:
        raise ValidationError(
            f"run_ids names {len(run_ids)} runs; give 2 to {_MOST_COMPARED}, with commas between them",
            code="http_invalid_parameter",
        )
    return contexta.compare_multiple_runs(run_ids)


def _alerts(contexta: Contexta, arguments: Arguments) -> Any:
    from contexta.spi.alerts import AlertRule

    rule = AlertRule(arguments["metric"], arguments["operator"], arguments["threshold"])
    rule = replace(rule, stage_name=arguments["stage"], severity=arguments["severity"])
    return {"results": contexta.evaluate_alerts(arguments["run_id"], [rule])}


_DIRECTIONS = ("upstream", "downstream", "inbound", "outbound", "both")
_OTHER = Parameter("other", "The run on the right.", is_in_path=True, is_required=True)

FINDING_ENDPOINTS = (
    Endpoint(
        "/runs/{run_id}/diagnostics",
        "diagnose_run",
        "What went wrong in a run, or looks as if it had.",
        _diagnostics,
        (RUN_ID,),
        ("issues",),
    ),
    Endpoint(
        "/runs/{run_id}/lineage",
        "traverse_lineage",
        "What a run came from, and what came from it.",
        _lineage,
        (
            RUN_ID,
            Parameter("direction", "Where to look.", choices=_DIRECTIONS),
            Parameter("depth", "At most so many edges away.", "count", default=3, greatest=100),
        ),
        ("root_ref", "edges"),
    ),
    Endpoint("/runs/{run_id}/report", "report_run", "The report on a run.", _report, (RUN_ID,)),
    Endpoint(
        "/runs/{run_id}/anomalies",
        "find_anomalies",
        "The metrics of a run that lie off what is usual.",
        _anomalies,
        (RUN_ID, replace(METRIC, is_required=False), PROJECT, STAGE),
        ("anomalies",),
    ),
    Endpoint(
        "/runs/{run_id}/reproducibility",
        "audit_reproducibility",
        "How well a run could be reproduced from what is recorded.",
        reproducibility,
        (RUN_ID,),
        ("run_id", "reproducibility_score", "is_fully_reproducible"),
    ),
    Endpoint(
        "/runs/{run_id}/environment-diff/{other}",
        "compare_environments",
        "How the environments of two runs differ.",
        environment_difference,
        (RUN_ID, _OTHER),
        ("left_run_id", "right_run_id", "has_differences"),
    ),
    Endpoint(
        "/compare",
        "compare_runs",
        "What differs between two runs.",
        _compare,
        (
            Parameter("left", "The run on the left.", is_required=True),
            Parameter("right", "The run on the right.", is_required=True),
        ),
        ("left_run_id", "right_run_id"),
    ),
    Endpoint(
        "/compare/multi",
        "compare_multiple_runs",
        "The metrics of several runs side by side.",
        _compare_multi,
        (Parameter("run_ids", "The runs, with commas between them.", is_required=True),),
        ("run_ids",),
    ),
    Endpoint(
        "/alerts/evaluate/{run_id}",
        "evaluate_alert",
        "What a rule says of a run.",
        _alerts,
        (
            RUN_ID,
            METRIC,
            Parameter(
                "operator",
                "How the value is compared.",
                choices=("gt", "lt", "gte", "lte", "eq", "ne"),
                is_required=True,
            ),
            Parameter("threshold", "What it is compared with.", "number", is_required=True),
            STAGE,
            Parameter("severity", "How grave it is.", choices=("info", "warning", "error")),
        ),
        ("results",),
    ),
)

"""The names of the package: models always, service classes where the stock services are installed."""

from __future__ import annotations

import importlib
import inspect
import sys

import pytest

import contexta.interpretation
from contexta import Contexta
from contexta.errors import MissingPluginError

SERVICES = ("AlertService", "AnomalyService", "CompareService", "QueryService", "TrendService")


class Hidden:
    """A finder that hides the package of the stock services."""

    def find_spec(self, name, path=None, target=None):
        """Refuse the package, leave everything else to the other finders."""
        if name.partition(".")[0] == "contexta_interpretation":
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message, name=name)


@pytest.fixture
def without_stock_services(monkeypatch):
    """Load the package anew as it is where the stock services are not installed."""
    kept = {
        name: module for name, module in sys.modules.items() if name.startswith("contexta_interpretation")
    }
    for name in kept:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    package = contexta.interpretation
    for name in SERVICES:
        package.__dict__.pop(name, None)
    yield importlib.reload(package)
    monkeypatch.undo()
    importlib.reload(package)


def test_the_stock_services_are_named():
    """Where they are installed the service classes are offered beside the models."""
    assert set(SERVICES) <= set(dir(contexta.interpretation))
    assert contexta.interpretation.QueryService.__module__ == "contexta_interpretation.query.service"


def test_missing_services_are_not_offered(without_stock_services):
    """Without the stock services neither `dir` nor `*` offers them, and the models are there."""
    offered = set(dir(without_stock_services))
    assert offered.isdisjoint(SERVICES)
    assert "RunSnapshot" in offered
    namespace: dict = {}
    exec("from contexta.interpretation import *", namespace)
    assert "RunSnapshot" in namespace


def test_a_missing_service_says_what_to_install(without_stock_services):
    """Asking for a service class that is not installed names the package and the requirement."""
    with pytest.raises(MissingPluginError, match=r"QueryService.*contexta\[all\]>=2"):
        _ = without_stock_services.QueryService


def test_an_unknown_name_is_an_attribute_error():
    """A name that nobody knows is an ordinary AttributeError."""
    with pytest.raises(AttributeError, match="NoSuchService"):
        _ = contexta.interpretation.NoSuchService


#: The facade's questions with their parameters, in order: keyword-only ones after the star.
QUESTIONS = {
    "list_projects": "",
    "list_runs": "project_name=None, *, status=None, tags=None, metric_conditions=(), time_range=None, limit=None, "
    "offset=0, sort_by='started_at', sort_desc=True, query=None, where=None",
    "search_runs": "text, *, project_name=None, query=None, limit=None",
    "search_artifacts": "text, *, kind=None, limit=None",
    "aggregate_metric": "metric_key, *, project_name=None, stage_name=None, query=None",
    "aggregate_by_stage": "*, project_name=None, query=None",
    "run_status_distribution": "*, project_name=None, query=None",
    "aggregate_groups": "group_by, metric_keys=(), *, project_name=None, stage_name=None, query=None",
    "get_run_snapshot": "run_id",
    "get_provenance": "run_id",
    "get_artifact_origin": "artifact_ref",
    "compare_runs": "left_run_id, right_run_id",
    "compare_multiple_runs": "run_ids",
    "compare_report_documents": "left, right",
    "select_best_run": "run_ids, metric_key, *, stage_name=None, higher_is_better=True",
    "diagnose_run": "run_id",
    "traverse_lineage": "subject_ref, *, direction=None, max_depth=None",
    "get_metric_trend": "metric_key, *, project_name=None, stage_name=None, query=None",
    "get_step_series": "run_id, metric_key, *, stage_id=None, stage_name=None",
    "get_stage_duration_trend": "stage_name, *, project_name=None, query=None",
    "get_artifact_size_trend": "artifact_kind, *, project_name=None, query=None",
    "evaluate_alerts": "run_id, rules",
    "evaluate_alerts_fleet": "rules, *, project_name=None, query=None",
    "audit_reproducibility": "run_id",
    "compare_environments": "left_run_id, right_run_id",
    "build_snapshot_report": "run_id",
    "build_run_report": "left_run_id, right_run_id",
    "build_project_summary_report": "project_name",
    "build_trend_report": "metric_key, *, project_name=None, stage_name=None, query=None",
    "build_alert_report": "run_id, rules",
    "build_multi_run_report": "run_ids",
    "list_deployments": "project_name=None, run_id=None",
    "list_batches": "run_id, stage_id=None",
    "list_samples": "run_id, stage_id=None, batch_id=None",
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_its_documented_parameters(name):
    """Names, order and defaults of a facade method's parameters are the documented ones."""
    signature = inspect.signature(getattr(Contexta, name))
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in list(signature.parameters.values())[1:]
    ]
    assert str(inspect.Signature(bare)) == f"({QUESTIONS[name]})"


@pytest.mark.parametrize(
    "name",
    [
        "query_service",
        "compare_service",
        "diagnostics_service",
        "lineage_service",
        "trend_service",
        "anomaly_service",
        "alert_service",
        "provenance_service",
        "report_builder",
    ],
)
def test_every_service_has_its_property(name):
    """The facade has a property for each documented service."""
    assert isinstance(inspect.getattr_static(Contexta, name), property)

"""What the dashboard adds to itself: its screens, its tabs of a run, and its panels of the first screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Panel, RunTab, Screen
from contexta_web.screens.alerts import show_alerts as show_alert_rules
from contexta_web.screens.artifacts import show_artifact, show_artifacts
from contexta_web.screens.compare import show_comparison
from contexta_web.screens.home import HOME
from contexta_web.screens.home_panels import (
    show_alerts,
    show_failures,
    show_health,
    show_newest,
    show_running,
)
from contexta_web.screens.lineage import download_lineage, show_lineage
from contexta_web.screens.reports import download_report, show_reports
from contexta_web.screens.runs import show_runs
from contexta_web.screens.sql import download_rows, show_sql
from contexta_web.screens.system import system_screen
from contexta_web.screens.tabs.artifacts import show_artifacts as show_artifacts_of_run
from contexta_web.screens.tabs.diagnosis import show_diagnosis
from contexta_web.screens.tabs.environment import show_environment
from contexta_web.screens.tabs.events import show_events
from contexta_web.screens.tabs.metrics import show_metrics
from contexta_web.screens.tabs.overview import show_overview
from contexta_web.screens.tabs.provenance import show_provenance
from contexta_web.screens.tabs.records import show_records
from contexta_web.screens.tabs.spans import show_spans
from contexta_web.screens.tabs.stages import show_stages
from contexta_web.screens.trends import show_trends

if TYPE_CHECKING:
    from contexta.spi.dashboard import DashboardContext

__all__ = ["open_home_panels", "open_run_tabs", "open_screens"]


def open_screens(context: DashboardContext, options: None) -> list[Screen]:
    """Return the screens."""
    del options
    return [
        HOME,
        Screen("runs", "Runs", "/ui/runs", show_runs, order=100),
        Screen("compare", "Compare", "/ui/compare", show_comparison, order=200),
        Screen("lineage", "Lineage", "/ui/lineage", show_lineage, order=300),
        Screen("lineage-file", "Lineage", "/ui/lineage/download", download_lineage, listed=False),
        Screen("trends", "Trends", "/ui/trends", show_trends, order=400),
        Screen("alerts", "Alerts", "/ui/alerts", show_alert_rules, order=500),
        Screen("reports", "Reports", "/ui/reports", show_reports, order=600),
        Screen("report", "Report", "/ui/reports/download", download_report, listed=False),
        Screen("artifacts", "Artifacts", "/ui/artifacts", show_artifacts, order=700),
        Screen("artifact", "Artifact", "/ui/artifacts/{artifact_ref}", show_artifact, listed=False),
        Screen("sql", "SQL", "/ui/sql", show_sql, order=800),
        Screen("rows", "Rows", "/ui/sql/download", download_rows, listed=False),
        system_screen(context),
        Screen("compare-multi", "Compare", "/ui/compare/multi", show_comparison, listed=False),
    ]


def open_run_tabs(context: DashboardContext, options: None) -> list[RunTab]:
    """Return the tabs of a run."""
    del context, options
    return [
        RunTab("overview", "Overview", show_overview, order=100),
        RunTab("metrics", "Metrics", show_metrics, order=200),
        RunTab("stages", "Stages", show_stages, order=300),
        RunTab("spans", "Spans", show_spans, order=400),
        RunTab("events", "Events", show_events, order=500),
        RunTab("artifacts", "Artifacts", show_artifacts_of_run, order=600),
        RunTab("environment", "Environment", show_environment, order=700),
        RunTab("provenance", "Provenance", show_provenance, order=800),
        RunTab("diagnosis", "Diagnosis", show_diagnosis, order=900),
        RunTab("records", "Raw records", show_records, order=1000),
    ]


def open_home_panels(context: DashboardContext, options: None) -> list[Panel]:
    """Return the panels of the first screen."""
    del context, options
    return [
        Panel("running", "Running now", show_running, order=100),
        Panel("failures", "Last failures", show_failures, order=200),
        Panel("alerts", "Alerts", show_alerts, order=300),
        Panel("health", "Health", show_health, order=400),
        Panel("newest", "Newest runs", show_newest, order=500),
    ]

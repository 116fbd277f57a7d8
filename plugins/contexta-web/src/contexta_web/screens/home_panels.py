"""The panels of the first screen: what runs, what failed, what fired, and whether the workspace is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page
from contexta_web.screens.metrics import latest_values

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_alerts", "show_failures", "show_health", "show_newest", "show_running"]

_MOST_SHOWN = 8
_MOST_OPEN = 50
#: Rules are evaluated on so many of the newest runs.
_MOST_ALERTED = 25


def show_running(contexta: Contexta, question: Question) -> Page:
    """Show the runs that are open, with their newest values."""
    del question
    from contexta.spi.querying import RunListQuery

    running = contexta.list_runs(query=RunListQuery(status="open", limit=_MOST_OPEN))
    values = latest_values(contexta, [run.run_id for run in running])
    return Page("panel_running.html", {"running": running, "values": values})


def show_failures(contexta: Contexta, question: Question) -> Page:
    """Show the newest runs that failed or were interrupted."""
    del question
    from contexta.spi.querying import RunListQuery

    failures = [
        run
        for status in ("failed", "interrupted")
        for run in contexta.list_runs(query=RunListQuery(status=status, limit=_MOST_SHOWN))
    ]
    failures.sort(key=lambda run: run.started_at or "", reverse=True)
    return Page("panel_runs.html", {"runs": failures[:_MOST_SHOWN], "nothing": "No run failed."})


def show_newest(contexta: Contexta, question: Question) -> Page:
    """Show the newest runs."""
    del question
    from contexta.spi.querying import RunListQuery

    newest = contexta.list_runs(query=RunListQuery(limit=_MOST_SHOWN))
    return Page("panel_runs.html", {"runs": newest, "nothing": "No runs yet."})


def show_alerts(contexta: Contexta, question: Question) -> Page:
    """Show what the configured rules say of the newest runs."""
    del question
    from contexta.spi.querying import RunListQuery

    rules = contexta.alert_service.configured_rules
    query = RunListQuery(limit=_MOST_ALERTED)
    fired = contexta.evaluate_alerts_fleet(rules, query=query).triggered if rules else ()
    return Page("panel_alerts.html", {"rules": len(rules), "fired": fired, "runs": _MOST_ALERTED})


def show_health(contexta: Contexta, question: Question) -> Page:
    """Show whether anything damaged was met while reading, and the projects."""
    del question
    damage = {what: count for what, count in contexta.repository.damage_counts().items() if count}
    return Page("panel_health.html", {"damage": damage, "projects": contexta.list_projects()})

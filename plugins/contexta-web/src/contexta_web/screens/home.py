"""The first screen: what runs, what failed, what fired, and whether the workspace is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError
from contexta_web.screens.metrics import latest_values
from contexta_web.screens.question import Page

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.alerts import AlertResult
    from contexta_web.screens.question import Question

__all__ = ["show_home"]

_MOST_FAILURES = 8
_MOST_OPEN = 50
#: Rules are evaluated on so many of the newest runs.
_MOST_ALERTED = 25


def show_home(contexta: Contexta, question: Question) -> Page:
    """Show the state of the workspace."""
    del question
    from contexta.spi.querying import RunListQuery

    running = contexta.list_runs(query=RunListQuery(status="open", limit=_MOST_OPEN))
    failures = [
        run
        for status in ("failed", "interrupted")
        for run in contexta.list_runs(query=RunListQuery(status=status, limit=_MOST_FAILURES))
    ]
    failures.sort(key=lambda run: run.started_at or "", reverse=True)
    return Page(
        "home.html",
        {
            "running": running,
            "values": latest_values(contexta, [run.run_id for run in running]),
            "failures": failures[:_MOST_FAILURES],
            "alerts": _alerts(contexta),
            "projects": contexta.list_projects(),
            "statuses": contexta.run_status_distribution().by_status,
            "damage": {what: count for what, count in contexta.repository.damage_counts().items() if count},
            "newest": contexta.list_runs(query=RunListQuery(limit=_MOST_FAILURES)),
        },
    )


def _alerts(contexta: Contexta) -> dict[str, Any]:
    """Return what the configured rules say of the newest runs."""
    from contexta.spi.querying import RunListQuery

    fired: tuple[AlertResult, ...] = ()
    try:
        rules = contexta.alert_service.configured_rules
        if rules:
            query = RunListQuery(limit=_MOST_ALERTED)
            fired = contexta.evaluate_alerts_fleet(rules, query=query).triggered
    except ContextaError as error:
        return {"rules": 0, "fired": (), "problem": error.message}
    return {"rules": len(rules), "fired": fired, "problem": None}

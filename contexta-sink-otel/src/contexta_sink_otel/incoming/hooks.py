"""Remembers which runs are open in the process, for what its OpenTelemetry exports later.

Light, because every program with a run imports it; OpenTelemetry itself is not.
"""

from __future__ import annotations

from typing import Any

from contexta.plugins import hookimpl
from contexta_sink_otel.incoming.run_history import HISTORY

__all__ = ["contexta_run_finished", "contexta_run_started", "contexta_session_opened"]


@hookimpl
def contexta_session_opened(session: Any) -> None:
    """Remember the session."""
    HISTORY.session_opened(session)


@hookimpl
def contexta_run_started(run: Any) -> None:
    """Remember the run."""
    HISTORY.run_started(run)


@hookimpl
def contexta_run_finished(run: Any, outcome: str) -> None:  # noqa: ARG001 - the hook's own argument
    """Remember when the run was closed."""
    HISTORY.run_finished(run)

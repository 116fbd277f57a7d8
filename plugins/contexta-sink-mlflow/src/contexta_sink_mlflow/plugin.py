"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from typing import Any

from contexta.plugins import Provider, hookimpl
from contexta_sink_mlflow.libraries import begin_import
from contexta_sink_mlflow.watched_runs import WATCHED

__all__ = ["contexta_run_finished", "contexta_run_started", "contexta_session_opened", "contexta_sinks"]


@hookimpl
def contexta_sinks() -> list[Provider]:
    """Offer the sink ``mlflow``."""
    return [
        Provider(
            name="mlflow",
            factory="contexta_sink_mlflow.sink:open_sink",
            options="contexta_sink_mlflow.options:MLflowOptions",
            summary="Sends metrics, events, parameters and artifacts to MLflow.",
        )
    ]


@hookimpl
def contexta_session_opened(session: Any) -> None:
    """Remember the session: its runs have names, parameters and ends, which no record tells."""
    WATCHED.session_opened(session)
    begin_import()


@hookimpl
def contexta_run_started(run: Any) -> None:
    """Remember a run."""
    WATCHED.run_started(run)


@hookimpl
def contexta_run_finished() -> None:
    """Let go of runs that were closed."""
    WATCHED.run_finished()

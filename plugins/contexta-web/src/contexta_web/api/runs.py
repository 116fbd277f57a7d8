"""Questions about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta_web.api.endpoint import Endpoint
from contexta_web.api.parameters import Parameter
from contexta_web.api.run_choice import MOST_RUNS, PROJECT, RUN_CHOICE, RUN_ID, page_query

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta_web.api.endpoint import Arguments

__all__ = ["RUN_ENDPOINTS"]


def _projects(contexta: Contexta, arguments: Arguments) -> Any:
    del arguments
    return {"projects": contexta.list_projects()}


def _runs(contexta: Contexta, arguments: Arguments) -> Any:
    query, size = page_query(arguments)
    found = contexta.list_runs(query=query)
    has_more = len(found) > size
    return {
        "runs": found[:size],
        "offset": query.offset,
        "next_offset": query.offset + size if has_more else None,
    }


def _run(contexta: Contexta, arguments: Arguments) -> Any:
    snapshot = contexta.get_run_snapshot(arguments["run_id"])
    run = snapshot.run
    return {
        "run_id": run.run_id,
        "project_name": run.project_name,
        "name": run.name,
        "status": run.status,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "tags": run.tags,
        "parameters": run.parameters,
        "metadata": run.metadata,
        "notes": run.notes,
        "archived_at": run.archived_at,
        "stages": snapshot.stages,
        "artifact_count": len(snapshot.artifacts),
        "record_count": contexta.repository.count_records(run.run_id),
        "completeness_notes": snapshot.completeness_notes,
        "provenance": contexta.get_provenance(run.run_id),
    }


def _search_runs(contexta: Contexta, arguments: Arguments) -> Any:
    from contexta.spi.querying import RunListQuery

    query = RunListQuery(project_name=arguments["project"], status=arguments["status"])
    return {"runs": contexta.search_runs(arguments["q"], query=query, limit=arguments["limit"])}


def _search_artifacts(contexta: Contexta, arguments: Arguments) -> Any:
    found = contexta.search_artifacts(arguments["q"], kind=arguments["kind"], limit=arguments["limit"])
    return {"artifacts": found}


_TEXT = Parameter("q", "The text that is looked for.", is_required=True)
_STATUS = RUN_CHOICE[1]

RUN_ENDPOINTS = (
    Endpoint("/projects", "list_projects", "The names of all projects.", _projects, fields=("projects",)),
    Endpoint(
        "/runs",
        "list_runs",
        "The runs that match, the newest first.",
        _runs,
        RUN_CHOICE,
        ("runs", "offset", "next_offset"),
    ),
    Endpoint(
        "/runs/{run_id}",
        "get_run",
        "What is known of one run.",
        _run,
        (RUN_ID,),
        ("run_id", "project_name", "name", "status", "stages", "artifact_count", "record_count"),
    ),
    Endpoint(
        "/search/runs",
        "search_runs",
        "The runs that hold a text.",
        _search_runs,
        (
            _TEXT,
            PROJECT,
            _STATUS,
            Parameter("limit", "At most so many runs.", "count", least=1, greatest=MOST_RUNS, default=20),
        ),
        ("runs",),
    ),
    Endpoint(
        "/search/artifacts",
        "search_artifacts",
        "The artifacts that hold a text.",
        _search_artifacts,
        (
            _TEXT,
            Parameter("kind", "Only artifacts of this kind."),
            Parameter("limit", "At most so many.", "count", least=1, greatest=MOST_RUNS, default=MOST_RUNS),
        ),
        ("artifacts",),
    ),
)

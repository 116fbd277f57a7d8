"""The tables in which a workspace is asked: the read model in rows, whatever repository is behind it.

Names and columns are public and documented (``docs/sql.md``); columns are added, never renamed or removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.records import record_ref_of
from contexta.spi.repository import SupportsEnvironments
from contexta.spi.sql import SqlTable

if TYPE_CHECKING:
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ObservationRecord

__all__ = ["json_column", "table_columns", "workspace_tables"]

_Rows = Iterator[tuple[Any, ...]]
_Source = Callable[["CompositeRepository"], _Rows]


def workspace_tables(repository: CompositeRepository) -> tuple[SqlTable, ...]:
    """Return the tables of a workspace.

    Args:
        repository: The read model; it is asked when a table is loaded.
    """
    return tuple(
        SqlTable(name, summary, table_columns(columns), partial(source, repository))
        for name, summary, columns, source in _TABLES
    )


def table_columns(text: str) -> dict[str, str]:
    """Return the columns that a text like ``"run_id, step BIGINT"`` names; text where no type is said."""
    columns = {}
    for column in text.split(","):
        name, _, kind = column.strip().partition(" ")
        columns[name] = kind or "VARCHAR"
    return columns


def json_column(value: Any) -> str | None:
    """Return the JSON text of a value; None for an empty mapping, and for what JSON cannot hold its text."""
    if isinstance(value, Mapping) and not value:
        return None
    return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _seconds(started_at: str | None, ended_at: str | None) -> float | None:
    if not started_at or not ended_at:
        return None
    try:
        return (instant(ended_at) - instant(started_at)) / 1e9
    except ValidationError:
        return None


def _span(thing: Any) -> tuple[Any, ...]:
    return thing.started_at, thing.ended_at, _seconds(thing.started_at, thing.ended_at)


def _number(value: object) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # it was looked at


# -- runs and what they consist of ------------------------------------------------------------------------------------


def _projects(repository: CompositeRepository) -> _Rows:
    return ((name,) for name in repository.list_projects())


def _runs(repository: CompositeRepository) -> _Rows:
    for run in repository.list_runs():
        yield (
            run.run_id, run.project_name, run.name, run.status, *_span(run), run.code_revision, run.dataset_ref,
            json_column(run.metadata),
        )  # fmt: skip


def _tags(repository: CompositeRepository) -> _Rows:
    for run in repository.list_runs():
        for key, value in run.tags.items():
            yield run.run_id, key, value


def _params(repository: CompositeRepository) -> _Rows:
    for run in repository.list_runs():
        for key, value in run.parameters.items():
            text = value if isinstance(value, str) else json_column(value)
            yield run.run_id, key, text, _number(value)


def _stages(repository: CompositeRepository) -> _Rows:
    for run in repository.list_runs():
        for stage in repository.list_stages(run.run_id):
            yield (
                stage.stage_id, stage.run_id, stage.name, stage.status, stage.order, *_span(stage),
                json_column(stage.metadata),
            )  # fmt: skip


def _batches(repository: CompositeRepository) -> _Rows:
    for run in repository.list_runs():
        for batch in repository.list_batches(run.run_id):
            yield (
                batch.batch_id, batch.run_id, batch.stage_id, batch.name, batch.status, batch.order, *_span(batch),
                json_column(batch.metadata),
            )  # fmt: skip


def _samples(repository: CompositeRepository) -> _Rows:
    for run in repository.list_runs():
        for sample in repository.list_samples(run.run_id):
            yield (
                sample.sample_id, sample.run_id, sample.stage_id, sample.batch_id, sample.name, sample.observed_at,
                json_column(sample.metadata),
            )  # fmt: skip


def _deployments(repository: CompositeRepository) -> _Rows:
    for each in repository.list_deployments():
        yield (
            each.deployment_id, each.project_name, each.name, each.status, each.run_id, each.artifact_ref,
            *_span(each), json_column(each.metadata),
        )  # fmt: skip


def _environments(repository: CompositeRepository) -> _Rows:
    if not isinstance(repository, SupportsEnvironments):
        return
    for run in repository.list_runs():
        view = repository.get_environment(run.run_id)
        if view is not None:
            yield (
                view.run_id, view.captured_at, view.python_version, view.platform, json_column(view.packages),
                json_column(view.environment_variables), json_column(view.code), json_column(view.details),
            )  # fmt: skip


# -- records ----------------------------------------------------------------------------------------------------------


def _metrics(repository: CompositeRepository) -> _Rows:
    bulk = bulk_queries(repository)
    # A question without a stage is about all of them, so each pair of run and key is asked for once.
    for run_id, key in dict.fromkeys((each.run, each.key) for each in bulk.metric_summaries()):
        for point in bulk.metric_points(run_id, key):
            record_id = point.record_id
            if record_id and ":" not in record_id:
                record_id = record_ref_of({"run": run_id, "id": record_id})
            yield run_id, point.stage, key, point.value, point.step, point.time, point.unit, record_id or None


def _metric_summaries(repository: CompositeRepository) -> _Rows:
    for each in bulk_queries(repository).metric_summaries():
        yield (
            each.run, each.stage, each.key, each.count, each.total, each.mean, each.first.value, each.latest.value,
            each.least.value, each.greatest.value, each.latest.step, each.latest.time, each.unit,
        )  # fmt: skip


def _records(repository: CompositeRepository, record_type: str) -> Iterator[ObservationRecord]:
    for run in repository.list_runs():
        for record in repository.list_records(run_id=run.run_id, record_type=record_type):
            if record.record_type == record_type:
                yield record


def _events(repository: CompositeRepository) -> _Rows:
    for each in _records(repository, "event"):
        yield (
            each.run_id, each.stage_id, each.key, each.payload.get("level"), each.message, each.observed_at,
            json_column(each.payload.get("attributes") or {}), each.record_id,
        )  # fmt: skip


def _spans(repository: CompositeRepository) -> _Rows:
    for each in _records(repository, "span"):
        payload = each.payload
        started_at, ended_at = payload.get("started_at"), payload.get("ended_at")
        yield (
            each.run_id, each.stage_id, each.key, payload.get("span_kind"), payload.get("status"), started_at,
            ended_at, _seconds(started_at, ended_at), payload.get("trace_id"), payload.get("span_id"),
            payload.get("parent_span_id"), json_column(payload.get("attributes") or {}), each.record_id,
        )  # fmt: skip


def _degraded(repository: CompositeRepository) -> _Rows:
    for each in _records(repository, "degraded"):
        payload = each.payload
        yield (
            each.run_id, each.stage_id, each.key, payload.get("category"), payload.get("severity"), each.message,
            each.observed_at, json_column(payload.get("attributes") or {}), each.record_id,
        )  # fmt: skip


# -- artifacts and relations ------------------------------------------------------------------------------------------


def _artifacts(repository: CompositeRepository) -> _Rows:
    for each in repository.list_artifacts():
        yield (
            each.artifact_ref, each.run_id, each.stage_id, each.kind, each.created_at, each.size_bytes,
            each.hash_value, each.content_type, each.location, json_column(each.attributes),
        )  # fmt: skip


def _relations(repository: CompositeRepository) -> _Rows:
    for each in repository.list_relations():
        yield each.relation_ref, each.relation_type, each.source_ref, each.target_ref, each.recorded_at


_TABLES: tuple[tuple[str, str, str, _Source], ...] = (
    ("projects", "a project", "name", _projects),
    (
        "runs",
        "a run",
        (
            "run_id, project_name, name, status, started_at TIMESTAMP, ended_at TIMESTAMP, seconds DOUBLE, code_revision, "
            "dataset_ref, metadata JSON"
        ),
        _runs,
    ),
    ("tags", "a tag of a run", "run_id, key, value", _tags),
    ("params", "a parameter of a run", "run_id, key, value, number DOUBLE", _params),
    (
        "stages",
        "a stage of a run",
        (
            "stage_id, run_id, name, status, position BIGINT, started_at TIMESTAMP, ended_at TIMESTAMP, seconds DOUBLE, "
            "metadata JSON"
        ),
        _stages,
    ),
    (
        "batches",
        "a batch of a stage",
        (
            "batch_id, run_id, stage_id, name, status, position BIGINT, started_at TIMESTAMP, ended_at TIMESTAMP, "
            "seconds DOUBLE, metadata JSON"
        ),
        _batches,
    ),
    (
        "samples",
        "a sample of a stage or batch",
        "sample_id, run_id, stage_id, batch_id, name, observed_at TIMESTAMP, metadata JSON",
        _samples,
    ),
    (
        "deployments",
        "a deployment",
        (
            "deployment_id, project_name, name, status, run_id, artifact_ref, started_at TIMESTAMP, ended_at TIMESTAMP, "
            "seconds DOUBLE, metadata JSON"
        ),
        _deployments,
    ),
    (
        "environments",
        "what surrounded a run",
        (
            "run_id, captured_at TIMESTAMP, python_version, platform, packages JSON, environment_variables JSON, "
            "code JSON, details JSON"
        ),
        _environments,
    ),
    (
        "metrics",
        "one observation of a metric",
        "run_id, stage_id, key, value DOUBLE, step BIGINT, observed_at TIMESTAMP, unit, record_id",
        _metrics,
    ),
    (
        "metric_summaries",
        "all observations of a metric in a run and stage",
        (
            "run_id, stage_id, key, count BIGINT, total DOUBLE, mean DOUBLE, first DOUBLE, latest DOUBLE, least DOUBLE, "
            "greatest DOUBLE, latest_step BIGINT, latest_at TIMESTAMP, unit"
        ),
        _metric_summaries,
    ),
    (
        "events",
        "an event",
        "run_id, stage_id, key, level, message, observed_at TIMESTAMP, attributes JSON, record_id",
        _events,
    ),
    (
        "spans",
        "a span of a trace",
        (
            "run_id, stage_id, name, kind, status, started_at TIMESTAMP, ended_at TIMESTAMP, seconds DOUBLE, trace_id, "
            "span_id, parent_span_id, attributes JSON, record_id"
        ),
        _spans,
    ),
    (
        "degraded",
        "what could not be captured whole",
        "run_id, stage_id, key, category, severity, summary, observed_at TIMESTAMP, attributes JSON, record_id",
        _degraded,
    ),
    (
        "artifacts",
        "an artifact",
        (
            "artifact_ref, run_id, stage_id, kind, created_at TIMESTAMP, size_bytes BIGINT, hash_value, content_type, "
            "location, attributes JSON"
        ),
        _artifacts,
    ),
    (
        "relations",
        "a recorded relation",
        "relation_ref, relation_type, source_ref, target_ref, recorded_at TIMESTAMP",
        _relations,
    ),
)

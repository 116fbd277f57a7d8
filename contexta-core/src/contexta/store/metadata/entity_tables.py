"""The tables in which a metadata store is asked on its own: its entities in rows, whatever backend keeps them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.sql import SqlTable
from contexta.spi.workspace_tables import json_column, table_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.metadata import MetadataBackend

__all__ = ["TABLE_NAMES", "entity_tables"]

#: Name, kind, the columns between ``ref`` and ``payload_json``.  A column has the name of its field, unless
#: ``_FIELDS`` says otherwise; all are text, times as they were given.
_TABLES = (
    ("projects", EntityKind.PROJECT, "name, created_at"),
    ("runs", EntityKind.RUN, "project_ref, name, started_at, ended_at, status"),
    (
        "deployment_executions",
        EntityKind.DEPLOYMENT,
        "project_ref, deployment_name, run_ref, order_index BIGINT, started_at, ended_at, status",
    ),
    (
        "stage_executions",
        EntityKind.STAGE,
        "run_ref, stage_name, order_index BIGINT, started_at, ended_at, status",
    ),
    (
        "batch_executions",
        EntityKind.BATCH,
        "run_ref, stage_ref, batch_name, order_index BIGINT, started_at, ended_at, status",
    ),
    (
        "sample_observations",
        EntityKind.SAMPLE,
        "run_ref, stage_ref, batch_ref, sample_name, observed_at, retention_class, redaction_profile",
    ),
    ("operation_contexts", EntityKind.OPERATION, "run_ref, stage_ref, operation_name, observed_at"),
    ("environment_snapshots", EntityKind.ENVIRONMENT, "run_ref, captured_at"),
    ("relations", EntityKind.RELATION, "source_ref, target_ref, relation_type, recorded_at"),
    ("provenance_records", EntityKind.PROVENANCE, "relation_ref, asserted_at, assertion_mode"),
)
_FIELDS = {
    "deployment_name": "name",
    "stage_name": "name",
    "batch_name": "name",
    "sample_name": "name",
    "operation_name": "name",
}

TABLE_NAMES = tuple(name for name, _, _ in _TABLES)


def entity_tables(backend: MetadataBackend) -> tuple[SqlTable, ...]:
    """Return the tables of a metadata store: ``ref``, its columns, and the whole document as ``payload_json``.

    Args:
        backend: The store; it is asked when a table is loaded.
    """
    tables = []
    for name, kind, text in _TABLES:
        columns = table_columns(f"ref, {text}, payload_json JSON")
        fields = [_FIELDS.get(column, column) for column in columns][1:-1]
        tables.append(
            SqlTable(name, f"an entity of the kind {kind}", columns, partial(_rows, backend, kind, fields))
        )
    return tuple(tables)


def _rows(backend: MetadataBackend, kind: EntityKind, fields: list[str]) -> Iterator[tuple[Any, ...]]:
    for entity in backend.find(EntityQuery(kind, order_by="ref")):
        document = entity.document
        values = (_value(field, document.get(field)) for field in fields)
        yield entity.ref, *values, json_column({"ref": entity.ref, **document})


def _value(field: str, value: Any) -> Any:
    """Return a value as its column has it; a foreign one of another type is null."""
    if field == "order_index":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    return value if isinstance(value, str) else None

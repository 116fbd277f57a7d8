"""The views of the databases: the documented tables, for any program that reads SQLite."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from contexta.spi.workspace_tables import workspace_tables

SQLITE = {
    "metadata": {"storage_adapter": "sqlite"},
    "records": {"storage_adapter": "sqlite", "durability_mode": "flush"},
}
METADATA = (
    "projects",
    "runs",
    "tags",
    "params",
    "stages",
    "batches",
    "samples",
    "deployments",
    "environments",
    "relations",
)
RECORDS = ("metrics", "metric_summaries", "events", "spans", "degraded")
#: Where durations and JSON are spelled by SQLite itself.
NEARLY = {"seconds": lambda value: None if value is None else round(value, 3)}
JSON = lambda value: None if value is None else json.loads(value)  # noqa: E731 - a column's reading


@pytest.fixture(scope="module")
def golden_sqlite(golden, tmp_path_factory):
    """Write the golden workspace to SQLite."""
    root = tmp_path_factory.mktemp("views") / "ws"
    with golden.open_stock(root, SQLITE) as ctx:
        yield ctx, root


def _rows(path, name):
    with closing(sqlite3.connect(path)) as connection:
        cursor = connection.execute(f"SELECT * FROM {name}")
        return [column[0] for column in cursor.description], cursor.fetchall()


def _comparable(columns, types, rows):
    def plain(row):
        values = []
        for name, value in zip(columns, row, strict=True):
            if types[name] == "JSON":
                values.append(json.dumps(JSON(value), sort_keys=True))
            elif name in NEARLY:
                values.append(repr(NEARLY[name](value)))
            elif types[name] == "DOUBLE":
                values.append(repr(None if value is None else float(value)))
            else:
                values.append(repr(value))
        return values

    return sorted(plain(row) for row in rows)


@pytest.mark.parametrize("name", [*METADATA, *RECORDS])
def test_a_view_has_the_rows_of_the_documented_table(golden_sqlite, name):
    """Each view has the columns and the rows of the table of that name."""
    ctx, root = golden_sqlite
    plane = "metadata" if name in METADATA else "records"
    columns, rows = _rows(root / plane / f"{plane}.sqlite3", name)
    table = next(each for each in workspace_tables(ctx.repository) if each.name == name)
    assert list(table.columns) == columns
    expected = [list(row) for row in table.rows()]
    assert _comparable(columns, table.columns, expected) == _comparable(columns, table.columns, rows)


def test_both_databases_can_be_asked_at_once(golden_sqlite):
    """Attached to each other they answer a question about parameters and metrics, as the workspace does."""
    ctx, root = golden_sqlite
    query = (
        "SELECT runs.name, metric_summaries.least FROM runs JOIN metric_summaries USING (run_id)"
        " WHERE metric_summaries.key = 'val_loss' ORDER BY runs.name, metric_summaries.least LIMIT 20"
    )
    with closing(sqlite3.connect(root / "metadata" / "metadata.sqlite3")) as connection:
        connection.execute("ATTACH ? AS records_plane", (str(root / "records" / "records.sqlite3"),))
        found = connection.execute(query).fetchall()
    assert found
    assert list(ctx.sql(query).rows) == found

"""Writes a workspace as version 1.0.0 did, from the description of its files."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TABLES = {
    "projects": "ref TEXT PRIMARY KEY, name TEXT, created_at TEXT, payload_json TEXT",
    "runs": "ref TEXT PRIMARY KEY, project_ref TEXT, name TEXT, started_at TEXT, status TEXT, payload_json TEXT",
    "deployment_executions": "ref TEXT PRIMARY KEY, project_ref TEXT, deployment_name TEXT, run_ref TEXT,"
    " order_index INTEGER, started_at TEXT, status TEXT, payload_json TEXT",
    "stage_executions": "ref TEXT PRIMARY KEY, run_ref TEXT, stage_name TEXT, order_index INTEGER, started_at TEXT,"
    " status TEXT, payload_json TEXT",
    "batch_executions": "ref TEXT PRIMARY KEY, run_ref TEXT, stage_ref TEXT, batch_name TEXT, order_index INTEGER,"
    " started_at TEXT, status TEXT, payload_json TEXT",
    "sample_observations": "ref TEXT PRIMARY KEY, run_ref TEXT, stage_ref TEXT, batch_ref TEXT, sample_name TEXT,"
    " observed_at TEXT, retention_class TEXT, redaction_profile TEXT, payload_json TEXT",
    "environment_snapshots": "ref TEXT PRIMARY KEY, run_ref TEXT, captured_at TEXT, payload_json TEXT",
    "relations": "ref TEXT PRIMARY KEY, source_ref TEXT, target_ref TEXT, relation_type TEXT, recorded_at TEXT,"
    " payload_json TEXT",
    "provenance_records": "ref TEXT PRIMARY KEY, relation_ref TEXT, asserted_at TEXT, assertion_mode TEXT,"
    " payload_json TEXT",
    "schema_metadata": "store_schema_version TEXT, applied_at TEXT",
}


def at(second):
    """Return a time of the workspace."""
    return f"2025-03-01T10:00:{second:02}Z"


class OldWorkspace:
    """A workspace of version 1.0.0.

    Args:
        root: Where it is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in (
            "metadata",
            "records/segments",
            "artifacts/bindings",
            "artifacts/objects",
            "cache/capture",
        ):
            (root / name).mkdir(parents=True)
        self._rows: list[tuple[str, str, dict[str, object]]] = []
        self._records: list[dict[str, object]] = []

    def row(self, table, ref, **payload):
        """Add a row to a table of the ledger."""
        self._rows.append((table, ref, payload))

    def metric(self, run, number, value, *, captured=False, stage=None):
        """Add a metric, to the record store or to the file of captured records."""
        envelope = {
            "record_ref": f"record:{run}.metric-{number:012x}",
            "record_type": "metric",
            "recorded_at": at(number),
            "observed_at": at(number),
            "producer_ref": "sdk.python.local",
            "run_ref": f"run:{run}",
            "stage_execution_ref": None if stage is None else f"stage:{run}.{stage}",
            "completeness_marker": "complete",
            "degradation_marker": "none",
            "schema_version": "1.0.0",
            "correlation_refs": {},
        }
        payload = {
            "metric_key": "train.loss",
            "value": value,
            "value_type": "float",
            "aggregation_scope": "run",
            "summary_basis": "raw_observation",
            "subject_ref": f"run:{run}",
            "tags": {},
        }
        if captured:
            line = {
                "captured_at": at(number),
                "family": "RECORD",
                "payload": {"envelope": envelope, "payload": payload},
            }
            with (self.root / "cache/capture/record.jsonl").open("a") as stream:
                stream.write(json.dumps(line | {"payload_type": "MetricRecord"}, sort_keys=True) + "\n")
        else:
            self._records.append(_without_nulls({"envelope": envelope, "payload": payload}))

    def span(self, run, number):
        """Add a span at the top of its trace: version 1.0.0 could write and not read it."""
        envelope = {
            "record_ref": f"record:{run}.span-{number:012x}",
            "record_type": "span",
            "recorded_at": at(number),
            "observed_at": at(number),
            "producer_ref": "sdk.python.local",
            "run_ref": f"run:{run}",
            "completeness_marker": "complete",
            "degradation_marker": "none",
            "schema_version": "1.0.0",
            "correlation_refs": {"trace_id": "t1"},
        }
        payload = {
            "span_id": "s1",
            "trace_id": "t1",
            "parent_span_id": None,
            "span_name": "load",
            "started_at": at(number),
            "ended_at": at(number),
            "status": "ok",
            "span_kind": "operation",
            "attributes": {},
            "linked_refs": [],
        }
        self._records.append(_without_nulls({"envelope": envelope, "payload": payload}))

    def artifact(self, run, name, body, *, suffix=".bin", recorded=None):
        """Add a bound artifact with its body; with ``recorded`` the binding claims another one's hash."""
        ref = f"artifact:{run}.{name}"
        safe = ref.replace(":", "__")
        claimed = body if recorded is None else recorded
        place = self.root / "artifacts/objects/model" / hashlib.sha256(ref.encode()).hexdigest()[:2]
        place.mkdir(parents=True, exist_ok=True)
        if body is not None:
            (place / f"{safe}{suffix}").write_bytes(body)
        digest = hashlib.sha256(claimed or b"").hexdigest()
        manifest = {
            "artifact_ref": ref,
            "artifact_kind": "model",
            "created_at": at(30),
            "producer_ref": "sdk.python.local",
            "run_ref": f"run:{run}",
            "location_ref": f"models/{name}{suffix}",
            "hash_value": digest,
            "size_bytes": len(claimed or b""),
            "attributes": {},
            "schema_version": "1.0.0",
        }
        binding = {
            "artifact_ref": ref,
            "artifact_kind": "model",
            "binding_id": "binding-1",
            "source_name": f"{name}{suffix}",
            "ingest_mode": "copy",
            "size_bytes": len(claimed or b""),
            "hash_algorithm": "sha256",
            "hash_value": digest,
            "layout_version": "v1",
            "created_at": at(30),
            "manifest_snapshot": manifest,
        }
        (self.root / f"artifacts/bindings/{safe}.binding.json").write_text(json.dumps(binding, indent=2))

    def write(self):
        """Write the ledger and the one segment."""
        import duckdb

        connection = duckdb.connect(str(self.root / "metadata/ledger.db"))
        for table, columns in _TABLES.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.execute("INSERT INTO schema_metadata VALUES ('1', ?)", [at(0)])
        for table, ref, payload in self._rows:
            connection.execute(
                f"INSERT INTO {table} (ref, payload_json) VALUES (?, ?)", [ref, json.dumps(payload)]
            )
        connection.close()
        with (self.root / "records/segments/segment-000001.jsonl").open("a") as stream:
            for number, record in enumerate(self._records, 1):
                line = {"appended_at": at(0), "record": record, "sequence": number}
                stream.write(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n")
        count = len(self._records)
        manifest = {
            "layout_mode": "jsonl_segments",
            "layout_version": "1",
            "current_segment_id": 1,
            "next_sequence": count + 1,
            "last_committed_sequence": count,
            "current_segment_record_count": count,
        }
        (self.root / "records/manifest.json").write_text(json.dumps(manifest, indent=2))


def _without_nulls(value):
    """Leave out what is null, at every depth, as version 1.0.0 did."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value

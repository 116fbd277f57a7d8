"""Fields of a later minor version of the contract, through the stores and back."""

from __future__ import annotations

import json

import pytest

from contexta.config import load_config
from contexta.contract import deserialize_metric_record, to_json, to_payload
from contexta.contract.serialization import deserialize_project, deserialize_run
from contexta.errors import SchemaVersionError
from contexta.store.metadata import EntityKind, MetadataStore, Mutation
from contexta.store.records import RecordStore

PAYLOAD = {
    "envelope": {
        "correlation_refs": {"later": 1, "trace_id": "t1"},
        "later": {"nested": [None, 1.5]},
        "observed_at": "2024-01-01T00:00:00Z",
        "producer_ref": "sdk.python.local",
        "record_ref": "record:p.r.a1",
        "record_type": "metric",
        "recorded_at": "2024-01-01T00:00:00Z",
        "run_ref": "run:p.r",
        "schema_version": "1.9.0",
        "extensions": [{"namespace": "acme.lab", "fields": {"x": 1}, "later": True}],
    },
    "later": "on the record",
    "payload": {"later": None, "metric_key": "loss", "value": 1, "value_type": "int"},
}


@pytest.fixture
def config(tmp_path):
    """Resolve a configuration."""
    return load_config(
        workspace=tmp_path / "ws", config={"records": {"durability_mode": "flush"}}, use_env=False
    )


def test_a_record_of_a_later_minor_version_is_kept_whole(config):
    """What the record store does not know is in the file, and in the record that another opening reads."""
    record = deserialize_metric_record(PAYLOAD)
    with RecordStore(config) as store:
        assert to_json(store.append(record).record) == to_json(record)
    with RecordStore(config) as store:
        (found,) = store.scan()
        assert to_json(found.record) == to_json(record)
        assert json.loads(to_json(found.record))["envelope"]["later"] == {"nested": [None, 1.5]}


def test_a_record_of_a_later_major_version_is_refused(config):
    """A line of the next major version is an error that says so, and no guess."""
    with RecordStore(config) as store:
        store.backend.append(
            [
                {
                    "type": "metric",
                    "id": "a",
                    "run": "run:p.r",
                    "key": "k",
                    "value": 1,
                    "schema": "2.0.0",
                    "time": "2024-01-01T00:00:00Z",
                }
            ]
        )
        (found,) = store.scan()
        with pytest.raises(SchemaVersionError, match="upgrade"):
            _ = found.record


def test_an_entity_of_a_later_minor_version_is_kept_whole(config):
    """The document of a run keeps fields that this version does not know, also when it changes others."""
    run = {
        "run_ref": "run:p.r",
        "project_ref": "project:p",
        "name": "R",
        "status": "completed",
        "started_at": "2024-01-01T00:00:00Z",
        "ended_at": "2024-01-01T01:00:00Z",
        "schema_version": "1.9.0",
        "later": {"nested": [1]},
    }
    with MetadataStore(config) as store:
        store.apply([Mutation(EntityKind.RUN, "run:p.r", run)])
        store.apply([Mutation(EntityKind.RUN, "run:p.r", {"description": "changed"})])
    with MetadataStore(config) as store:
        document = store.get(EntityKind.RUN, "run:p.r").document
    fields = {name: value for name, value in document.items() if name in {*run, "description"}}
    assert to_payload(deserialize_run(fields)) == to_payload(
        deserialize_run({**run, "description": "changed"})
    )


def test_a_model_of_a_later_minor_version_comes_back_from_its_repository(config):
    """What is put as a model with unknown fields, a null among them, is got as the same text."""
    project = deserialize_project(
        {
            "project_ref": "project:p",
            "name": "P",
            "created_at": "2024-01-01T00:00:00Z",
            "schema_version": "1.9.0",
            "later": {"nested": [None]},
            "extensions": [{"namespace": "acme.lab", "fields": {"x": 1}, "later": True}],
        }
    )
    with MetadataStore(config) as store:
        store.projects.put_project(project)
    with MetadataStore(config) as store:
        assert to_json(store.projects.get_project("project:p")) == to_json(project)

"""The public stores: opened alone or through the facade, used with ``with``, closed once or often."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.config import load_config
from contexta.errors import ConflictError, ContextaError, NotFoundError, ValidationError
from contexta.spi.flat import restore
from contexta.store.artifacts import (
    ArtifactStore,
    artifact_exists,
    get_artifact,
    iter_artifact_chunks,
    list_refs,
    open_artifact,
    read_artifact_bytes,
)
from contexta.store.metadata import EntityKind, EntityQuery, MetadataStore, Mutation
from contexta.store.records import RecordStore, ScanFilter, check_integrity

FLAT = {
    "type": "metric",
    "id": "a1",
    "run": "run:p.r",
    "key": "loss",
    "value": 0.5,
    "time": "2024-01-01T00:00:00Z",
}


@pytest.fixture
def config(tmp_path):
    """Resolve a configuration."""
    return load_config(
        workspace=tmp_path / "ws", config={"records": {"durability_mode": "flush"}}, use_env=False
    )


@pytest.fixture
def bound(config, tmp_path):
    """Register an artifact of three chunks and return its reference."""
    (tmp_path / "f").write_bytes(b"abcdefg")
    with Contexta(config=config) as ctx, ctx.run("r") as run:
        return str(run.register_artifact("model", str(tmp_path / "f")).payload["manifest"].artifact_ref)


def test_records_of_a_store_opened_alone(config):
    """Canonical records go in and come out, with their place."""
    record = restore(FLAT)
    with RecordStore(config) as store:
        stored = store.append(record)
        assert (stored.record, stored.record_ref, stored.record_type) == (record, "record:p.r.a1", "metric")
        assert (stored.run_ref, stored.stage_execution_ref) == ("run:p.r", None)
        store.append_many([restore(FLAT | {"id": f"b{number}"}) for number in range(3)])
        assert [each.flat["id"] for each in store.scan()] == ["a1", "b0", "b1", "b2"]
        assert [each.sequence for each in store.scan(ScanFilter(key="loss"))] == sorted(
            each.sequence for each in store.scan()
        )
        assert list(store.scan(ScanFilter(key="other"))) == []
        report = check_integrity(store)
        assert (report.ok, report.issue_counts) == (True, {"error": 0, "warning": 0})
        assert report.to_dict()["issues"] == []


def test_metadata_of_a_store_opened_alone(config):
    """Mutations go in, entities come out, in another store object too."""
    with MetadataStore(config) as store, MetadataStore(config) as other:
        store.apply([Mutation(EntityKind.PROJECT, "project:p", {"name": "P"})])
        assert other.get(EntityKind.PROJECT, "project:p").document == {"name": "P"}
        assert [each.ref for each in other.find(EntityQuery(EntityKind.PROJECT))] == ["project:p"]
        assert other.get(EntityKind.PROJECT, "project:q") is None
        assert store.check_integrity().ok


def test_artifacts_by_function_and_method(config, bound):
    """The documented functions and the store's methods do the same."""
    with ArtifactStore(config) as store:
        handle = get_artifact(store, bound)
        assert (handle.artifact_ref, handle.read_bytes()) == (bound, b"abcdefg")
        assert read_artifact_bytes(store, bound) == store.read_artifact_bytes(bound)
        with open_artifact(store, bound) as body:
            assert body.read(3) == b"abc"
        assert list(iter_artifact_chunks(store, bound, chunk_size=3)) == [b"abc", b"def", b"g"]
        assert (artifact_exists(store, bound), artifact_exists(store, "artifact:p.r.none")) == (True, False)
        assert list_refs(store) == [bound]
        assert store.verify_artifact(bound).verified
        assert store.check_integrity().ok


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (lambda store, ref: store.get_artifact("artifact:p.r.none"), NotFoundError),
        (lambda store, ref: store.read_artifact_bytes("artifact:p.r.none"), NotFoundError),
        (lambda store, ref: store.open_artifact(ref, mode="wb"), ValidationError),
        (lambda store, ref: store.iter_artifact_chunks(ref, chunk_size=0), ValidationError),
    ],
    ids=["get", "read", "mode", "chunk"],
)
def test_artifacts_that_are_not_there(config, bound, action, kind):
    """Missing artifacts, modes and sizes that cannot be are errors of ours, at the call."""
    with ArtifactStore(config) as store, pytest.raises(kind):
        action(store, bound)


def test_a_lost_body_spoils_only_itself(config, bound, tmp_path):
    """A body that was removed makes its artifact missing and the report say so; the others are whole."""
    (tmp_path / "g").write_bytes(b"other")
    with Contexta(config=config) as ctx, ctx.run("s") as run:
        other = str(run.register_artifact("model", str(tmp_path / "g")).payload["manifest"].artifact_ref)
        for path in (tmp_path / "ws" / "artifacts").rglob("*"):
            if path.is_file() and path.read_bytes() == b"abcdefg":
                path.unlink()
        store = ctx.artifact_store
        assert (store.artifact_exists(bound), store.artifact_exists(other)) == (False, True)
        assert [each.ref for each in store.check_integrity().issues] == [bound]
        with pytest.raises(NotFoundError):
            store.read_artifact_bytes(bound)


@pytest.mark.parametrize("kind", [MetadataStore, RecordStore, ArtifactStore])
def test_closing_twice_is_harmless_and_use_after_it_is_an_error(config, kind, tmp_path):
    """After close() a store refuses with an error of ours, and creates nothing by being opened and closed."""
    store = kind(config)
    store.close()
    store.close()
    assert not (tmp_path / "ws").exists() or not list((tmp_path / "ws").rglob("*.open"))
    with pytest.raises(ContextaError):
        if kind is MetadataStore:
            store.apply([Mutation(EntityKind.PROJECT, "project:p", {"name": "P"})])
        elif kind is RecordStore:
            store.append(restore(FLAT))
        else:
            store.backend.ingest(tmp_path)


def test_closing_the_facades_store_does_not_close_the_workspace(config):
    """A store that the facade gave is a view; the workspace stays open until it is closed itself."""
    with Contexta(config=config) as ctx:
        ctx.metadata_store.close()
        ctx.record_store.close()
        with ctx.run("r") as run:
            run.metric("loss", 1.0)
        assert [each.name for each in ctx.list_runs()] == ["r"]


def test_a_reference_bound_to_other_content_is_a_conflict(config, bound, tmp_path):
    """Binding goes through the SPI with its rule: one reference, one content."""
    (tmp_path / "g").write_bytes(b"other")
    with Contexta(config=config) as ctx, ctx.run("r", run_id="r") as run, pytest.raises(ConflictError):
        run.register_artifact("model", str(tmp_path / "g"), artifact_ref=bound)

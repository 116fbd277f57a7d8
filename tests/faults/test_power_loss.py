"""The power goes at any moment: what was acknowledged is there, whatever of the rest the disk kept, and work goes on."""

from __future__ import annotations

import os
import shutil

import pytest

from contexta.config import ArtifactStoreConfig, MetadataStoreConfig
from contexta.contract import ArtifactManifest
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.artifacts import ArtifactStore
from contexta.store.metadata import MetadataStore

#: How often chance decides at each moment.
CHANCES = [2, pytest.param(40, marks=pytest.mark.campaign)]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="directories are not synced there")


def manifest(name):
    """Build a manifest."""
    return ArtifactManifest(
        artifact_ref=f"artifact:p.r.{name}",
        artifact_kind="model",
        created_at="2024-01-01T00:00:00Z",
        producer_ref="sdk.python.local",
        run_ref="run:p.r",
        location_ref="path:x",
    )


def put_everything(store, sources, recorder):
    """Put files and a directory in every way, let go of one and collect."""
    for name, size, mode in (
        ("small", 100, "copy"),
        ("large", 1_100_000, "copy"),
        ("moved", 200, "move"),
        ("adopted", 1_200_000, "adopt"),
    ):
        (sources / name).write_bytes(name.encode() * (size // len(name)))
        store.put_artifact(manifest(name), sources / name, mode=mode)
        recorder.acknowledge(name)
    (sources / "tree").mkdir()
    (sources / "tree" / "a").write_bytes(b"inside")
    (sources / "tree" / "b").write_bytes(b"inside too")
    store.put_artifact(manifest("tree"), sources / "tree")
    recorder.acknowledge("tree")
    store.backend.unbind(["artifact:p.r.small"])
    recorder.acknowledge("no small")
    store.collect_garbage()


@pytest.mark.parametrize("chances", CHANCES)
def test_artifacts(power, tmp_path, monkeypatch, chances):
    """Every put that returned is whole, what was let go of stays gone, and the store takes the next put."""
    # The copy that the kernel makes would not be seen.
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    root, place, sources = tmp_path / "root", tmp_path / "states", tmp_path / "sources"
    for path in (root, place, sources):
        path.mkdir()
    recorder = power.Recorder(root)
    store = ArtifactStore(ArtifactStoreConfig(root_path=root / "store"))
    with recorder.recording():
        put_everything(store, sources, recorder)
        store.close()
    count = 0
    for state, acknowledged, what in power.disk_states(recorder, place, chances):
        with ArtifactStore(ArtifactStoreConfig(root_path=state / "store")) as found:
            names = {ref.rpartition(".")[2] for ref in found.list_refs()}
            for name in acknowledged - {"no small", "small"}:
                assert name in names, what
                assert found.verify_artifact(f"artifact:p.r.{name}").verified, what
            if "no small" in acknowledged:
                assert "small" not in names, what
            elif "small" in acknowledged and "tree" not in acknowledged:
                assert found.verify_artifact("artifact:p.r.small").verified, what
            (sources / "next").write_bytes(b"next")
            found.put_artifact(manifest("next"), sources / "next")
            assert found.read_artifact_bytes("artifact:p.r.next") == b"next", what
            found.collect_garbage(despite_damage=True)
            whole = {each.artifact_ref for each in found.list_artifacts()} - set(
                found.verify_all().missing_refs
            )
            assert {f"artifact:p.r.{name}" for name in acknowledged - {"no small", "small"}} <= whole, what
        shutil.rmtree(state)
        count += 1
    assert count >= 100
    print(f"{count} states")


@pytest.mark.parametrize("chances", CHANCES)
def test_metadata(power, tmp_path, chances):
    """Every update and claim that returned is there, and each call is there whole or not at all."""
    root, place = tmp_path / "root", tmp_path / "states"
    root.mkdir()
    place.mkdir()
    recorder = power.Recorder(root)
    with recorder.recording():
        store = MetadataStore(MetadataStoreConfig(database_path=root / "metadata" / "ledger.db"))
        for number in range(6 if chances < 10 else 20):
            ref = f"run:p.r{number}"
            store.claim_run(ref)
            store.apply(
                [
                    Mutation(EntityKind.RUN, ref, {"name": f"r{number}"}),
                    Mutation(EntityKind.RUN, ref, {"status": "open"}),
                ]
            )
            recorder.acknowledge(ref)
        store.apply([Mutation(EntityKind.RUN, "run:p.r0", {"tags": {"good": "yes"}})])
        recorder.acknowledge("tag")
        store.close()
    count = 0
    for state, acknowledged, what in power.disk_states(recorder, place, chances):
        with MetadataStore(MetadataStoreConfig(database_path=state / "metadata" / "ledger.db")) as found:
            runs = {
                each.ref: each.document for each in found.find(EntityQuery(EntityKind.RUN, order_by="ref"))
            }
            assert acknowledged - {"tag"} <= runs.keys(), what
            assert all("name" in document and "status" in document for document in runs.values()), what
            if "tag" in acknowledged:
                assert runs["run:p.r0"]["tags"] == {"good": "yes"}, what
            for ref in runs:
                assert not found.claim_run(ref), what
            found.apply([Mutation(EntityKind.RUN, "run:p.next", {"name": "next"})])
            assert found.get(EntityKind.RUN, "run:p.next") is not None, what
            assert {issue.severity for issue in found.check_integrity().issues} <= {"warning"}, what
        shutil.rmtree(state)
        count += 1
    assert count >= 50
    print(f"{count} states")

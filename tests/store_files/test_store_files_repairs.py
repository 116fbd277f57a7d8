"""Isolating damage: what is broken goes aside, what is whole stays, and the same content mends."""

from __future__ import annotations

import pytest

from contexta.errors import NotFoundError, ReadOnlyStoreError, ValidationError
from contexta.spi.artifacts import ArtifactRepair


def damage(store, ref, data):
    """Write other bytes into a body."""
    path = store.body_path(ref)
    path.chmod(0o600)
    path.write_bytes(data)
    return path


def test_every_damage_is_planned_and_isolated(store, keep, root):
    """A changed body, a lost one and a foreign file: planned with place and artifacts, and afterwards only named."""
    changed, twin, lost = keep("changed", b"one"), keep("twin", b"one"), keep("lost", b"two")
    good = keep("good", b"three")
    place = damage(store, changed, b"onx")
    store.body_path(lost).unlink()
    (root / "blobs" / "notes.txt").write_text("mine")
    plan = {repair.action: repair for repair in store.plan_repairs()}
    assert set(plan) == {"quarantine_body", "report_missing", "quarantine_file"}
    assert plan["quarantine_body"].location == place.relative_to(root).as_posix()
    assert plan["quarantine_body"].artifact_refs == tuple(sorted([changed, twin]))
    assert plan["quarantine_body"].size_bytes == 3
    done = store.apply_repairs(plan.values())
    assert {repair.action: repair.applied for repair in done} == {
        "quarantine_body": True,
        "quarantine_file": True,
        "report_missing": False,
    }
    assert sorted(path.read_bytes() for path in root.glob("quarantine/*/*")) == [b"mine", b"onx"]
    assert {finding.code for finding in store.check_integrity()} == {"artifact_body_missing"}
    assert store.verify(good) is None


def test_the_same_content_mends(store, keep):
    """Registering the original content again brings a quarantined body back for all who share it."""
    ref = keep("model", b"one")
    damage(store, ref, b"onx")
    store.apply_repairs(store.plan_repairs())
    with pytest.raises(NotFoundError):
        store.open_body(ref)
    keep("again", b"one")
    assert list(store.check_integrity()) == []


def test_what_was_mended_meanwhile_stays(store, keep):
    """A body that is whole again when the plan is applied is given back its place."""
    ref = keep("model", b"one")
    place = damage(store, ref, b"onx")
    plan = store.plan_repairs()
    place.write_bytes(b"one")
    (done,) = store.apply_repairs(plan)
    assert done.applied is False
    assert store.verify(ref) is None
    (gone,) = store.apply_repairs([ArtifactRepair("quarantine_file", "blobs/none", "")])
    assert gone.applied is False


@pytest.mark.parametrize(
    "location",
    [
        "../x",
        "/etc/passwd",
        "bindings/x",
        "blobs/../bindings",
        "blobs/a/b/c",
        "blobs",
        "",
        "blobs//x",
        "blobs/\0",
    ],
)
def test_only_files_of_the_store_can_be_moved(store, keep, location):
    """A location that leads elsewhere is refused."""
    keep("model", b"one")
    with pytest.raises(ValidationError) as caught:
        store.quarantine(location)
    assert caught.value.code == "artifact_invalid_location"


def test_a_body_can_be_moved_aside_by_its_digest(store, open_store, keep, root):
    """Its artifact is degraded, the bytes are kept; a store for reading moves nothing."""
    ref = keep("model", b"one")
    digest = store.find(ref).content.digest
    with pytest.raises(ReadOnlyStoreError):
        open_store(read_only=True).quarantine(digest)
    moved = store.quarantine(digest)
    assert (root / moved).read_bytes() == b"one"
    assert store.verify(ref).code == "artifact_body_missing"
    with pytest.raises(NotFoundError) as caught:
        store.quarantine(digest)
    assert caught.value.code == "artifact_file_not_found"

"""The public artifact store: ways in, verification, repair, garbage, retention; by function and by method."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest

from contexta.config import ArtifactStoreConfig
from contexta.contract import ArtifactManifest, to_json
from contexta.errors import (
    ArtifactError,
    ConflictError,
    LifecycleError,
    NotFoundError,
    ValidationError,
)
from contexta.store import artifacts
from contexta.store.artifacts import ArtifactStore, RetentionRule, VaultConfig, VerificationStatus

AT = "2024-01-01T00:00:00Z"


@pytest.fixture
def config(tmp_path):
    """Give the configuration of a store that does not exist yet."""
    return ArtifactStoreConfig(root_path=tmp_path / "artifacts")


@pytest.fixture
def store(config):
    """Give an open store."""
    with ArtifactStore(config) as opened:
        yield opened


def manifest(name="model", kind="model", **fields):
    """Build the manifest of an artifact of the run p.r."""
    return ArtifactManifest(
        artifact_ref=f"artifact:p.r.{name}",
        artifact_kind=kind,
        created_at=AT,
        producer_ref="sdk.python.local",
        run_ref="run:p.r",
        location_ref=f"path:{name}",
        **fields,
    )


@pytest.fixture
def put(store, tmp_path):
    """Put bytes under a name and return the reference."""

    def put_one(name, data, kind="model"):
        (tmp_path / name).write_bytes(data)
        return store.put_artifact(manifest(name, kind), tmp_path / name).artifact_ref

    return put_one


def damage(store, ref, data):
    """Write other bytes into a body."""
    path = store.get_artifact(ref).path
    path.chmod(0o600)
    path.write_bytes(data)


def test_what_is_put_is_bound_and_described(store, tmp_path):
    """The receipt and the handle say size and hash, and the manifest is completed with them."""
    (tmp_path / "weights.bin").write_bytes(b"weights")
    receipt = artifacts.put_artifact(store, manifest(), tmp_path / "weights.bin")
    digits = hashlib.sha256(b"weights").hexdigest()
    binding = receipt.binding
    assert (receipt.artifact_ref, receipt.bytes_written) == ("artifact:p.r.model", 7)
    assert (binding.size_bytes, binding.hash_algorithm, binding.hash_value) == (7, "sha256", digits)
    assert (binding.artifact_kind, binding.source_name, binding.form) == ("model", "weights.bin", "file")
    assert (binding.manifest["size_bytes"], binding.manifest["hash_value"]) == (7, f"sha256:{digits}")
    assert binding.manifest_snapshot is binding.manifest
    assert binding.to_dict()["hash_value"] == digits
    handle = store.get_artifact("artifact:p.r.model")
    assert handle.path.read_bytes() == handle.read_bytes() == b"weights"
    assert [each.artifact_ref for each in store.list_artifacts(run_ref="run:p.r")] == ["artifact:p.r.model"]
    assert store.list_artifacts(run_ref="run:p.other") == []


@pytest.mark.parametrize("form", ["model", "data", "text"])
def test_the_same_again_changes_nothing(store, tmp_path, form):
    """Putting the same content under the same reference again writes nothing, whatever form the manifest has."""
    (tmp_path / "a").write_bytes(b"a")
    given = manifest()
    given = {"model": given, "data": given.to_dict(), "text": to_json(given)}[form]
    assert store.put_artifact(given, tmp_path / "a").bytes_written == 1
    assert store.put_artifact(given, tmp_path / "a", source_name="later").bytes_written == 0
    assert store.get_artifact("artifact:p.r.model").binding.source_name == "a"
    (tmp_path / "b").write_bytes(b"b")
    with pytest.raises(ConflictError) as caught:
        store.put_artifact(given, tmp_path / "b", mode="move")
    assert caught.value.code == "artifact_binding_conflict"
    assert (tmp_path / "b").exists()


@pytest.mark.parametrize("mode", ["copy", "move", "adopt"])
def test_the_source_stays_or_goes(store, tmp_path, mode):
    """A copied source stays; a moved or adopted one is gone, and its content is there."""
    (tmp_path / "a").write_bytes(b"a" * 2_000_000)
    store.put_artifact(manifest(), tmp_path / "a", mode=artifacts.IngestMode(mode))
    assert (tmp_path / "a").exists() == (mode == "copy")
    assert store.read_artifact_bytes("artifact:p.r.model") == b"a" * 2_000_000


def test_the_configured_mode_is_the_default(config, tmp_path):
    """Without a mode the configuration decides."""
    from dataclasses import replace

    (tmp_path / "a").write_bytes(b"a")
    with ArtifactStore(replace(config, default_ingest_mode="move")) as store:
        store.put_artifact(manifest(), tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("mode", ["copy", "move", "adopt"])
@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"size_bytes": 2}, "artifact_store_size_mismatch"),
        ({"hash_value": "sha256:" + "0" * 64}, "artifact_store_hash_mismatch"),
        ({"hash_value": "0" * 64}, "artifact_store_hash_mismatch"),
    ],
)
def test_claims_that_do_not_hold(store, tmp_path, claims, code, mode):
    """Content that is not what its manifest claims is not bound, and the source is still there."""
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(ArtifactError) as caught:
        store.put_artifact(manifest(**claims), tmp_path / "a", mode=mode)
    assert caught.value.code == code
    assert store.list_refs() == []
    assert (tmp_path / "a").read_bytes() == b"a"


@pytest.mark.parametrize("verification", ["none", "stored"])
def test_claims_that_nobody_checks(tmp_path, verification):
    """Where nothing is compared the binding says what came, and a later verification by the manifest tells."""
    (tmp_path / "a").write_bytes(b"a")
    config = VaultConfig(root_path=tmp_path / "artifacts", verification_mode=verification)
    with ArtifactStore(config) as store:
        wrong = manifest(size_bytes=2)
        store.put_artifact(wrong, tmp_path / "a")
        assert store.verify_artifact("artifact:p.r.model").verified
        report = store.verify_artifact("artifact:p.r.model", manifest=wrong)
        assert report.status == VerificationStatus.SIZE_MISMATCH
        assert (report.actual_size_bytes, report.expected_size_bytes) == (1, 2)


def test_strict_wants_both_claims(tmp_path):
    """In the strict mode a manifest must claim size and hash; with both that hold it is taken, in either case."""
    (tmp_path / "a").write_bytes(b"a")
    config = ArtifactStoreConfig(root_path=tmp_path / "artifacts", verification_mode="strict")
    digits = hashlib.sha256(b"a").hexdigest().upper()
    with ArtifactStore(config) as store:
        for claims in ({}, {"size_bytes": 1}, {"hash_value": digits}):
            with pytest.raises(ArtifactError) as caught:
                store.put_artifact(manifest(**claims), tmp_path / "a")
            assert caught.value.code == "artifact_store_strict_verification_missing_claims"
            with pytest.raises(ArtifactError):
                store.put_artifact_from_stream(manifest(**claims), io.BytesIO(b"a"), source_name="a")
        assert (
            store.put_artifact(manifest(size_bytes=1, hash_value=digits), tmp_path / "a").bytes_written == 1
        )
        assert store.collect_garbage().body_count == 0


def test_a_stream_and_a_session(store):
    """A stream is read to its end; a session is written piece by piece, committed once or aborted."""
    receipt = artifacts.put_artifact_from_stream(
        store, manifest("stream"), io.BytesIO(b"x" * 3_000_000), source_name="s"
    )
    assert (receipt.bytes_written, receipt.binding.source_name) == (3_000_000, "s")
    session = artifacts.begin_staged_ingest(store, "session")
    assert [artifacts.write_chunk(store, session, part) for part in (b"ab", bytearray(b"c"))] == [2, 1]
    assert artifacts.commit_staged_ingest(store, manifest("session"), session).bytes_written == 3
    assert store.read_artifact_bytes("artifact:p.r.session") == b"abc"
    with pytest.raises(LifecycleError):
        store.write_chunk(session, b"d")
    aborted = store.begin_staged_ingest("gone")
    artifacts.abort_staged_ingest(store, aborted)
    artifacts.abort_staged_ingest(store, aborted)
    assert store.list_refs() == ["artifact:p.r.session", "artifact:p.r.stream"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (lambda store: store.begin_staged_ingest(" "), "artifact_store_invalid_source_name"),
        (
            lambda store: store.write_chunk(store.begin_staged_ingest("a"), "text"),
            "artifact_store_invalid_chunk",
        ),
        (lambda store: store.write_chunk("session", b""), "artifact_store_invalid_session"),
    ],
    ids=["name", "chunk", "session"],
)
def test_a_session_that_is_used_wrongly(store, action, code):
    """Blank names, chunks that are no bytes and foreign sessions are errors that say so."""
    with pytest.raises(ValidationError) as caught:
        action(store)
    assert caught.value.code == code


def test_a_stream_that_breaks_leaves_nothing(store, config):
    """Where reading the stream raises, what was written is removed."""

    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(5, "broken")
            return super().read(10)

    with pytest.raises(OSError, match="broken"):
        store.put_artifact_from_stream(manifest(), Broken(b"x" * 20), source_name="s")
    assert list((config.root_path / "blobs").iterdir()) == []


def test_verification_tells_what_is_wrong(store, put):
    """A whole, a changed, a cut and a lost body each have their status, alone and in the sweep."""
    refs = {name: put(name, b"content of " + name.encode()) for name in ("whole", "changed", "cut", "lost")}
    damage(store, refs["changed"], b"Content of changed")
    damage(store, refs["cut"], b"content")
    store.get_artifact(refs["lost"]).path.unlink()
    expected = {
        "whole": VerificationStatus.VERIFIED,
        "changed": VerificationStatus.HASH_MISMATCH,
        "cut": VerificationStatus.SIZE_MISMATCH,
        "lost": VerificationStatus.MISSING,
    }
    for name, status in expected.items():
        report = artifacts.verify_artifact(store, refs[name])
        assert (report.status, report.verified, report.exists) == (status, name == "whole", name != "lost")
        assert bool(report.messages) == (name != "whole")
        assert report.to_dict()["status"] == status
        assert artifacts.refresh_verification(store, refs[name]).status == status
    report = store.verify_artifact(refs["changed"])
    assert report.actual_hash_value == hashlib.sha256(b"Content of changed").hexdigest()
    assert report.expected_hash_value == hashlib.sha256(b"content of changed").hexdigest()
    sweep = artifacts.verify_all(store)
    assert [each.status for each in sweep.verification_records] == list(expected.values())
    assert sweep.missing_refs == (refs["lost"],)
    assert set(sweep.drifted_refs) == {refs["changed"], refs["cut"]}
    assert sweep.ok is False
    assert sweep.to_dict()["ok"] is False
    summary = artifacts.inspect_store(store)
    assert (summary.artifact_count, summary.kinds, summary.format_version) == (4, {"model": 4}, "v1")
    assert (summary.verified_count, summary.missing_count, summary.drift_count) == (1, 1, 2)
    assert summary.total_size_bytes == sum(len(f"content of {name}") for name in refs)
    assert summary.to_dict()["orphan_count"] == 0


def test_directories_are_verified(store, tmp_path):
    """A damaged file inside makes the directory drift; a lost one makes it missing."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"inside")
    ref = store.put_artifact(manifest("tree"), tmp_path / "tree").artifact_ref
    assert store.verify_artifact(ref).verified
    digits = hashlib.sha256(b"inside").hexdigest()
    body = store.backend._layout.blob(f"sha256:{digits}")
    body.chmod(0o600)
    body.write_bytes(b"Inside")
    assert store.verify_artifact(ref).status == VerificationStatus.HASH_MISMATCH
    body.unlink()
    assert store.verify_artifact(ref).status == VerificationStatus.MISSING
    assert "'file'" in store.verify_all().verification_records[0].message


def test_verification_of_the_wrong_thing(store, put):
    """An unknown reference is not found, and another artifact's manifest is refused."""
    ref = put("a", b"a")
    with pytest.raises(NotFoundError):
        store.verify_artifact("artifact:p.r.none")
    with pytest.raises(ValidationError) as caught:
        store.verify_artifact(ref, manifest=manifest("other"))
    assert caught.value.code == "artifact_store_verification_manifest_mismatch"


def test_damage_is_planned_previewed_and_isolated(store, put, config):
    """A plan names each step; applied, the damage is in quarantine and the same content mends."""
    assert artifacts.build_repair_plan(store).actions == ("noop:artifact_store_healthy_or_empty",)
    assert store.preview_repairs(store.build_repair_plan()) == ("nothing is to be repaired",)
    ref = put("a", b"a")
    damage(store, ref, b"b")
    plan = store.build_repair_plan()
    assert plan.ok is False
    (action,) = plan.actions
    assert action.startswith("quarantine_body:blobs/")
    assert ref in artifacts.preview_repairs(store, plan)[1]
    assert [each.applied for each in artifacts.apply_repairs(store, plan)] == [True]
    assert [path.read_bytes() for path in config.root_path.glob("quarantine/*/*")] == [b"b"]
    assert store.verify_artifact(ref).status == VerificationStatus.MISSING
    put("again", b"a")
    assert store.verify_all().ok


def test_quarantine_by_hand(store, put, config, tmp_path):
    """A bound body and an orphan can be moved aside; an orphan that is none is refused."""
    ref = put("a", b"a")
    moved = artifacts.quarantine_bound_artifact(store, ref)
    assert (config.root_path / moved).read_bytes() == b"a"
    assert (store.list_refs(), store.artifact_exists(ref)) == ([ref], False)
    with pytest.raises(NotFoundError):
        store.quarantine_bound_artifact("artifact:p.r.none")
    (config.root_path / "blobs" / "strange").write_bytes(b"s")
    (orphan,) = store.verify_all().orphan_paths
    assert (config.root_path / artifacts.quarantine_orphan_body(store, orphan)).read_bytes() == b"s"
    for path in (orphan, "../x", store.get_artifact(put("b", b"b")).path.as_posix()):
        with pytest.raises(ValidationError) as caught:
            store.quarantine_orphan_body(path)
        assert caught.value.code == "artifact_store_not_an_orphan"


def test_only_abandoned_staging_is_removed(store, config):
    """The temporary file of a dead process goes, that of a session under way stays."""
    session = store.begin_staged_ingest("live")
    dead = config.root_path / "blobs" / ".tmp-0123456789abcdef"
    dead.write_bytes(b"dead")
    assert artifacts.remove_abandoned_staging(store) == ["blobs/.tmp-0123456789abcdef"]
    assert not dead.exists()
    store.write_chunk(session, b"alive")
    store.commit_staged_ingest(manifest(), session)
    assert store.read_artifact_bytes("artifact:p.r.model") == b"alive"


def test_the_layout_is_current(store, put):
    """A store without artifacts is new, any other has the layout that is written."""
    plan = artifacts.plan_migration(store)
    assert (plan.actions, plan.source_layout_version, plan.dry_run) == (("bootstrap:new_store",), "v1", True)
    put("a", b"a")
    done = artifacts.migrate_bindings(store, dry_run=False)
    assert (done.actions, done.dry_run) == (("noop:layout_already_current",), False)


def names(candidates):
    """Return the last components of the references."""
    return [each.artifact_ref.rpartition(".")[2] for each in candidates]


def test_without_a_rule_nothing_goes(store, put):
    """Named artifacts stay, the others are for review, and applying the plan removes nothing."""
    kept = put("a", b"a")
    put("b", b"b")
    plan = artifacts.plan_retention(store, [kept])
    assert (names(plan.keep), names(plan.review), names(plan.remove)) == (["a"], ["b"], [])
    assert names(store.plan_retention().keep) == ["a", "b"]
    assert store.apply_retention(plan).artifact_refs == ()
    assert len(store.list_refs()) == 2


def test_a_rule_lets_go_and_frees_bytes(store, put):
    """Of the kind, beyond the newest two, and not named: they go with the bytes that were planned."""
    for number in range(5):
        put(f"c{number}", b"x" * (number + 1), kind="checkpoint")
    put("m0", b"model")
    plan = store.plan_retention(["artifact:p.r.c1"], rule=RetentionRule(kinds=("checkpoint",), keep_latest=2))
    assert (names(plan.remove), plan.freed_bytes) == (["c0", "c2"], 1 + 3)
    assert (names(plan.keep), names(plan.review)) == (["c1"], ["c3", "c4", "m0"])
    lines = artifacts.preview_retention(store, plan)
    assert lines[0].startswith("2 go, 3 to review, 1 stay; 4 bytes")
    assert "c0 (not among the newest 2 of kind 'checkpoint')" in lines[1]
    result = artifacts.apply_retention(store, plan)
    assert (result.freed_bytes, result.notes, len(result.artifact_refs)) == (4, (), 2)
    assert [ref.rpartition(".")[2] for ref in store.list_refs()] == ["c1", "c3", "c4", "m0"]
    assert store.verify_all().ok
    assert store.apply_retention(plan).artifact_refs == ()


def test_a_rule_by_age(store, put):
    """Only what was bound longer ago than the rule says goes; both conditions must hold where both are set."""
    put("a", b"a")
    put("b", b"b")
    later = datetime.now(UTC) + timedelta(days=10)
    rule = RetentionRule(older_than_days=9)
    assert names(store.plan_retention(rule=rule, now=later).remove) == ["a", "b"]
    assert "10.0 days old" in store.plan_retention(rule=rule, now=later).remove[0].reason
    assert store.plan_retention(rule=rule).remove == ()
    both = RetentionRule(older_than_days=9, keep_latest=1)
    assert names(store.plan_retention(rule=both, now=later).remove) == ["a"]


def test_what_changed_since_the_plan_stays(store, put):
    """A reference that was let go of and bound to other content is not the one that was planned."""
    ref = put("a", b"a")
    plan = store.plan_retention(rule=RetentionRule(keep_latest=0))
    store.backend.unbind([ref])
    put("a", b"other")
    assert store.apply_retention(plan).artifact_refs == ()
    assert store.read_artifact_bytes(ref) == b"other"


@pytest.mark.parametrize(
    "fields", [{}, {"kinds": ("model",)}, {"keep_latest": -1}, {"older_than_days": -1.0}]
)
def test_a_rule_that_lets_everything_go_is_refused(fields):
    """A rule without a limit, or with a negative one, is a mistake."""
    with pytest.raises(ValidationError) as caught:
        RetentionRule(**fields)
    assert caught.value.code == "artifact_invalid_retention_rule"


def test_garbage_by_function(store, put):
    """What was let go of is counted and then removed."""
    ref = put("a", b"abc")
    store.backend.unbind([ref])
    assert artifacts.collect_garbage(store, dry_run=True).body_bytes == 3
    assert artifacts.collect_garbage(store).freed_bytes == 3
    assert artifacts.collect_garbage(store, despite_damage=True).body_count == 0

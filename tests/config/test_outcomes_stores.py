"""What the fields of the workspace, contract and store sections change: two values of each, two outcomes."""

from __future__ import annotations

import json

import pytest

from contexta.contract.refs import StableRef
from contexta.errors import (
    ConfigurationError,
    IntegrityError,
    MissingPluginError,
    NotFoundError,
    PluginError,
    ReadOnlyStoreError,
    SchemaVersionError,
    StorageFullError,
    ValidationError,
)
from contexta.log import filesystem


@pytest.fixture
def source(tmp_path):
    """Make a file of 1,000 bytes to register."""
    path = tmp_path / "model.bin"
    path.write_bytes(bytes(range(250)) * 4)
    return path


@pytest.fixture
def registered(opened, source):
    """Register the file in a run, and return the workspace and the artifact's reference."""

    def register(fields=None, name="ws", **arguments):
        ctx = opened(fields, name)
        with ctx.run("train"):
            ctx.event("note", message="m")
            result = ctx.register_artifact("model", str(source), **arguments)
        return ctx, str(result.metadata["artifact_ref"])

    return register


def _files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_runs_lie_in_their_workspace(captured, tmp_path):
    """root_path: what is captured in one workspace is not in another."""
    captured(name="one")
    other = captured(name="two")
    assert 1 == len(other.list_runs())
    assert _files(tmp_path / "one")


@pytest.mark.parametrize(
    ("path", "value", "place", "default"),
    [
        ("workspace.metadata_path", "elsewhere", "elsewhere", "metadata"),
        ("metadata.database_path", "elsewhere/ledger.db", "elsewhere", "metadata"),
        ("metadata.database_path", "elsewhere/own.db", "elsewhere/own.db", "metadata"),
        ("workspace.records_path", "elsewhere", "elsewhere", "records"),
        ("records.root_path", "elsewhere", "elsewhere", "records"),
        ("workspace.artifacts_path", "elsewhere", "elsewhere", "artifacts"),
        ("artifacts.root_path", "elsewhere", "elsewhere", "artifacts"),
    ],
)
def test_a_plane_lies_where_it_should(registered, tmp_path, path, value, place, default):
    """metadata_path, database_path, records_path, artifacts_path, root_path: the plane's files are there."""
    ctx, ref = registered()
    ctx.close()
    assert _files(tmp_path / "ws" / default)
    ctx, ref = registered({path: str(tmp_path / value)}, "moved")
    assert ctx.artifact_store.artifact_exists(ref)
    assert 1 == len(ctx.list_runs())
    ctx.close()
    assert _files(tmp_path / place)
    assert [] == _files(tmp_path / "moved" / default)


def test_two_databases_beside_each_other_are_two_stores(captured, tmp_path):
    """database_path: files of different names hold different runs."""
    captured({"metadata.database_path": str(tmp_path / "a.db")})
    other = captured({"metadata.database_path": str(tmp_path / "b.db")})
    assert 1 == len(other.list_runs())


def test_a_database_in_memory_is_refused(opened):
    """database_path: the stock store is shared by processes, and says so instead of writing somewhere."""
    with (
        pytest.raises(ConfigurationError, match=r"metadata\.database_path"),
        opened({"metadata.database_path": ":memory:"}).run("train"),
    ):
        pass


@pytest.mark.parametrize(
    ("path", "kept", "code"),
    [
        ("workspace.create_missing_dirs", True, None),
        ("workspace.create_missing_dirs", False, "workspace_missing"),
        ("metadata.auto_create", True, None),
        ("metadata.auto_create", False, "store_missing"),
        ("artifacts.create_missing_dirs", True, None),
        ("artifacts.create_missing_dirs", False, "store_missing"),
    ],
)
def test_what_is_missing_is_made_or_not(opened, source, tmp_path, path, kept, code):
    """create_missing_dirs, auto_create: without them nothing is made, and the error names the setting."""
    ctx = opened({path: kept})

    def capture():
        with ctx.run("train"):
            ctx.register_artifact("model", str(source))

    if code is None:
        capture()
        return
    with pytest.raises(NotFoundError) as caught:
        capture()
    assert code == caught.value.code
    assert path in str(caught.value)
    plane = path.partition(".")[0]
    assert not (tmp_path / "ws" / ("" if plane == "workspace" else plane)).exists()


@pytest.mark.parametrize(
    "path", ["workspace.create_missing_dirs", "metadata.auto_create", "artifacts.create_missing_dirs"]
)
def test_what_is_there_needs_no_making(registered, path):
    """create_missing_dirs, auto_create: what exists is used whatever they say."""
    registered()[0].close()
    ctx, ref = registered({path: False}, allow_missing=False)
    assert ctx.artifact_store.artifact_exists(ref)


@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("metadata.storage_adapter", lambda ctx: ctx.metadata_store),
        ("records.storage_adapter", lambda ctx: ctx.record_store),
        ("records.layout_mode", lambda ctx: ctx.record_store),
        ("artifacts.storage_adapter", lambda ctx: ctx.artifact_store),
    ],
)
def test_the_named_plugin_serves_a_plane(opened, path, question):
    """storage_adapter, layout_mode: the plugin of that name is asked for, and missed where it is not installed."""
    assert question(opened()) is not None
    with pytest.raises(MissingPluginError, match="acme"):
        question(opened({path: "acme"}, "other"))


def test_the_metadata_plugin_gets_its_options(opened):
    """metadata.options: with an index threshold of one byte an index is published, without an index none is."""
    found = {}
    for name, options in {"with": {"index_threshold_bytes": 1}, "without": {"index": False}}.items():
        ctx = opened({"metadata.options": options}, name)
        with ctx.run("train"):
            pass
        ctx.list_runs()
        root = ctx.config.workspace.metadata_path
        ctx.close()
        found[name] = bool(_files(root / "index")) if (root / "index").exists() else False
    assert {"with": True, "without": False} == found


@pytest.mark.parametrize(
    ("plane", "question"),
    [("records", lambda ctx: ctx.record_store), ("artifacts", lambda ctx: ctx.artifact_store)],
)
def test_plugins_refuse_options_that_they_do_not_know(opened, plane, question):
    """records.options, artifacts.options: none is fine, an unknown one is refused with its path."""
    assert question(opened({f"{plane}.options": {}})) is not None
    with pytest.raises((PluginError, ConfigurationError), match=rf"{plane}\.options"):
        question(opened({f"{plane}.options": {"colour": "red"}}, "other"))


@pytest.mark.parametrize(("plane", "version"), [("records", "2"), ("artifacts", "v2")])
def test_another_layout_is_refused(opened, plane, version):
    """layout_version: the stock stores write one layout, and do not write another one under its name."""
    question = {"records": "record_store", "artifacts": "artifact_store"}[plane]
    assert getattr(opened(), question) is not None
    with pytest.raises(ConfigurationError, match=rf"{plane}\.layout_version"):
        getattr(opened({f"{plane}.layout_version": version}, "other"), question)


def test_indexes_are_kept_or_not(captured, tmp_path):
    """enable_indexes: what is derived from the records is kept beside them and covers all, or is never made."""
    kept = captured(name="one").record_store.rebuild_indexes()
    assert kept.performed
    assert 0 < kept.covered_bytes
    assert [".duckdb"] == [
        path.suffix for path in _files(tmp_path / "one" / "records" / "index") if path.suffix
    ]
    left_out = captured({"records.enable_indexes": False}, "two").record_store.rebuild_indexes()
    assert not left_out.performed
    assert not (tmp_path / "two" / "records" / "index").exists()


@pytest.mark.parametrize("plane", ["metadata", "records", "artifacts"])
def test_a_plane_that_may_only_be_read_refuses_writes(opened, source, plane):
    """read_only: the write of that plane is refused, the same capture with it writable is not."""

    def capture(ctx):
        with ctx.run("train"):
            ctx.event("note", message="m")
            ctx.register_artifact("model", str(source))

    capture(opened({f"{plane}.read_only": False}))
    with pytest.raises(ReadOnlyStoreError):
        capture(opened({f"{plane}.read_only": True}))


def test_segments_are_as_large_as_configured(opened):
    """max_segment_bytes: with little room a hundred metrics need several segments, with much room one."""
    numbers = {}
    for size in (4096, 1_048_576):
        ctx = opened({"records.max_segment_bytes": size}, f"ws{size}")
        with ctx.run("train"):
            for step in range(100):
                ctx.event("note", message="m" * 200, attributes={"step": step})
        root = ctx.config.records.root_path
        ctx.close()
        numbers[size] = len(_files(root / "segments"))
    assert numbers[4096] > numbers[1_048_576] >= 1


@pytest.mark.skipif(not hasattr(filesystem, "_sync"), reason="this platform syncs by another call")
def test_durability_decides_about_syncing(opened, monkeypatch):
    """durability_mode: `fsync` syncs what is captured before it returns, `flush` leaves that to the system."""
    synced = []
    real = filesystem._sync
    monkeypatch.setattr(filesystem, "_sync", lambda descriptor: (synced.append(descriptor), real(descriptor)))
    numbers = {}
    for mode in ("fsync", "flush"):
        ctx = opened({"records.durability_mode": mode}, mode)
        with ctx.run("train"):
            ctx.metric("loss", 1.0)
            synced.clear()
            ctx.metric("loss", 0.5)
            numbers[mode] = len(synced)
    assert numbers["flush"] == 0 < numbers["fsync"]


@pytest.mark.parametrize(("mode", "stays"), [("copy", True), ("move", False)])
def test_a_registered_file_stays_or_moves(registered, source, mode, stays):
    """default_ingest_mode: a copied file stays where it is, a moved one does not."""
    ctx, ref = registered({"artifacts.default_ingest_mode": mode})
    assert stays == source.exists()
    assert 1000 == len(ctx.artifact_store.read_artifact_bytes(ref))


def test_chunks_are_as_large_as_configured(registered):
    """chunk_size_bytes: a body is read in pieces of that size unless the caller names another."""
    for size, sizes in {400: [400, 400, 200], 1_048_576: [1000]}.items():
        ctx, ref = registered({"artifacts.chunk_size_bytes": size})
        assert sizes == [len(chunk) for chunk in ctx.artifact_store.iter_artifact_chunks(ref)]
        assert [1000] == [
            len(chunk) for chunk in ctx.artifact_store.iter_artifact_chunks(ref, chunk_size=5000)
        ]


@pytest.mark.parametrize(
    ("mode", "damage", "hashed", "is_read"),
    [
        ("none", "cut", True, True),
        ("stored", "cut", True, False),
        ("stored", "flip", True, True),
        ("manifest_if_available", "flip", True, False),
        ("manifest_if_available", "flip", False, True),
        ("strict", "flip", False, False),
        ("strict", None, False, True),
    ],
)
def test_reading_verifies_as_much_as_configured(registered, tmp_path, mode, damage, hashed, is_read):
    """verification_mode: nothing, the size, the digest where the manifest has one, or always the digest."""
    ctx, ref = registered({"artifacts.verification_mode": mode}, compute_hash=hashed)
    (body,) = [path for path in _files(tmp_path / "ws" / "artifacts") if path.stat().st_size == 1000]
    content = bytearray(body.read_bytes())
    if damage == "flip":
        content[500] ^= 1
    elif damage == "cut":
        del content[900:]
    body.chmod(0o600)
    body.write_bytes(content)
    if is_read:
        assert bytes(content) == ctx.artifact_store.read_artifact_bytes(ref)
        return
    with pytest.raises(IntegrityError) as caught:
        ctx.artifact_store.read_artifact_bytes(ref)
    assert "artifact_body_damaged" == caught.value.code


def _spoilt_record(ctx):
    (stored,) = [each for each in ctx.record_store.scan() if each.record_type == "event"]
    record = stored.record
    object.__setattr__(record.payload, "level", "loud")
    # A copy under its own reference would be a conflict, whatever the rules.
    object.__setattr__(record.envelope, "record_ref", StableRef.parse(f"{record.envelope.record_ref}-2"))
    return record


def test_a_record_that_breaks_a_rule_is_refused_or_reported(captured):
    """validation_mode: strict refuses it and keeps nothing, lenient keeps it and warns."""
    ctx = captured({"contract.validation_mode": "strict"}, "strict")
    with pytest.raises(ValidationError):
        ctx.record_store.append(_spoilt_record(ctx))
    assert 2 == len(list(ctx.record_store.scan()))
    ctx = captured({"contract.validation_mode": "lenient"}, "lenient")
    with pytest.warns(RuntimeWarning, match="breaks a rule"):
        ctx.record_store.append(_spoilt_record(ctx))
    assert 3 == len(list(ctx.record_store.scan()))


def test_a_record_of_another_version_is_refused_or_read(opened):
    """compatibility_mode: strict refuses a record of a later major version, lenient reads what it knows of it."""
    flat = {
        "type": "event", "id": "r-1", "run": "run:p.r", "key": "note", "message": "from later",
        "time": "2031-01-31T12:00:00Z", "schema": "2.0.0", "novelty": json.loads('{"a": 1}'),
    }  # fmt: skip
    for mode in ("strict", "lenient"):
        ctx = opened({"contract.compatibility_mode": mode}, mode)
        ctx.record_store.backend.append([flat])
        (stored,) = ctx.record_store.scan()
        if mode == "strict":
            with pytest.raises(SchemaVersionError):
                assert stored.record
        else:
            assert ("from later", "1.0.0") == (
                stored.record.payload.message,
                stored.record.envelope.schema_version,
            )


def test_equal_records_are_equal_bytes_or_as_they_were_given(opened, tmp_path):
    """deterministic_serialization: the fields of a record are sorted, or stand in the order in which they came."""
    flat = {"type": "event", "id": "r-1", "run": "run:p.r", "key": "k", "time": "2026-01-31T12:00:00Z"}
    given = [flat | {"message": "m", "level": "error"}, flat | {"level": "error", "message": "m"}]
    texts = {}
    for deterministic in (True, False):
        ctx = opened({"contract.deterministic_serialization": deterministic}, str(deterministic))
        ctx.record_store.backend.append(given)
        (segment,) = _files(tmp_path / str(deterministic) / "records" / "segments")
        # Between the line's number and its checksum stands the record.
        lines = segment.read_text().splitlines()[1:3]
        texts[deterministic] = [line.partition(",")[2].rpartition(',"c"')[0] for line in lines]
    assert texts[True][0] == texts[True][1] == texts[False][1]
    assert '"message":"m","level":"error"' in texts[False][0]


@pytest.mark.parametrize(("enabled", "expected"), [(False, 2), (True, 1)])
def test_closing_compacts_the_records_where_it_is_enabled(opened, tmp_path, enabled, expected):
    """records_compaction_enabled: the segments of two writers become one, or stay as they are."""
    for name in ("one", "two"):
        ctx = opened({"retention.records_compaction_enabled": enabled})
        with ctx.run(name):
            ctx.metric("loss", 0.5)
        ctx.close()
    assert expected == len(list((tmp_path / "ws" / "records" / "segments").glob("*.seg")))
    assert 2 == sum(each.record_type == "metric" for each in opened().record_store.scan())


def test_a_compaction_that_fails_spoils_no_closing(captured, monkeypatch, caplog):
    """A full disk while the workspace tidies itself is logged, and nothing else."""
    ctx = captured({"retention.records_compaction_enabled": True})
    other = captured({"retention.records_compaction_enabled": True})

    def full(*_, **__):
        raise StorageFullError("no space", code="storage_full")

    monkeypatch.setattr("contexta_store_jsonl.compaction.compact_log", full)
    ctx.close()
    other.close()
    assert "were not compacted" in caplog.text

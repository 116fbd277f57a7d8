"""Events, spans and artifacts on their way into the workspace."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from contexta.contract.timestamps import instant
from contexta.errors import ArtifactError, ConflictError, ContextaError, ValidationError


def test_events_carry_the_scope_that_captured_them(run, records):
    """An event of an operation carries the references of everything around it."""
    with run.stage("train") as stage, stage.batch("b1") as batch, batch.operation("step") as operation:
        operation.event("note", message="hello", level="debug", attributes={"a": [1, None]}, tags={"t": "x"})
    (record,) = records("event")
    del record["id"], record["time"]
    assert record == {
        "type": "event",
        "run": run.ref,
        "stage": stage.ref,
        "batch": batch.ref,
        "op": operation.ref,
        "key": "note",
        "message": "hello",
        "level": "debug",
        "attributes": {"a": [1, None]},
        "tags": {"t": "x"},
    }


def test_texts_in_any_script_come_back(ctx, run):
    """Unicode in messages, tags and attributes comes back unchanged, in every normal form."""
    text = "Обучение 训练 🎉 e\u0301 é \u202e \x1b[0m \u2028."
    run.event("note", message=text, tags={text: text}, attributes={text: text})
    (stored,) = ctx.record_store.scan()
    assert stored.record.payload.message == text
    assert stored.record.payload.attributes[text] == text
    assert stored.record.payload.attributes["tags"] == {text: text}


def test_large_events_fit_up_to_a_mebibyte(run, records):
    """A message of nearly one MiB is kept; beyond it the answer is a clear error, and the run goes on."""
    run.event("large", message="x" * 1_048_000)
    for text in ("x" * 1_048_577, "é" * 900_000):
        with pytest.raises(ValidationError):
            run.event("larger", message=text)
    run.event("after", message="m")
    assert [len(each["message"]) for each in records("event")] == [1_048_000, 1]


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({}, "now", "now"),
        ({"started_at": "2001-01-01T00:00:00Z"}, "2001-01-01T00:00:00Z", "now"),
        ({"ended_at": "2001-01-01T00:00:00Z"}, "2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ({"started_at": "2999-01-01T00:00:00Z"}, "2999-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
        ({"ended_at": "2999-01-01T00:00:00Z"}, "now", "2999-01-01T00:00:00Z"),
    ],
    ids=["neither", "start", "end", "future-start", "future-end"],
)
def test_spans_never_end_before_they_start(ctx, run, given, start, end):
    """A missing time is that of the call, and never turns the span around."""
    payload = run.span("load", **given).payload.payload
    (stored,) = ctx.record_store.scan()
    assert stored.record.payload == payload
    assert instant(payload.started_at) <= instant(payload.ended_at)
    assert payload.started_at == start if start != "now" else payload.started_at.startswith("20")
    assert payload.ended_at == end if end != "now" else payload.ended_at.startswith("20")


def test_a_root_span_does_not_spoil_the_store(ctx, run):
    """Spans with and without a parent come back, in one store with everything else."""
    root = run.span("root").payload.payload
    run.span("child", parent_span_id=root.span_id)
    run.metric("loss", 1.0)
    parents = [getattr(each.record.payload, "parent_span_id", "-") for each in ctx.record_store.scan()]
    assert parents == [None, root.span_id, "-"]


def test_one_text_is_no_list_of_links(run):
    """A reference where a sequence belongs is refused, not taken letter by letter."""
    with pytest.raises(ValidationError) as caught:
        run.span("load", linked_refs=run.ref)
    assert caught.value.code == "capture_model_invalid_linked_ref"


def test_all_spans_of_a_run_are_one_trace(ctx, run, records):
    """A child span shares its parent's trace, or no viewer could draw them together; another run has its own."""
    parent = run.span("fit").payload.payload.span_id
    run.span("epoch", parent_span_id=parent)
    run.close()
    with ctx.run("other") as other:
        other.span("fit")
    first, child, elsewhere = records("span")
    assert child["parent"] == first["span"]
    assert child["trace"] == first["trace"]
    assert elsewhere["trace"] != first["trace"]


def test_batches_of_events_and_spans_are_all_or_none(run, records):
    """A bad emission anywhere and nothing of the batch is written."""
    with pytest.raises(ValidationError):
        run.emit_events([{"key": "a", "message": "m"}, {"key": "b", "message": ""}])
    with pytest.raises(ValidationError):
        run.emit_spans([{"name": "a"}, {"name": "b", "status": "done"}])
    assert records() == []
    assert run.emit_events([{"key": "a", "message": "m"}] * 2).total_count == 2
    assert run.emit_spans([{"name": "a"}]).succeeded


@pytest.fixture
def source(tmp_path):
    """Write a file to register."""
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    return path


def test_an_artifact_is_kept_although_its_source_goes(ctx, run, source):
    """The body is in the store by the digest of its content; the source may change or go."""
    result = run.register_artifact("model", str(source), attributes={"layers": 3})
    source.unlink()
    manifest = result.payload["manifest"]
    assert result.succeeded
    assert manifest.hash_value == "sha256:" + hashlib.sha256(b"weights").hexdigest()
    assert (manifest.size_bytes, manifest.attributes) == (7, {"layers": 3})
    assert ctx.artifact_store.read_artifact_bytes(str(manifest.artifact_ref)) == b"weights"


def test_a_missing_source_is_an_error_unless_it_may_be(ctx, run, tmp_path):
    """Nothing at the path raises; when allowed, the registration is degraded and says where it will be."""
    missing = tmp_path / "later.bin"
    with pytest.raises(ValidationError) as caught:
        run.register_artifact("model", str(missing))
    assert caught.value.code == "artifact_source_missing"
    result = run.register_artifact("model", str(missing), allow_missing=True)
    assert (result.status, result.payload["binding_status"]) == ("DEGRADED", "PENDING")
    assert result.payload["manifest"].location_ref == f"path:{missing.as_posix()}"
    assert not ctx.artifact_store.artifact_exists(str(result.payload["manifest"].artifact_ref))


def test_a_relative_path_of_a_missing_source_is_kept_whole(run):
    """What is missing can be found later, from whatever directory."""
    result = run.register_artifact("model", "later.bin", allow_missing=True)
    assert result.payload["manifest"].location_ref == f"path:{Path.cwd()}/later.bin"


@pytest.mark.parametrize("kind", ["a__b", "x_", "model_" + "y" * 60])
def test_any_kind_makes_a_legal_reference(run, source, kind):
    """Kinds with doubled or trailing underscores, and long ones, get a reference."""
    assert run.register_artifact(kind, str(source)).succeeded


@pytest.mark.parametrize(
    "ref",
    ["run:default.train", "artifact:default.other.x", "artifact:other.train.x", "artifact:default.train"],
)
def test_a_reference_of_another_place_is_refused_before_the_body_is_taken(opened, source, ref):
    """An explicit reference must lie under the run; a source that was to be moved is still there."""
    ctx = opened("moving", artifacts={"default_ingest_mode": "move"})
    with ctx.run("train") as run, pytest.raises(ContextaError):
        run.register_artifact("model", str(source), artifact_ref=ref)
    assert source.read_bytes() == b"weights"


def test_a_reference_is_bound_to_one_content(opened, source):
    """The same reference again is fine with the same content; with other content nothing of the source is lost."""
    ctx = opened("moving", artifacts={"default_ingest_mode": "move"})
    ref = "artifact:default.train.best"
    with ctx.run("train") as run:
        run.register_artifact("model", str(source), artifact_ref=ref)
        assert not source.exists()
        source.write_bytes(b"weights")
        assert run.register_artifact("model", str(source), artifact_ref=ref).succeeded
        source.write_bytes(b"other")
        with pytest.raises(ConflictError):
            run.register_artifact("model", str(source), artifact_ref=ref)
    assert source.read_bytes() == b"other"
    assert ctx.artifact_store.read_artifact_bytes(ref) == b"weights"


@pytest.mark.parametrize("method", ["register_artifact", "pending"])
def test_names_that_are_no_utf8_are_artifacts(ctx, run, tmp_path, method):
    """A file whose name has bytes that are no UTF-8 is taken like any other."""
    path = tmp_path / os.fsdecode(b"\xff.bin")
    if method != "pending":
        path.write_bytes(b"y")
    result = run.register_artifact("data", str(path), allow_missing=True)
    json.dumps(result.to_dict(), ensure_ascii=False).encode()
    assert len(ctx.artifact_store.list_refs()) == 1


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null"])
def test_devices_are_no_artifacts(run, place):
    """An endless device is refused at once."""
    with pytest.raises(ArtifactError):
        run.register_artifact("data", place)


def test_a_batch_of_artifacts_goes_one_by_one(ctx, run, source, tmp_path):
    """One that is at fault becomes a failed item; the others are kept."""
    batch = run.register_artifacts(
        [
            {"artifact_kind": "model", "path": str(source)},
            {"artifact_kind": "model", "path": str(tmp_path / "none")},
            {"artifact_kind": "BAD", "path": str(source)},
            {"colour": "red"},
        ]
    )
    assert [each.status for each in batch.results] == ["SUCCESS", "FAILURE", "FAILURE", "FAILURE"]
    assert [each.error_code for each in batch.results[1:]] == [
        "artifact_source_missing",
        "capture_model_invalid_artifact_kind",
        "capture_model_invalid_fields",
    ]
    assert len(ctx.artifact_store.list_refs()) == 1


def test_a_directory_is_an_artifact(ctx, run, tmp_path):
    """A directory is taken whole and can be written out again."""
    folder = tmp_path / "bundle"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("a")
    manifest = run.register_artifact("bundle", str(folder)).payload["manifest"]
    out = ctx.artifact_store.save_artifact(str(manifest.artifact_ref), tmp_path / "out")
    assert (out / "deep" / "a.txt").read_text() == "a"

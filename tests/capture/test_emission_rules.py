"""Emissions: every rule, with the code that a program may branch on."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from enum import StrEnum

import pytest

from contexta.capture import ArtifactRegistrationEmission, EventEmission, MetricEmission, SpanEmission
from contexta.errors import ValidationError

CYCLE = {}
CYCLE["self"] = CYCLE


def event(**changes):
    """Build an event."""
    return EventEmission(**{"key": "k", "message": "m", **changes})


def metric(**changes):
    """Build a metric."""
    return MetricEmission(**{"key": "k", "value": 1.0, **changes})


def span(**changes):
    """Build a span."""
    return SpanEmission(**{"name": "n", **changes})


def artifact(**changes):
    """Build an artifact registration."""
    return ArtifactRegistrationEmission(**{"artifact_kind": "model", "path": "p", **changes})


REFUSED = [
    *((event, {"key": key}, "capture_model_invalid_event_key") for key in ("a b", ".a", "a.", "a..b", "é", "a\nb")),
    *((metric, {"key": key}, "capture_model_invalid_metric_key") for key in ("a b", "a.", "x" * 129)),
    *((event, {"key": key}, "capture_model_invalid_string") for key in ("", " ", None, 5, b"k")),
    *((event, {"message": text}, "capture_model_invalid_string") for text in ("", " \n", None, 5, "a\0b", "\ud800")),
    *((event, {"level": word}, "capture_model_invalid_marker") for word in ("loud", "INFO", None, 5, [])),
    *((event, {"attributes": value}, "capture_model_invalid_json_value") for value in (
        {"x": float("nan")}, {"x": float("inf")}, {"x": object()}, {"x": {1: 2}}, {"x": b"b"}, {"x": {1, 2}}, CYCLE,
        {"x": "\0"}, {"x": "\ud800"}, {"x": 2**70}, {5: 1}, {" ": 1}, {"a": 1, " a": 2}, [1], "text",
    )),
    *((event, {"tags": value}, "capture_model_invalid_mapping") for value in (
        {"a": 1}, {"a": None}, ["a"], "text", {"a": "\0"}, {"a": "\ud800"}, {"a": "1", " a": "2"},
    )),
    (event, {"tags": {" ": "x"}}, "capture_model_invalid_string"),
    (event, {"tags": {5: "x"}}, "capture_model_invalid_string"),
    (event, {"tags": {"a": "x"}, "attributes": {"tags": 1}}, "capture_event_tags_conflict"),
    *((metric, {"value": value}, "capture_model_invalid_metric_value") for value in (
        True, "1", b"1", None, [1.0], {"a": 1}, 1j, float("nan"), float("inf"), -float("inf"), 10**400, object(),
    )),
    *((metric, {"unit": unit}, "capture_model_invalid_string") for unit in ("", " ", 5, "x" * 257, "\0")),
    *((metric, {"aggregation_scope": word}, "capture_model_invalid_marker") for word in ("epoch", "", None)),
    *((metric, {"summary_basis": word}, "capture_model_invalid_summary_basis") for word in ("Mean", "p-99", "9th")),
    *((metric, {"step": step}, "capture_model_invalid_step") for step in (True, 1.0, "1", 2**63, -(2**63), [])),
    *((span, {"name": name}, "capture_model_invalid_string") for name in ("", None, "x" * 257, "\0")),
    *((span, {"status": word}, "capture_model_invalid_marker") for word in ("done", None)),
    *((span, {"span_kind": word}, "capture_model_invalid_marker") for word in ("server", None)),
    (
        span,
        {"started_at": "2024-01-01T00:00:00.1Z", "ended_at": "2024-01-01T00:00:00Z"},
        "capture_model_invalid_time_order",
    ),
    *((span, {"linked_refs": refs}, "capture_model_invalid_linked_ref") for refs in ("run:p.r", 5, [5], [None])),
    *((span, {"parent_span_id": text}, "capture_model_invalid_string") for text in ("", 5)),
    *((artifact, {"artifact_kind": kind}, "capture_model_invalid_artifact_kind") for kind in ("Model", "a-b", "1a")),
    *((artifact, {"path": path}, "capture_model_invalid_string") for path in ("", " ", None, 5, b"p", "a\0b")),
    *((artifact, {"artifact_ref": ref}, "capture_model_invalid_artifact_ref") for ref in (5, ["artifact:p.r.a"])),
    (artifact, {"compute_hash": 1}, "capture_model_invalid_bool"),
    (artifact, {"allow_missing": "yes"}, "capture_model_invalid_bool"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "changes", "code"), REFUSED, ids=[f"{number}-{case[2]}" for number, case in enumerate(REFUSED)]
)
def test_what_breaks_a_rule_is_refused(make, changes, code):
    """Each broken rule is a ValidationError with its own code, never a raw builtin error."""
    with pytest.raises(ValidationError) as caught:
        make(**changes)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01T00:00:00Z", "", 5])
def test_unreadable_times_are_refused(text):
    """A time that cannot be read is a ValidationError."""
    with pytest.raises(ValidationError):
        span(started_at=text)


@pytest.mark.parametrize("ref", ["run", "run:", "run:A.b", "run:a b.c"])
def test_unreadable_references_are_refused(ref):
    """Text that is no reference is a ValidationError of the reference's own."""
    with pytest.raises(ValidationError) as caught:
        span(linked_refs=[ref])
    assert caught.value.code.startswith("stable_ref_")


@pytest.mark.parametrize(
    "key", ["loss", "train.loss", "val_loss", "train/acc@5", "top-1", "mem%", "A1", "x" * 128]
)
def test_the_keys_of_common_training_code_are_keys(key):
    """Underscores, slashes, capitals and their like may be in keys."""
    assert metric(key=key).key == key


def test_texts_are_stripped_and_kept_in_any_script():
    """White space around texts goes; what is inside stays, in every script."""
    made = event(key=" k ", message=" Обучение 训练 🎉 \n", tags={" ä ": " ß "})
    assert (made.key, made.message, dict(made.tags)) == ("k", "Обучение 训练 🎉", {"ä": " ß "})


def test_emissions_are_frozen_and_hold_no_reference_to_the_callers_data():
    """What the caller changes afterwards does not change the emission."""
    attributes = {"b": [1, 2], "a": 1}
    made = event(attributes=attributes)
    attributes["b"].append(3)
    assert made.to_dict()["attributes"] == {"a": 1, "b": [1, 2]}
    with pytest.raises(FrozenInstanceError):
        made.key = "other"


@pytest.mark.parametrize("make", [event, metric, span, artifact], ids=["event", "metric", "span", "artifact"])
def test_emissions_are_plain_data(make):
    """to_dict names every field, can be dumped, and makes an equal emission."""
    made = make()
    plain = json.loads(json.dumps(made.to_dict()))
    assert type(made)(**plain).to_dict() == made.to_dict()


def test_linked_references_become_a_tuple():
    """Any iterable of references, but not one text, is taken."""
    made = span(linked_refs=(each for each in ["run:p.r", "artifact:p.r.a"]))
    assert made.linked_refs == ("run:p.r", "artifact:p.r.a")


def test_times_are_normalised():
    """Offsets become UTC; a time to the nanosecond is kept."""
    made = span(started_at="2024-01-01T01:00:00+01:00", ended_at="2024-01-01T00:00:00.123456789Z")
    assert (made.started_at, made.ended_at) == ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.123456789Z")


def test_paths_may_be_path_objects(tmp_path):
    """A pathlib path is as good as its text."""
    assert artifact(path=tmp_path / "m").path == str(tmp_path / "m")


def test_words_may_be_enumerations():
    """A text enumeration's member is the word that it holds."""

    class Level(StrEnum):
        LOUD = "error"

    assert event(level=Level.LOUD).to_dict()["level"] == "error"

"""Whatever a decoder is given: a model comes of it, or a typed error that says why, in bounded memory.

A fixed corpus first, then inputs made from seeds by damaging good ones; the seed of a failing input is in the message.
What decodes must be written and read again without a change, and what is refused must be invalid to the validators.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import tracemalloc
from decimal import Decimal
from functools import partial

import pytest

from contexta.contract import StableRef, json_schema, serialization, to_json, validation
from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.contract_model import ContractModel
from contexta.errors import ContextaError

#: What a campaign may take more memory than before it, in bytes.
MEMORY = 150 * 1024 * 1024

DECODERS = {
    name.removeprefix("deserialize_"): getattr(serialization, name)
    for name in serialization.__all__
    if name.startswith("deserialize_")
}
VALIDATORS = {name: getattr(validation, f"validate_{name}", None) for name in DECODERS}
VALIDATORS["extension_field_set"] = partial(validation.validate_extension_field_set, target_model="run")

T = "2024-01-01T00:00:00Z"
SCOPE = {"run_ref": "run:p.r", "stage_execution_ref": "stage:p.r.s", "batch_execution_ref": "batch:p.r.s.b"}
EXTENSIONS = [{"namespace": "acme.lab", "fields": {"a": [1, None, {"b": "c"}]}, "readonly_fields": ["a"]}]
LIFE = {"status": "completed", "started_at": T, "ended_at": "2024-01-01T00:00:00.5Z"}
ENVELOPE = {
    **SCOPE,
    "record_ref": "record:p.r.x",
    "record_type": "metric",
    "recorded_at": T,
    "observed_at": T,
    "producer_ref": "sdk.python",
    "correlation_refs": {"trace_id": "t"},
    "degradation_marker": "capture_gap",
    "extensions": EXTENSIONS,
    "schema_version": "1.3.0",
    "later": [1],
}
EVENT = {
    "event_key": "a/b@5",
    "level": "info",
    "message": "Größe",
    "attributes": {"a": {"b": [1.5, "x", None]}},
}
METRIC = {"metric_key": "loss", "value": 0.5, "value_type": "float", "tags": {"a": ""}, "step": 3}
SPAN = {
    "span_id": "s",
    "trace_id": "t",
    "parent_span_id": None,
    "span_name": "fit",
    "started_at": T,
    "ended_at": T,
    "status": "ok",
    "span_kind": "io",
    "linked_refs": ["run:p.r"],
}
GAP = {"issue_key": "a.b", "category": "capture", "severity": "error", "summary": "gone"}
SEEDS = {
    "stable_ref": "run:p.r",
    "extension_field_set": EXTENSIONS[0],
    "project": {
        "project_ref": "project:p",
        "name": "P",
        "created_at": T,
        "tags": {"a": "b"},
        "extensions": EXTENSIONS,
    },
    "run": {
        "run_ref": "run:p.r",
        "project_ref": "project:p",
        "name": "R",
        **LIFE,
        "parameters": {"a.b": [1, 2.5]},
        "metadata": {"x": None},
    },
    "deployment_execution": {
        "deployment_execution_ref": "deployment:p.d",
        "project_ref": "project:p",
        "deployment_name": "d",
        "order_index": 1,
        **LIFE,
    },
    "stage_execution": {
        "stage_execution_ref": "stage:p.r.s",
        "run_ref": "run:p.r",
        "stage_name": "s",
        "status": "open",
        "started_at": T,
    },
    "batch_execution": {**SCOPE, "batch_name": "b", **LIFE},
    "sample_observation": {
        **SCOPE,
        "sample_observation_ref": "sample:p.r.s.b.x",
        "sample_name": "x",
        "observed_at": T,
    },
    "operation_context": {
        **SCOPE,
        "operation_context_ref": "op:p.r.s.b.x",
        "operation_name": "x",
        "observed_at": T,
    },
    "environment_snapshot": {
        "environment_snapshot_ref": "environment:p.r.e",
        "run_ref": "run:p.r",
        "captured_at": T,
        "python_version": "3",
        "platform": "linux",
        "packages": {"numpy": "2.0"},
        "environment_variables": {"LC_ALL": ""},
    },
    "correlation_refs": {"trace_id": "t", "session_id": None},
    "record_envelope": ENVELOPE,
    "structured_event_payload": EVENT,
    "metric_payload": METRIC,
    "trace_span_payload": SPAN,
    "degraded_payload": GAP,
    "structured_event_record": {"envelope": {**ENVELOPE, "record_type": "event"}, "payload": EVENT},
    "metric_record": {"envelope": ENVELOPE, "payload": METRIC},
    "trace_span_record": {"envelope": {**ENVELOPE, "record_type": "span"}, "payload": SPAN},
    "degraded_record": {"envelope": {**ENVELOPE, "record_type": "degraded"}, "payload": GAP},
    "artifact_manifest": {
        **SCOPE,
        "artifact_ref": "artifact:p.r.m",
        "artifact_kind": "checkpoint",
        "created_at": T,
        "producer_ref": "sdk",
        "location_ref": "vault://m",
        "hash_value": "sha256:ab",
        "size_bytes": 3,
    },
    "lineage_edge": {
        "relation_ref": "relation:e",
        "relation_type": "used",
        "source_ref": "run:p.r",
        "target_ref": "artifact:p.r.m",
        "recorded_at": T,
        "origin_marker": "explicit",
        "confidence_marker": "low",
        "evidence_refs": ["record:p.r.x"],
    },
    "provenance_record": {
        "provenance_ref": "provenance:v",
        "relation_ref": "relation:e",
        "assertion_mode": "explicit",
        "asserted_at": T,
        "evidence_bundle_ref": "artifact:p.r.m",
    },
}
TEXTS = {name: json.dumps(seed, ensure_ascii=False).encode() for name, seed in SEEDS.items()}
FIELDS = sorted({field for name in CANONICAL_MODELS for field in json_schema(name)["properties"]})

TOKENS = [
    b"[", b"]", b"{", b"}", b":", b",", b'"', b"\\", b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"\x00", b"\xff",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", "Ω\u202e".encode(), b"NaN", b"Infinity", b"1e999", b"-0.0", b"9" * 400, b"-1",
    b"1.0", b"true", b"null", b"[" * 300, b'{"a":' * 300, b"[" * 3_000, b"x" * 5_000, b"run:p.r", b"2.0.0", b"1.99.0",
    b"0000-01-01T00:00:00Z", b"9999-12-31T23:59:59.999999999Z", b'"schema_version":"7.0"', b'"_extras":{}',
    *(f'"{field}":'.encode() for field in FIELDS),
]  # fmt: skip

CORPUS = [
    b"", b" ", b"\xef\xbb\xbf{}", b"null", b"true", b"5", b'"x"', b"[]", b"{}", b"[" * 100_000, b'{"a":' * 100_000,
    b'{"a":' + b"9" * 5_000 + b"}", b'{"a":1e400}', b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b'{"\x00":1}',
    b'{"_extras":{"a":1}}', b'{"schema_version":"2.0.0"}', b'{"schema_version":5}', b'{"schema_version":"1.1","x":[[[[]]]]}',
    b'{"envelope":"{}","payload":"[1]"}', b'{"envelope":"","payload":null}', b'{"kind":"run","value":"p.r"}', b'{"kind":1,"value":[]}',
    b'{"extensions":"[]"}', b'{"extensions":[[]]}', b'{"extensions":{"a":1}}', b'{"tags":{"a":"1"," a ":"2"}}',
    b'{"run_ref":"run:p.r","project_ref":"project:p","name":"R","status":"open","started_at":"2024-02-30T00:00:00Z"}',
    b'{"run_ref":"run:p.r","run_ref":"run:p.s"}',
]  # fmt: skip

OBJECTS = [
    None, True, 0, -1, 2**63, -(10**400), 10**5000, 0.5, float("nan"), float("inf"), "", " ", "\ud800", "\x00", b"{}",
    bytearray(b"[1"), memoryview(b"{}"), object(), {1, 2}, 1j, Decimal("NaN"), range(10**12), int, Exception("x"),
    StableRef.run("p", "r"), {1: 2}, {None: 1}, {"a": {1: 2}}, [[]], (), "run:p.r", "[1", "{}", "2024-01-01T00:00:00Z",
]  # fmt: skip


def _assert_settles(name, data):
    """Decode; a model comes out that reads back from its text, or an error of ours with a code."""
    try:
        found = DECODERS[name](data)
    except ContextaError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert str(refused)
        assert refused.code
        assert refused.details
        return False
    assert isinstance(found, ContractModel | StableRef)
    text = to_json(found)
    again = DECODERS[name](text)
    assert again == found
    assert to_json(again) == text
    return True


def _agrees(name, data):
    """Decode data and validate it; both must come to the same verdict."""
    settled = _assert_settles(name, data)
    validate = VALIDATORS[name]
    if validate is not None and isinstance(data, dict):
        assert validate(data).valid == settled


def _damaged(chance, content):
    """Damage good text at a few places."""
    for _ in range(chance.randint(1, 4)):
        begin = chance.randrange(len(content) + 1)
        end = min(len(content), begin + chance.choice([0, 1, 1, 2, 8, 40]))
        kind = chance.randrange(4)
        if kind == 0:
            piece = chance.choice(TOKENS)
        elif kind == 1:
            piece = bytes([chance.randrange(256)])
        else:
            piece = content[begin:end] * 2 if kind == 2 else b""
        content = content[:begin] + piece + content[end:]
    return content


def _spoilt(chance, name):
    """Take good data and replace, remove or add a few values anywhere inside."""
    data = json.loads(TEXTS[name])
    for _ in range(chance.randint(1, 3)):
        place = data
        while isinstance(place, dict) and place and chance.random() < 0.6:
            inner = place[chance.choice(sorted(place, key=str))]
            if not isinstance(inner, dict):
                break
            place = inner
        if not isinstance(place, dict):
            return chance.choice(OBJECTS)
        field = chance.choice([*sorted(place, key=str), *chance.sample(FIELDS, 2), "later"])
        kind = chance.randrange(4)
        if kind == 0:
            place.pop(field, None)
        elif kind == 1:
            place[field] = place
        else:
            place[field] = chance.choice(OBJECTS)
    return data


def _one(chance):
    """Try one input, of a kind by chance."""
    name = chance.choice(list(DECODERS))
    kind = chance.randrange(4)
    if kind == 0:
        _assert_settles(name, _damaged(chance, TEXTS[name]))
    elif kind == 1:
        _assert_settles(name, _damaged(chance, TEXTS[name]).decode("utf-8", "surrogateescape"))
    elif kind == 2:
        # The text of one model for the decoder of another.
        _assert_settles(name, TEXTS[chance.choice(list(TEXTS))])
    else:
        _agrees(name, _spoilt(chance, name))


def _check_campaign(first, number):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(first, first + number):
        try:
            _one(random.Random(seed))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    # Kilobytes on Linux, bytes on macOS: the bound is generous for either.
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MEMORY


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_the_seeds_are_good(name):
    """What is damaged below decodes as it stands."""
    assert _assert_settles(name, TEXTS[name])
    _agrees(name, SEEDS[name])


@pytest.mark.parametrize("number", range(len(CORPUS)))
def test_the_corpus_of_texts_settles(number):
    """Every text that was once worth a thought gives a model or a typed error, as bytes and as text."""
    content = CORPUS[number]
    for name in DECODERS:
        _assert_settles(name, content)
        _assert_settles(name, content.decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("number", range(len(OBJECTS)))
def test_the_corpus_of_objects_settles(number):
    """Every odd object, alone and in the place of each field, gives a model or a typed error."""
    odd = OBJECTS[number]
    for name, seed in SEEDS.items():
        _assert_settles(name, odd)
        if isinstance(seed, dict):
            for field in [*seed, "later"]:
                _agrees(name, {**seed, field: odd})


def test_ten_thousand_inputs_settle():
    """Damaged texts and data give models or typed errors, in bounded memory."""
    _check_campaign(0, 10_000)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":[' + b"[]," * 300_000 + b"[]]}",
        b'{"a":{' + b'"":1,' * 300_000 + b'"x":1}}',
        b'{"a":"' + b"x" * 10**6 + b'"}',
    ],
    ids=["lists", "keys", "text"],
)
def test_memory_is_bounded_by_the_input(text):
    """Decoding one large text takes at most a hundred times its size, whatever is in it, and gives it back."""
    tracemalloc.start()
    try:
        for name in ("run", "metric_record", "extension_field_set"):
            _assert_settles(name, text)
        gc.collect()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * len(text)
    assert kept < 2 * 10**6


@pytest.mark.campaign
@pytest.mark.parametrize("block", range(10))
def test_a_million_inputs_settle(block):
    """The same for a million inputs."""
    _check_campaign(10_000 + block * 100_000, 100_000)

"""The stated limits hold, and a breach is a typed error with a path; what can be written can be read."""

from __future__ import annotations

import itertools

import pytest

from contexta.contract import (
    ExtensionFieldSet,
    LineageEdge,
    MetricPayload,
    Project,
    Run,
    StructuredEventPayload,
    deserialize_run,
    deserialize_structured_event_payload,
    limits,
    to_json,
    to_payload,
)
from contexta.errors import ContextaError, SerializationError, ValidationError

T = "2024-01-01T00:00:00Z"


def event(attributes):
    """Build an event payload around attributes."""
    return StructuredEventPayload("e", "info", "m", attributes=attributes)


def nested(depth):
    """Build a value inside as many lists."""
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def edge(evidence):
    """Build an edge around its evidence."""
    return LineageEdge(
        "relation:e", "used", "run:p.a", "run:p.b", T, "explicit", "high", evidence_refs=evidence
    )


def project(extensions):
    """Build a project around its extensions."""
    return Project("project:p", "P", T, extensions=extensions)


def run(**changes):
    """Build a run with changes."""
    return Run("run:p.r", "project:p", "R", "open", T, **changes)


# The largest value that is taken, the smallest that is not, and what takes it.
BOUNDS = {
    "depth": (lambda n: event({"a": nested(n)}), limits.MAX_JSON_DEPTH - 1),
    "keys": (lambda n: event({str(number): 1 for number in range(n)}), limits.MAX_JSON_KEYS),
    "key length": (lambda n: event({"k" * n: 1}), limits.MAX_JSON_KEY_LENGTH),
    # The mapping and the list count too.
    "nodes": (lambda n: event({"a": range(n)}), limits.MAX_JSON_NODES - 2),
    "text": (lambda n: event({"a": "x" * n}), limits.MAX_TEXT_LENGTH),
    "largest integer": (lambda n: MetricPayload("m", n, "int"), limits.MAX_INTEGER),
    "smallest integer": (lambda n: event({"a": -n}), -limits.MIN_INTEGER),
    "name": (lambda n: Project("project:p", "x" * n, T), limits.MAX_NAME_LENGTH),
    "tags": (lambda n: run(tags={str(number): "" for number in range(n)}), limits.MAX_STRING_KEYS),
    "tag": (lambda n: run(tags={"x" * n: ""}), limits.MAX_NAME_LENGTH),
    "parameters": (
        lambda n: run(parameters={str(number): 1 for number in range(n)}),
        limits.MAX_RUN_PARAMETERS,
    ),
    "key": (lambda n: MetricPayload("k" * n, 1, "int"), limits.MAX_KEY_LENGTH),
    "refs": (lambda n: edge(itertools.repeat("run:p.r", n)), limits.MAX_REFS),
    "extensions": (
        lambda n: project(ExtensionFieldSet(f"a.n{number}", {"a": 1}) for number in range(n)),
        limits.MAX_EXTENSIONS,
    ),
    "namespace": (
        lambda n: ExtensionFieldSet("a." + "b" * (n - 2), {"a": 1}),
        limits.MAX_EXTENSION_NAMESPACE_LENGTH,
    ),
}


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_each_limit_is_where_it_is_stated(name):
    """The stated number is taken, one more is a ValidationError that names the field."""
    build, limit = BOUNDS[name]
    assert build(limit) is not None
    with pytest.raises(ValidationError) as caught:
        build(limit + 1)
    assert caught.value.details["field_name"]


def test_endless_sources_end():
    """Iterators without an end are refused at the limit, not followed."""
    for build in (
        lambda: edge(itertools.repeat("run:p.r")),
        lambda: project(itertools.repeat(ExtensionFieldSet("a.b", {"a": 1}))),
        lambda: ExtensionFieldSet("a.b", {"a": 1}, (f"k{number}" for number in itertools.count())),
    ):
        with pytest.raises(ValidationError):
            build()


def test_what_is_too_long_is_neither_written_nor_read():
    """The bound on JSON text is the same in both directions."""
    big = run(parameters={f"k{number}": "x" * limits.MAX_TEXT_LENGTH for number in range(65)})
    with pytest.raises(SerializationError) as caught:
        to_json(big)
    assert caught.value.code == "serialization_too_large"
    with pytest.raises(SerializationError) as caught:
        deserialize_run(b" " * (limits.MAX_JSON_TEXT_BYTES + 1))
    assert caught.value.code == "deserialize_too_large"


def test_the_deepest_attributes_come_back():
    """What lies within the limit of depth survives the round trip, also as an unknown field."""
    deep = event({"a": nested(limits.MAX_JSON_DEPTH - 1)})
    assert deserialize_structured_event_payload(to_json(deep)) == deep
    unknown = {**to_payload(deep), "later": nested(limits.MAX_JSON_DEPTH - 1)}
    assert to_json(deserialize_structured_event_payload(to_json(unknown))) == to_json(unknown)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 50_000,
        "[" * 1_000_000,
        '{"event_key":"e","level":"info","message":"m","attributes":{"a":' + "[" * 900 + "]" * 900 + "}}",
        '{"event_key":"e","level":"info","message":"m","attributes":{"a":' + "9" * 4_299 + "}}",
        '{"event_key":"e","level":"info","message":"m","attributes":{"a":1e400}}',
        '{"event_key":"e","level":"info","message":"m","attributes":{"a":-' + "9" * 30 + "}}",
        '{"event_key":' + "9" * 100 + ',"level":"info","message":"m"}',
    ],
    ids=["open objects", "open lists", "deep", "digits", "exponent", "negative", "number as text"],
)
def test_extreme_json_is_a_typed_error(text):
    """No RecursionError, OverflowError or AssertionError comes out of the decoder."""
    with pytest.raises(ContextaError) as caught:
        deserialize_structured_event_payload(text)
    assert caught.value.code

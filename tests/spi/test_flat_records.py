"""Flat records: flattening a canonical record and restoring it gives the record back, whatever it holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract import (
    CorrelationRefs,
    DegradedPayload,
    DegradedRecord,
    ExtensionFieldSet,
    MetricPayload,
    MetricRecord,
    RecordEnvelope,
    StructuredEventPayload,
    StructuredEventRecord,
    TraceSpanPayload,
    TraceSpanRecord,
    to_json,
    to_payload,
)
from contexta.contract import vocabularies as words
from contexta.contract.decoding import decode_model
from contexta.errors import SerializationError, ValidationError
from contexta.spi.flat import flatten, restore
from contexta.spi.records import record_ref_of

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30)
NAMES = TEXTS.map(str.strip).filter(bool)
KEYS = st.from_regex(r"[A-Za-z0-9_/@%-]{1,8}(\.[A-Za-z0-9_/@%-]{1,8}){0,2}", fullmatch=True)
TOKENS = st.from_regex(r"[a-z][a-z0-9_-]{0,6}(\.[a-z][a-z0-9_-]{0,6})?", fullmatch=True)
LOWER = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
PARTS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
TIMES = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "Z")
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63),
        st.floats(allow_nan=False, allow_infinity=False),
        NAMES,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(st.one_of(st.just("tags"), NAMES), JSON, max_size=4)
SUBJECTS = st.sampled_from([None, "run:p.r", "run:p.other", "stage:p.r.s", "artifact:p.r.a"])


def word(vocabulary):
    """Draw a word of a vocabulary."""
    return st.sampled_from(vocabulary)


@st.composite
def envelopes(draw, record_type):
    """Draw an envelope in any scope of one run."""
    scope = {}
    if draw(st.booleans()):
        scope["deployment_execution_ref"] = "deployment:p.d"
    if draw(st.booleans()):
        scope["stage_execution_ref"] = "stage:p.r.s"
        inside = "p.r.s"
        if draw(st.booleans()):
            inside = "p.r.s.b"
            scope["batch_execution_ref"] = "batch:p.r.s.b"
        if draw(st.booleans()):
            scope["sample_observation_ref"] = f"sample:{inside}.x"
        if draw(st.booleans()):
            scope["operation_context_ref"] = f"op:{inside}.o"
    times = sorted([draw(TIMES), draw(TIMES)])
    extensions = draw(st.lists(st.dictionaries(LOWER, JSON, min_size=1, max_size=2), max_size=1))
    return RecordEnvelope(
        record_ref=f"record:p.r.{draw(PARTS)}",
        record_type=record_type,
        recorded_at=times[1],
        observed_at=times[0] if draw(st.booleans()) else times[1],
        producer_ref=draw(st.one_of(st.just("sdk.python.local"), TOKENS)),
        run_ref="run:p.r",
        correlation_refs=draw(
            st.builds(
                CorrelationRefs,
                # A span's trace must be the envelope's.
                trace_id=st.none() if record_type == "span" else st.none() | NAMES,
                session_id=st.none() | NAMES,
            )
        ),
        # What is absent can only be told of by a degraded record.
        completeness_marker=draw(
            word(
                [each for each in words.COMPLETENESS_MARKERS if each != "absent" or record_type == "degraded"]
            )
        ),
        degradation_marker=draw(word(words.DEGRADATION_MARKERS)),
        schema_version=draw(st.sampled_from(["1.0.0", "1.1.0", "1.0"])),
        extensions=tuple(ExtensionFieldSet("acme.lab", fields) for fields in extensions),
        **scope,
    )


EVENTS = st.builds(
    StructuredEventRecord,
    envelopes("event"),
    st.builds(
        StructuredEventPayload,
        event_key=KEYS,
        level=word(words.EVENT_LEVELS),
        message=NAMES,
        subject_ref=SUBJECTS,
        attributes=MAPPINGS,
        origin_marker=word(words.ORIGIN_MARKERS),
    ),
)


@st.composite
def metrics(draw):
    """Draw a metric record; the type that it names fits its number."""
    value = draw(NUMBERS)
    natural = type(value).__name__
    payload = MetricPayload(
        metric_key=draw(KEYS),
        value=value,
        value_type=draw(st.sampled_from([natural, "float", "ratio"])),
        unit=draw(st.none() | NAMES),
        aggregation_scope=draw(word(words.METRIC_AGGREGATION_SCOPES)),
        subject_ref=draw(SUBJECTS),
        slice_ref=draw(st.none() | TOKENS),
        tags=draw(st.dictionaries(NAMES, NAMES, max_size=3)),
        summary_basis=draw(st.sampled_from([None, "raw_observation", "mean", "p_99"])),
        step=draw(st.none() | st.integers(-5, 10**9)),
    )
    return MetricRecord(draw(envelopes("metric")), payload)


@st.composite
def spans(draw):
    """Draw a span that ends before it is observed."""
    start, end = sorted([draw(TIMES), draw(TIMES)])
    span = draw(NAMES)
    payload = TraceSpanPayload(
        span_id=span,
        trace_id=draw(NAMES),
        parent_span_id=draw(st.none() | NAMES.filter(lambda name: name != span)),
        span_name=draw(NAMES),
        started_at=start,
        ended_at=end,
        status=draw(word(words.TRACE_SPAN_STATUSES)),
        span_kind=draw(word(words.TRACE_SPAN_KINDS)),
        attributes=draw(MAPPINGS),
        linked_refs=draw(st.lists(st.sampled_from(["run:p.r", "artifact:p.r.a"]), max_size=2, unique=True)),
    )
    return TraceSpanRecord(draw(envelopes("span")), payload)


DEGRADED = st.builds(
    DegradedRecord,
    envelopes("degraded").filter(lambda each: each.degradation_marker != "none"),
    st.builds(
        DegradedPayload,
        issue_key=TOKENS,
        category=word(words.DEGRADED_CATEGORIES),
        severity=word(words.DEGRADED_SEVERITIES),
        summary=NAMES,
        subject_ref=SUBJECTS,
        origin_marker=word(words.ORIGIN_MARKERS),
        attributes=MAPPINGS,
    ),
)


@given(st.one_of(EVENTS, metrics(), spans(), DEGRADED))
def test_restoring_undoes_flattening(record):
    """Through the flat form and JSON every record comes back equal, with the types of its numbers."""
    flat = flatten(record)
    again = restore(json.loads(json.dumps(flat)))
    assert again == record
    assert repr(again) == repr(record)
    assert flatten(again) == flat


LATER = st.dictionaries(LOWER.map(lambda word: f"later_{word}"), JSON, max_size=2)


@given(st.one_of(EVENTS, metrics(), spans(), DEGRADED), st.data())
def test_fields_of_a_later_minor_version_come_back(record, data):
    """Unknown fields of the record, its envelope, correlation, payload and extensions survive the flat form."""
    payload = to_payload(record)
    places = [payload, payload["envelope"], payload["payload"], payload["envelope"]["correlation_refs"]]
    for place in [*places, *payload["envelope"]["extensions"]]:
        place.update(data.draw(LATER))
    newer = decode_model(type(record), payload)
    again = restore(json.loads(json.dumps(flatten(newer))))
    assert to_json(again) == to_json(payload)
    assert again == newer


def test_a_field_that_was_unknown_once_is_read_when_it_is_known():
    """What an older version kept as unknown is a field of its own for the version that has it."""
    flat = {"type": "metric", "id": "a1", "run": "run:p.r", "key": "k", "value": 1}
    flat |= {"time": "2024-01-01T00:00:00Z", "extra": {"payload": {"unit": "nats", "later": 1}}}
    record = restore(flat)
    assert record.payload.unit == "nats"
    assert flatten(record)["unit"] == "nats"
    assert flatten(record)["extra"] == {"payload": {"later": 1}}


def test_a_flat_record_leaves_out_defaults():
    """A point of a training loop holds what differs and nothing else."""
    record = restore(
        {
            "type": "metric",
            "id": "a1",
            "run": "run:p.r",
            "key": "loss",
            "value": 0.5,
            "time": "2024-01-01T00:00:00Z",
        }
    )
    assert flatten(record) == {
        "type": "metric",
        "id": "a1",
        "run": "run:p.r",
        "key": "loss",
        "value": 0.5,
        "time": "2024-01-01T00:00:00Z",
    }


def test_null_attributes_stay():
    """An attribute that is null is still there after the way through the store."""
    flat = {"type": "event", "id": "a1", "run": "run:p.r", "key": "k", "message": "m"}
    flat |= {"time": "2024-01-01T00:00:00Z", "attributes": {"x": None}}
    assert restore(flat).payload.attributes == {"x": None}
    assert flatten(restore(flat))["attributes"] == {"x": None}


def test_the_innermost_scope_is_the_subject():
    """Without a subject of its own a metric is about the innermost scope that it was captured in."""
    flat = {"type": "metric", "id": "a1", "run": "run:p.r", "stage": "stage:p.r.s", "op": "op:p.r.s.o"}
    record = restore(flat | {"key": "k", "value": 1, "time": "2024-01-01T00:00:00Z"})
    assert record.payload.subject_ref == "op:p.r.s.o"


def test_the_reference_is_built_of_run_and_id():
    """A record's reference is its run's with the identifier behind it."""
    assert record_ref_of({"run": "run:p.r", "id": "a-1"}) == "record:p.r.a-1"


POINT = {
    "type": "metric",
    "id": "a",
    "run": "run:p.r",
    "key": "k",
    "value": 1,
    "time": "2024-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    "flat",
    [
        {},
        {"type": "song", "id": "a", "run": "run:p.r"},
        {"type": "metric", "id": "a", "run": "run:p.r", "key": "k", "time": "2024-01-01T00:00:00Z"},
        {"type": "event", "id": "a", "run": None, "key": "k", "message": "m", "time": "2024-01-01T00:00:00Z"},
        {name: value for name, value in POINT.items() if name != "run"},
        {**POINT, "type": "event", "message": "m", "attributes": "ab"},
        {**POINT, "extra": "text"},
        {**POINT, "extra": {"envelope": 1}},
        {**POINT, "extra": {"envelope": {"record_ref": 1}}},
        "text",
        None,
        [],
    ],
    ids=[
        "empty",
        "type",
        "no-value",
        "no-run",
        "no-scope",
        "attributes-text",
        "extra-text",
        "extra-number",
        "extra-broken",
        "text",
        "none",
        "list",
    ],
)
def test_what_is_no_flat_record_is_refused(flat):
    """Anything else is a SerializationError or ValidationError, never a raw builtin error."""
    with pytest.raises((SerializationError, ValidationError)):
        restore(flat)

"""The same content is the same text: in every process, with every hash seed, whatever the order it was given in."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract import Run, StructuredEventPayload, to_json
from contexta.contract.decoding import decode_model
from contexta.testing.strategies import models

# Builds one of everything out of sets and dicts, whose order the hash seed decides, and prints a hash of the texts.
PROGRAM = """
import hashlib, sys
from contexta.contract import *
from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.schema import schema_text
T = "2024-01-01T00:00:00.123456789Z"
words = {f"w{number}" for number in range(50)}
values = [0.1, 1e22, 1e-7, -0.0, 5e-324, 1.7976931348623157e308, 2**64 - 1, -(2**63), "\\u2028\\x7f\\U0001f600", None]
tree = {word: {other: values for other in words} for word in words}
entries = {ExtensionRegistryEntry(f"a.{word}", "private", "a", "active", {"run", "project"}) for word in words}
ext = [ExtensionFieldSet(f"x.{word}", {word: tree[word]}, {word}) for word in words]
objects = [
    Run("run:p.r", "project:p", "R", "open", T, tags={word: word for word in words}, parameters=tree, extensions=ext),
    StructuredEventPayload("e", "info", "m", attributes=tree),
    [entry.to_dict() for entry in ExtensionRegistry(entries).entries],
    validate_run({word: 1 for word in sorted(words)}).to_dict(),
]
texts = [to_json(each) for each in objects] + [schema_text(name) for name in CANONICAL_MODELS]
print(hashlib.sha256("\\n".join(texts).encode()).hexdigest())
"""


def printed(seed):
    """Run the program in a fresh process with a hash seed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_every_process_writes_the_same_bytes():
    """Texts, schemas, registries and reports are the same with different hash seeds."""
    assert len({printed(seed) for seed in ("0", "1", "4711", "random")}) == 1


def shuffled(value, chance):
    """Return the same data with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(models(), st.integers(0, 2**32))
def test_the_order_of_what_is_given_does_not_matter(model, seed):
    """A model from shuffled data has the same text, and so does the shuffled data without a model."""
    data = shuffled(model.to_dict(), random.Random(seed))
    assert to_json(decode_model(type(model), data)) == to_json(model)
    assert to_json(data) == to_json(model.to_dict())


@given(models())
def test_the_text_is_a_fixed_point(model):
    """Writing what was read changes nothing, however often."""
    text = to_json(model)
    for _ in range(3):
        text, before = to_json(decode_model(type(model), text)), text
        assert text == before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e16, "1e16"),
        (1e22, "1e22"),
        (1e-5, "0.00001"),
        (0.0001, "0.0001"),
        (5e-324, "5e-324"),
        (-0.0, "-0.0"),
        (100.0, "100.0"),
        (2**64 - 1, "18446744073709551615"),
    ],
)
def test_numbers_have_one_text(value, text):
    """The shortest digits that give the number back; the same on every Python."""
    assert to_json(value) == text
    assert type(value)(text) == value


def test_a_known_text_has_a_known_hash():
    """A text worked out once: it must never change, on no Python and no platform."""
    payload = StructuredEventPayload(
        "train/acc@5", "info", "Größe 🙂", attributes={"z": [1, 1.0, None], "a": {"é": -0.0, "e": 1e300}}
    )
    run = Run("run:p.r", "project:p", "R", "open", "2024-01-01T00:00:00.1Z", tags={"b": "", "a": "\u2028"})
    expected = (
        '{"attributes":{"a":{"e":1e300,"é":-0.0},"z":[1,1.0,null]},"event_key":"train/acc@5","level":"info",'
        '"message":"Größe 🙂","origin_marker":"explicit_capture"}'
        '{"extensions":[],"name":"R","project_ref":"project:p","run_ref":"run:p.r","schema_version":"1.0.0",'
        '"started_at":"2024-01-01T00:00:00.100000Z","status":"open","tags":{"a":"","b":""}}'
    ).replace('"a":"","b"', '"a":"\u2028","b"')
    assert to_json(payload) + to_json(run) == expected
    assert hashlib.sha256(expected.encode()).hexdigest()[:16] == "25dc6dfec9dbc1e6"

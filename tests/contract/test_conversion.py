"""The converter: compound data with canonical models in it, strict and canonical."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given

from contexta.contract import (
    ExtensionRegistry,
    MetricRecord,
    Run,
    StableRef,
    make_converter,
    to_json,
    to_payload,
)
from contexta.contract.decoding import decode_model
from contexta.errors import ContextaError, SerializationError, ValidationError
from contexta.testing.strategies import models

RUN = Run("run:p.r", "project:p", "R", "open", "2024-01-01T00:00:00Z")


@attrs.frozen
class Bundle:
    """What a program of somebody else's may hold."""

    title: str
    runs: list[Run]
    best: dict[str, MetricRecord] = attrs.field(factory=dict)
    about: StableRef | None = None
    score: float = 0.0
    final: bool = False


@pytest.fixture(scope="module")
def converter():
    """Give one converter."""
    return make_converter()


def test_compound_objects_come_back(converter, build):
    """An attrs class with models inside is written as canonical JSON and read back equal."""
    bundle = Bundle("t", [RUN], {"loss": build.examples["metric_record"]}, StableRef.run("p", "r"), 1.5, True)
    text = converter.dumps(bundle)
    assert converter.loads(text, Bundle) == bundle
    assert converter.structure(converter.unstructure(bundle), Bundle) == bundle
    assert text == to_json(
        {
            "title": "t",
            "runs": [RUN],
            "best": {"loss": build.examples["metric_record"]},
            "about": "run:p.r",
            "score": 1.5,
            "final": True,
        }
    )


@given(models())
def test_the_converter_and_the_decoder_agree(model):
    """Alone or in a list, a model is written and read as by to_json and its decoder, unknown fields too."""
    converter = make_converter()
    kind = type(model)
    payload = {**to_payload(model), "later_field": [1, None]}
    assert converter.dumps(model) == to_json(model)
    assert converter.unstructure([model]) == [to_payload(model)]
    assert converter.structure(payload, kind) == decode_model(kind, payload)
    assert converter.loads(to_json([payload]), list[kind]) == [decode_model(kind, payload)]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": 5}, "$.title"),
        ({"score": "1.5"}, "$.score"),
        ({"score": True}, "$.score"),
        ({"final": 1}, "$.final"),
        ({"runs": 5}, "$.runs"),
        ({"extra": 1}, "extra"),
        ({"runs": [{"run_ref": "zz"}]}, "$.runs[0]"),
        ({"best": {"loss": {}}}, "$.best['loss']"),
        ({"about": 5}, "$.about"),
    ],
)
def test_nothing_is_coerced(converter, change, place):
    """A value of another type, a key too many or a broken model is a typed error that says where."""
    data = {"title": "t", "runs": [], **change}
    with pytest.raises(SerializationError) as caught:
        converter.structure(data, Bundle)
    assert place in str(caught.value)
    assert caught.value.details["problems"]


def test_every_problem_is_listed(converter):
    """Compound data is looked at as a whole."""
    data = {"title": 5, "runs": [RUN.to_dict(), {}, {**RUN.to_dict(), "status": "zz"}]}
    with pytest.raises(SerializationError) as caught:
        converter.structure(data, Bundle)
    problems = caught.value.details["problems"]
    assert len(problems) == 3
    assert ["deserialize_invalid_payload" in problem for problem in problems] == [False, True, False]
    assert "context_invalid_status" in problems[2]


def test_a_model_alone_raises_the_error_of_its_decoder(converter):
    """There is no container to speak of, so the decoder's own code and path come through."""
    with pytest.raises(ValidationError) as caught:
        converter.structure({**RUN.to_dict(), "status": "zz"}, Run)
    assert caught.value.code == "context_invalid_status"
    assert converter.structure(RUN, Run) is RUN


@pytest.mark.parametrize("text", ["", "nothing", '{"a":', b"\xff", "[" * 100_000])
def test_broken_json_is_a_typed_error(converter, text):
    """As for every decoder."""
    with pytest.raises(SerializationError):
        converter.loads(text, Bundle)


def test_a_registry_judges_all_models():
    """The registry given to a converter is asked for every model inside."""
    strict = make_converter(registry=ExtensionRegistry())
    data = [{**RUN.to_dict(), "extensions": [{"namespace": "a.b", "fields": {"a": 1}}]}]
    assert make_converter().structure(data, list[Run])[0].extensions
    with pytest.raises(ContextaError) as caught:
        strict.structure(data, list[Run])
    assert "extension_registry_missing_namespace" in str(caught.value)


def test_what_is_not_json_is_a_typed_error(converter):
    """NaN is refused, not written as null."""
    with pytest.raises(SerializationError) as caught:
        converter.dumps(Bundle("t", [], score=float("nan")))
    assert caught.value.code == "serialization_invalid_float"

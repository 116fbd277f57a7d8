"""The public strategies: one for every model, valid, wide, and only where Hypothesis is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from contexta.contract import StableRef, vocabularies
from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.contract_model import model_fields
from contexta.contract.decoding import decode_model
from contexta.contract.timestamps import instant, normalize_timestamp
from contexta.errors import NotFoundError
from contexta.testing import strategies

# Enough to find any one value, and none to spare on making it small.
SEARCH = settings(max_examples=2_000, phases=settings().phases[:3], database=None)


@pytest.mark.parametrize("name", sorted(CANONICAL_MODELS))
@settings(max_examples=25)
@given(st.data())
def test_every_model_has_a_strategy(name, data):
    """Each strategy gives valid instances of exactly its model."""
    model = data.draw(strategies.strategy_for(CANONICAL_MODELS[name]))
    assert type(model) is CANONICAL_MODELS[name]
    assert decode_model(type(model), model.to_dict()) == model


@pytest.mark.parametrize("model", [int, None, object(), StableRef])
def test_strangers_have_none(model):
    """What is no canonical model is a typed error."""
    with pytest.raises(NotFoundError) as caught:
        strategies.strategy_for(model)
    assert caught.value.code == "strategy_unknown_model"


@settings(max_examples=300)
@given(strategies.models())
def test_any_model_is_among_the_models(model):
    """The strategy of all gives canonical models only."""
    assert type(model) in CANONICAL_MODELS.values()


def exists(strategy, condition):
    """Tell whether a strategy gives a value of a kind."""
    try:
        find(strategy, condition, settings=SEARCH)
    except NoSuchExample:
        return False
    return True


OPTIONAL = [
    (name, field.name)
    for name, model in CANONICAL_MODELS.items()
    for field in model_fields(model)
    if field.default is None
]


@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_optional_fields_come_and_go(name, field):
    """Each optional field is generated both empty and filled."""
    strategy = strategies.strategy_for(CANONICAL_MODELS[name])
    assert exists(strategy, lambda model: not getattr(model, field) and getattr(model, field) != 0)
    assert exists(strategy, lambda model: getattr(model, field) not in (None, {}))


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("run", "status", vocabularies.RUN_STAGE_STATUSES),
        ("event_payload", "level", vocabularies.EVENT_LEVELS),
        ("record_envelope", "record_type", vocabularies.RECORD_TYPES),
        ("record_envelope", "completeness_marker", vocabularies.COMPLETENESS_MARKERS),
        ("lineage_edge", "relation_type", vocabularies.RELATION_TYPES),
    ],
)
def test_every_word_is_reached(name, field, words):
    """No word of a vocabulary is left out."""
    strategy = strategies.strategy_for(CANONICAL_MODELS[name])
    for word in words:
        assert exists(strategy, lambda model, word=word: getattr(model, field) == word)


@pytest.mark.parametrize("kind", ["project", "run", "stage", "sample", "op", "environment", "my_kind"])
@given(st.data())
def test_refs_of_a_kind(kind, data):
    """A ref is of the kind that was asked for, and any kind is possible where none was."""
    assert data.draw(strategies.stable_refs(kind)).kind == kind
    assert isinstance(data.draw(strategies.stable_refs()), StableRef)


@given(strategies.timestamps())
def test_times_are_canonical(text):
    """A generated time is its own canonical text."""
    assert normalize_timestamp(text) == text
    assert isinstance(instant(text), int)


def test_the_package_costs_nothing_and_says_what_is_missing():
    """contexta.testing loads no Hypothesis; without it the strategies are a typed error with the remedy."""
    program = (
        "import sys, contexta.testing\n"
        "assert 'hypothesis' not in sys.modules\n"
        "sys.modules['hypothesis'] = None\n"
        "from contexta.errors import DependencyError\n"
        "try:\n"
        "    import contexta.testing.strategies\n"
        "except DependencyError as error:\n"
        "    print(error.details['extra'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "testing"

"""The state machine of metadata stores: the plain store keeps to its model, and its rules cannot be muted."""

from __future__ import annotations

import pytest
from hypothesis import settings

from contexta import ContextaError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.testing import MetadataStoreMachine
from contexta.testing.machines import MetadataModel
from contexta.testing.reference import PlainMetadataStore


class PlainStoreMachine(MetadataStoreMachine):
    """The plain store of the kit."""

    capabilities = frozenset({"deletion"})

    def open_store(self, context):
        return PlainMetadataStore(context)


TestPlainStoreHistories = PlainStoreMachine.TestCase
TestPlainStoreHistories.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)


def _define(**members):
    with pytest.raises(ContextaError) as caught:
        type("Machine", (MetadataStoreMachine,), members)
    return caught.value.code


def test_a_machine_needs_a_store():
    """A machine that does not say how the store is opened is an error where it is defined."""
    assert "testing_piece_missing" == _define()


def test_a_rule_cannot_be_muted():
    """A rule that is replaced without a reason is an error where it is defined."""
    assert "testing_silent_override" == _define(open_store=PlainMetadataStore, claim=None)


def test_the_model_says_the_rules_of_merging():
    """The model replaces fields, merges maps, keeps what was said first, and forgets what was deleted."""
    model = MetadataModel()
    for fields in (
        {"name": "a", "note": 1, "created_at": "first", "tags": {"k": "x", "l": "y"}},
        {"name": "b", "note": None, "created_at": "second", "tags": {"k": None}},
    ):
        model.apply(Mutation(EntityKind.RUN, "run:p.a", fields))
    assert {"name": "b", "created_at": "first", "tags": {"l": "y"}} == model.get(EntityKind.RUN, "run:p.a")
    assert ["run:p.a"] == model.find(EntityQuery(EntityKind.RUN))
    model.apply(Mutation(EntityKind.RUN, "run:p.a", {"deleted_at": "now"}))
    model.apply(Mutation(EntityKind.RUN, "run:p.a", {"name": "c"}))
    assert model.get(EntityKind.RUN, "run:p.a") is None
    assert [] == model.find(EntityQuery(EntityKind.RUN))
    assert ["run:p.a"] == model.deleted(EntityKind.RUN)


def test_the_model_gives_each_claim_once():
    """The model gives a claim once, and never that of a run that there is or was."""
    model = MetadataModel()
    model.apply(Mutation(EntityKind.RUN, "run:p.b", {}))
    model.apply(Mutation(EntityKind.RUN, "run:p.c", {"deleted_at": "now"}))
    assert [True, False, False, False] == [model.claim(f"run:p.{name}") for name in ("a", "a", "b", "c")]

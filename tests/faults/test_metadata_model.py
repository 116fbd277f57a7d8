"""Two openings of one metadata store, used at random, against dictionaries: every answer is the dictionaries'."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta_store_duckdb.backend import open_backend
from contexta_store_duckdb.options import DuckDBOptions

KINDS = {"run:p.a": EntityKind.RUN, "run:p.b": EntityKind.RUN, "stage:p.a.s": EntityKind.STAGE}
VALUES = st.one_of(
    st.none(), st.text("xy", max_size=2), st.integers(0, 2), st.lists(st.integers(0, 1), max_size=2)
)
KEYED = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from("kl"), st.one_of(st.none(), st.text("xy", max_size=2)), max_size=2),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(st.none(), st.text("ab", min_size=1, max_size=2)),
        "note": VALUES,
        "created_at": st.sampled_from(["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
        "order_index": st.integers(0, 3),
        "tags": KEYED,
        "metadata": KEYED,
    },
)
REFS = st.sampled_from(sorted(KINDS))
WHO = st.integers(0, 1)
_FIRST = ("created_at", "order_index")
_KEYED = ("tags", "metadata")


class MetadataMachine(RuleBasedStateMachine):
    """Holds the store against what was said to it, one call after the other."""

    @initialize()
    def open_both(self):
        """Open the store twice on an empty place; nearly every question builds an index."""
        self.place = Path(tempfile.mkdtemp(prefix="contexta-model-"))
        self.stores = [self.opened(), self.opened()]
        self.documents = {}
        self.deleted = set()
        self.claimed = set()

    def opened(self):
        """Open the store once more."""
        return open_backend(
            OpenContext(self.place / "metadata", durability="flush"), DuckDBOptions(index_threshold_bytes=1)
        )

    def teardown(self):
        """Close the store and remove it."""
        for store in getattr(self, "stores", ()):
            store.close()
        if hasattr(self, "place"):
            shutil.rmtree(self.place)

    def said(self, ref, fields):
        """Do to the dictionaries what was said to the store, by the rules of the page."""
        document = self.documents.setdefault(ref, {})
        for name, value in fields.items():
            if name in _FIRST:
                document.setdefault(name, value)
            elif name in _KEYED and value is not None:
                kept = {**document.get(name, {}), **value}
                document[name] = {key: each for key, each in kept.items() if each is not None}
            elif value is None:
                document.pop(name, None)
            else:
                document[name] = value
            if name in _KEYED and not document.get(name):
                document.pop(name, None)

    @rule(who=WHO, said=st.lists(st.tuples(REFS, FIELDS), min_size=1, max_size=3))
    def apply(self, who, said):
        """Say something of some entities, all in one call."""
        self.stores[who].apply([Mutation(KINDS[ref], ref, fields) for ref, fields in said])
        for ref, fields in said:
            self.said(ref, fields)

    @rule(who=WHO, ref=REFS)
    def delete(self, who, ref):
        """Delete an entity for ever, whatever is said of it later."""
        self.stores[who].apply([Mutation(KINDS[ref], ref, {"deleted_at": "2024-01-01T00:00:00Z"})])
        self.deleted.add(ref)

    @rule(who=WHO, ref=st.sampled_from(["run:p.a", "run:p.b", "run:p.free"]))
    def claim(self, who, ref):
        """Claim a run: it works once, and never for a run that there is or was."""
        taken = ref in self.claimed or ref in self.documents or ref in self.deleted
        assert self.stores[who].claim_run(ref) is not taken
        self.claimed.add(ref)

    @rule(who=WHO)
    def reopen(self, who):
        """Close one opening and open it again."""
        self.stores[who].close()
        self.stores[who] = self.opened()

    @rule()
    def lose_the_index(self):
        """Lose every DuckDB file."""
        shutil.rmtree(self.place / "metadata" / "index", ignore_errors=True)

    @rule(who=WHO)
    def check(self, who):
        """Nothing is damaged."""
        codes = {
            finding.code for finding in self.stores[who].check_integrity() if finding.severity == "error"
        }
        assert codes <= {"missing_stage_run", "missing_run_project"}

    @invariant()
    def all_see_the_same(self):
        """Both openings answer alike: single entities, all of a kind, in order, and those with a tag."""
        alive = {
            ref: document
            for ref, document in getattr(self, "documents", {}).items()
            if ref not in self.deleted
        }
        for store in getattr(self, "stores", ()):
            for ref, kind in KINDS.items():
                entity = store.get(kind, ref)
                assert (entity is None) == (ref not in alive), ref
                if entity is not None:
                    assert self.shown(entity) == alive[ref]
            for kind in set(KINDS.values()):
                found = store.find(EntityQuery(kind, order_by="ref"))
                assert [each.ref for each in found] == sorted(ref for ref in alive if KINDS[ref] == kind)
                tagged = store.find(EntityQuery(kind, tags={"k": "x"}, order_by="ref"))
                assert [each.ref for each in tagged] == sorted(
                    ref
                    for ref, document in alive.items()
                    if KINDS[ref] == kind and document.get("tags", {}).get("k") == "x"
                )

    @staticmethod
    def shown(entity):
        """Return a document without maps that have become empty."""
        return {name: value for name, value in entity.document.items() if name not in _KEYED or value}


COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


def run(examples, steps):
    """Run the machine so often, with so many steps."""
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        MetadataMachine, settings=settings(max_examples=examples, stateful_step_count=steps, **COMMON)
    )


def test_some_histories():
    """A few random histories end as the dictionaries say."""
    run(10, 12)


@pytest.mark.campaign
def test_many_histories():
    """Hundreds of longer ones."""
    run(200, 40)

"""A metadata store, opened several times and used at random, against dictionaries."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contexta.spi.context import OpenContext
from contexta.spi.entity_selection import ORDERS
from contexta.spi.merge import MAP_FIELDS
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.testing.contracts.contract import Contract
from contexta.testing.machines.metadata_model import MetadataModel

if TYPE_CHECKING:
    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = ["MetadataStoreMachine"]

#: Few entities, few names and few values, so that a random history comes back to the same ones.
_KINDS: Final = {
    "run:p.a": EntityKind.RUN,
    "run:p.b": EntityKind.RUN,
    "run:p.c": EntityKind.RUN,
    "stage:p.a.s": EntityKind.STAGE,
}
_REFS = st.sampled_from(sorted(_KINDS))
_RUNS = ("run:p.a", "run:p.b", "run:p.c", "run:p.free")
_OPENINGS = st.integers(0, 1)
#: The first and the third are one instant, and as text they sort the other way round.
_INSTANTS = ("2024-01-01T01:00:00+01:00", "2024-01-01T00:30:00Z", "2024-01-01T00:00:00Z")
_KEYED = st.none() | st.dictionaries(st.sampled_from("kl"), st.none() | st.text("xy", max_size=2), max_size=2)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.none() | st.text("ab", min_size=1, max_size=2),
        "note": st.one_of(
            st.none(), st.text("xy", max_size=2), st.integers(0, 2), st.lists(st.integers(0, 1), max_size=2)
        ),
        "started_at": st.none() | st.sampled_from(_INSTANTS),
        "created_at": st.sampled_from(["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
        "order_index": st.integers(0, 3),
        "tags": _KEYED,
        "metadata": _KEYED,
    },
)
_SAID = st.lists(st.tuples(_REFS, _FIELDS), min_size=1, max_size=4)
#: One condition or none: more of them would rarely leave two entities to be put in order.
_CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"fields": {"name": "a"}},
    {"tags": {"k": "x"}},
    {"started_after": _INSTANTS[0]},
    {"started_before": _INSTANTS[0]},
    {"present": ("name",)},
    {"absent": ("note",)},
    {"refs": ("run:p.a", "run:p.c")},
)
_PAGES: Final[tuple[dict[str, Any], ...]] = ({}, {"limit": 2}, {"offset": 1}, {"limit": 1, "offset": 1})


class MetadataStoreMachine(RuleBasedStateMachine, Contract, contract=True):
    """Two writers and a reader of one metadata store, called at random, and a model that is told the same.

    After every step all three openings must answer as the model: single entities, all of a kind, and what was deleted.
    Hypothesis looks for a history that ends otherwise, and shows the shortest that it finds.  Derive it, say how the
    store is opened, and give pytest its test case::

        class MyStoreMachine(MetadataStoreMachine):
            capabilities = frozenset({"deletion"})

            def open_store(self, context):
                return my_store.open_backend(context)


        TestMyStoreHistories = MyStoreMachine.TestCase
        TestMyStoreHistories.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)

    A subclass may add rules of its own, such as the loss of what the store can build again; the directory of the
    plane is ``self.root``.  A rule of this class is replaced with :func:`~contexta.testing.deviates` only.
    """

    required: ClassVar[tuple[str, ...]] = ("open_store",)
    abilities: ClassVar[dict[str, str]] = {
        "deletion": "deleted entities are absent, and their runs are never claimed again"
    }
    promises: ClassVar[frozenset[str]] = frozenset(
        {
            "apply",
            "claim",
            "delete",
            "every_opening_answers_as_the_model",
            "find",
            "nothing_is_damaged",
            "reopen",
        }
    )

    def open_store(self, context: OpenContext) -> MetadataBackend:
        """Open the store that is tested; every subclass gives this.

        Args:
            context: As the kernel gives it; every opening of a history has the same root.
        """
        raise AssertionError(context)  # never called: a subclass without it cannot be defined

    @initialize(said=_SAID)
    def open_all(self, said: list[tuple[str, dict[str, Any]]]) -> None:
        """Open the store on an empty place, twice to write and once to read, and say the first things."""
        self._directory = TemporaryDirectory(prefix="contexta-machine-")
        #: Directory of the plane; it does not exist before the store makes it.
        self.root = Path(self._directory.name) / "workspace" / "metadata"
        self.model = MetadataModel()
        self._stores = [self._open(), self._open(), self._open(read_only=True)]
        self.apply(0, said)

    def _open(self, *, read_only: bool = False) -> MetadataBackend:
        return self.open_store(
            OpenContext(root=self.root, workspace=self.root.parent, durability="flush", read_only=read_only)
        )

    def teardown(self) -> None:
        """Close what is open, and remove the place."""
        for store in getattr(self, "_stores", ()):
            store.close()
        if hasattr(self, "_directory"):
            self._directory.cleanup()

    @rule(opening=_OPENINGS, said=_SAID)
    def apply(self, opening: int, said: list[tuple[str, dict[str, Any]]]) -> None:
        """Say something of some entities, all in one call."""
        self._apply(opening, [Mutation(_KINDS[ref], ref, fields) for ref, fields in said])

    @precondition(lambda self: "deletion" in self.capabilities)
    @rule(opening=_OPENINGS, ref=_REFS)
    def delete(self, opening: int, ref: str) -> None:
        """Delete an entity for ever, whatever is said of it later."""
        self._apply(opening, [Mutation(_KINDS[ref], ref, {"deleted_at": "2024-01-01T00:00:00Z"})])

    def _apply(self, opening: int, mutations: list[Mutation]) -> None:
        self._stores[opening].apply(mutations)
        for mutation in mutations:
            self.model.apply(mutation)

    @rule(opening=_OPENINGS, ref=st.sampled_from(_RUNS))
    def claim(self, opening: int, ref: str) -> None:
        """Claim a run: it works once, and never for a run that there is or was."""
        given = self._stores[opening].claim_run(ref)
        assert given is self.model.claim(ref), f"the claim of {ref}"

    @rule(opening=_OPENINGS)
    def reopen(self, opening: int) -> None:
        """Close one opening, and open the store again."""
        self._stores[opening].close()
        self._stores[opening] = self._open()

    @rule(
        opening=st.integers(0, 2),
        kind=st.sampled_from(sorted(set(_KINDS.values()))),
        condition=st.sampled_from(_CONDITIONS),
        page=st.sampled_from(_PAGES),
    )
    def find(self, opening: int, kind: EntityKind, condition: dict[str, Any], page: dict[str, Any]) -> None:
        """Ask a question of one opening, in every order."""
        for order_by, descending in product(ORDERS, (False, True)):
            query = EntityQuery(kind, order_by=order_by, descending=descending, **condition, **page)
            assert self.model.find(query) == [each.ref for each in self._stores[opening].find(query)], query

    @rule(opening=st.integers(0, 2))
    def nothing_is_damaged(self, opening: int) -> None:
        """Check the store: whatever was said, nothing is broken; that a stage's run is missing, it may tell."""
        found = self._stores[opening].check_integrity()
        errors = [finding for finding in found if finding.severity == "error"]
        assert [] == [finding for finding in errors if not finding.code.startswith("missing_")]

    @invariant()
    def every_opening_answers_as_the_model(self) -> None:
        """All openings answer alike: each entity, all of a kind in order, and what was deleted."""
        for store in getattr(self, "_stores", ()):
            for ref, kind in _KINDS.items():
                assert self.model.get(kind, ref) == _shown(store.get(kind, ref)), ref
            for kind in sorted(set(_KINDS.values())):
                everything = EntityQuery(kind, order_by="ref")
                assert self.model.find(everything) == [each.ref for each in store.find(everything)]
                if "deletion" in self.capabilities:
                    gone = store.find(EntityQuery(kind, order_by="ref", deleted=True))
                    assert self.model.deleted(kind) == [each.ref for each in gone]


def _shown(entity: Entity | None) -> dict[str, Any] | None:
    """Return a document without maps that have become empty: a store may keep them or not."""
    if entity is None:
        return None
    return {name: value for name, value in entity.document.items() if name not in MAP_FIELDS or value}

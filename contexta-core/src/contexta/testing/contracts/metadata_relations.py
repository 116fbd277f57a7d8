"""Relations by what they start or end at, for stores that find them so."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from contexta.spi.metadata import EntityKind, Mutation
from contexta.spi.relation_lookup import PlainRelationLookup
from contexta.testing.contracts.contract import needs
from contexta.testing.contracts.metadata_entities import MetadataEntities, put

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.metadata import Entity
    from contexta.spi.relation_lookup import RelationSide
    from contexta.testing.contracts.stores import Stores

__all__ = ["MetadataRelations"]

_TIME = "2026-01-31T12:00:00Z"
_RELATION, _PROVENANCE = EntityKind.RELATION, EntityKind.PROVENANCE
#: Source and target of relations: runs whose names begin alike, and what is inside of them, and of nothing.
_ENDS = {
    "e": ("run:demo.r1", "artifact:demo.r1.data"),
    "b": ("stage:demo.r1.fit", "artifact:demo.r2.data"),
    "d": ("artifact:demo.r1.data", "run:demo.r10"),
    "a": ("artifact:other.r1.data", "batch:demo.r1.fit.b1"),
    "c": ("artifact:demo.r2.data", "artifact:demo.r2.data"),
    "f": ("deployment:demo.app", "artifact:other.r1.data"),
    "g": ("stage:demo.r10.fit", "run:demo.r10"),
}
#: What they say; where nothing stands here, that the source came from the target.
_TYPES = {"b": "consumed_by", "c": "reported_by", "d": "consumed_by"}
_ASKED = [
    "run:demo.r1",
    "run:demo.r2",
    "run:demo.r10",
    "stage:demo.r1.fit",
    "artifact:demo.r2.data",
    "batch:demo.r1.fit.b1",
    "project:demo",
    "run:demo.none",
    "nothing",
]


def _letters(found: Iterable[Entity]) -> str:
    return "".join(entity.ref.partition(":")[2] for entity in found)


class MetadataRelations(MetadataEntities, contract=True):
    """Relations by their ends."""

    def _related(self, stores: Stores) -> Any:
        store = stores.open()
        store.apply(
            [
                Mutation(
                    _RELATION,
                    f"relation:{name}",
                    {
                        "source_ref": source,
                        "target_ref": target,
                        "relation_type": _TYPES.get(name, "derived_from"),
                    },
                )
                for name, (source, target) in _ENDS.items()
            ]
        )
        return store

    @needs("relations")
    def test_relations_are_found_by_either_end(self, stores: Stores) -> None:
        """What starts or ends at any of the references is found once, in the order of references; nothing else is."""
        store = self._related(stores)
        assert _letters(store.find_relations(["artifact:demo.r1.data"])) == "de"
        assert _letters(store.find_relations(["artifact:demo.r1.data", "run:demo.r1"])) == "de"
        assert _letters(store.find_relations(["artifact:demo.r2.data", "run:demo.r1"])) == "bce"
        assert _letters(store.find_relations(["run:demo", "demo.r1", "run:demo.none"])) == ""
        assert _letters(store.find_relations([])) == ""
        [found] = store.find_relations(["deployment:demo.app"])
        assert found == store.get(_RELATION, "relation:f")

    @needs("relations")
    def test_relations_are_found_by_the_end_that_is_asked(self, stores: Stores) -> None:
        """Asked for what things came from, only relations that say that are found, whichever end they start at."""
        store = self._related(stores)
        asked = ["artifact:demo.r1.data", "run:demo.r10"]
        assert _letters(store.find_relations(asked)) == "deg"
        assert _letters(store.find_relations(asked, side="later")) == "d"
        assert _letters(store.find_relations(asked, side="earlier")) == "deg"
        assert _letters(store.find_relations(["run:demo.r1"], side="later", inside=True)) == "e"
        assert _letters(store.find_relations(["run:demo.r1"], side="earlier", inside=True)) == "abde"

    @needs("relations")
    def test_relations_are_found_by_what_is_inside(self, stores: Stores) -> None:
        """Asked for what is inside, a run stands for its stages and artifacts, and not for runs of longer names."""
        store = self._related(stores)
        assert _letters(store.find_relations(["run:demo.r1"], inside=True)) == "abde"
        assert _letters(store.find_relations(["stage:demo.r1.fit"], inside=True)) == "ab"
        assert _letters(store.find_relations(["run:demo.r10", "deployment:demo.app"], inside=True)) == "dfg"
        assert _letters(store.find_relations(["project:other"], inside=True)) == "af"

    @needs("relations")
    def test_relations_are_those_of_the_plain_search(self, stores: Stores) -> None:
        """Any two references together, with what is inside and without, give what looking at every relation gives."""
        store = self._related(stores)
        plain = PlainRelationLookup(store)
        sides: tuple[RelationSide | None, ...] = (None, "later", "earlier")
        for one, other, side, inside in product(_ASKED, _ASKED, sides, (False, True)):
            expected = plain.find_relations([one, other], side=side, inside=inside)
            found = store.find_relations([one, other], side=side, inside=inside)
            assert list(expected) == list(found), (one, other, side, inside)

    @needs("relations")
    def test_relations_are_found_by_the_ends_that_they_have_now(self, stores: Stores) -> None:
        """A relation that another process gave another end is found there, and there only."""
        store, other = self._related(stores), stores.open()
        assert _letters(store.find_relations(["run:demo.r10"])) == "dg"
        put(other, "relation:d", _RELATION, target_ref="run:demo.r3")
        put(other, "relation:h", _RELATION, source_ref="run:demo.r3", target_ref="run:demo.r1")
        for each in (store, other, stores.open(read_only=True)):
            assert _letters(each.find_relations(["run:demo.r10"])) == "g"
            assert _letters(each.find_relations(["run:demo.r3"])) == "dh"

    @needs("relations")
    @needs("deletion")
    def test_deleted_relations_are_not_found(self, stores: Stores) -> None:
        """A relation or an assertion that was deleted is found by no end."""
        store = self._related(stores)
        put(store, "provenance:p", _PROVENANCE, relation_ref="relation:d")
        put(store, "relation:d", _RELATION, deleted_at=_TIME)
        put(store, "provenance:p", _PROVENANCE, deleted_at=_TIME)
        assert _letters(store.find_relations(["run:demo.r10"], inside=True)) == "g"
        assert list(store.find_assertions(["relation:d"])) == []

    @needs("relations")
    def test_assertions_are_found_by_their_relations(self, stores: Stores) -> None:
        """Assertions about any of the relations are found once, in the order of references, as they are now."""
        store, other = stores.open(), stores.open()
        for name, relation in (("z", "relation:a"), ("x", "relation:a"), ("y", "relation:b")):
            put(store, f"provenance:{name}", _PROVENANCE, relation_ref=relation, asserted_at=_TIME)
        assert _letters(store.find_assertions(["relation:a", "relation:none"])) == "xz"
        put(other, "provenance:x", _PROVENANCE, relation_ref="relation:b")
        assert _letters(store.find_assertions(["relation:b"])) == "xy"
        assert _letters(store.find_assertions([])) == ""
        [found] = store.find_assertions(["relation:a"])
        assert found == store.get(_PROVENANCE, "provenance:z")

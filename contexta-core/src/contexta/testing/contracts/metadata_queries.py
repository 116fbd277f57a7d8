"""Questions about many entities: filters, orders, pages."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from contexta.errors import ValidationError
from contexta.spi.entity_selection import ORDERS, select_entities
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.testing.contracts.metadata_entities import RUN, MetadataEntities, names_of, put

if TYPE_CHECKING:
    from contexta.spi.metadata import MetadataBackend
    from contexta.testing.contracts.stores import Stores

__all__ = ["MetadataQueries"]

#: Texts of different length, whose order as text is another one than as times.
_EARLY, _MIDDLE, _LATE = "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.500000Z", "2026-01-31T12:00:01Z"

_RUNS: dict[str, dict[str, Any]] = {
    "b": {"name": "x", "started_at": _MIDDLE, "tags": {"kind": "a", "n": "1"}, "project_ref": "project:demo"},
    "a": {"name": "x", "started_at": _EARLY, "tags": {"kind": "a"}, "project_ref": "project:demo"},
    "d": {
        "name": "w",
        "started_at": _LATE,
        "tags": {"kind": "b"},
        "project_ref": "project:other",
        "order_index": 2,
    },
    "c": {
        "name": "y",
        "started_at": _EARLY,
        "status": "failed",
        "project_ref": "project:other",
        "order_index": 10,
    },
    "e": {"project_ref": "project:demo", "ended_at": _LATE, "archived_at": _LATE, "order_index": -1},
}

_FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"fields": {"project_ref": "project:demo"}},
    {"fields": {"project_ref": frozenset({"project:demo", "project:none"})}},
    {"tags": {"kind": "a"}},
    {"fields": {"project_ref": "project:demo", "name": "x"}, "tags": {"n": "1"}},
    {"started_after": _MIDDLE},
    {"absent": ("archived_at",)},
    {"refs": ("run:demo.e", "run:demo.a", "run:demo.none")},
)
_PAGES: tuple[dict[str, int], ...] = (
    {},
    {"limit": 2},
    {"limit": 2, "offset": 1},
    {"offset": 9},
    {"limit": 0},
)

_QUERIES: list[dict[str, Any]] = [
    {"order_by": order, "descending": down, **filters, **page}
    for order, down, filters, page in product(ORDERS, (False, True), _FILTERS, _PAGES)
]


class MetadataQueries(MetadataEntities, contract=True):
    """Filters, orders and pages."""

    def _filled(self, stores: Stores) -> MetadataBackend:
        store: MetadataBackend = stores.open()
        store.apply([Mutation(RUN, f"run:demo.{name}", fields) for name, fields in _RUNS.items()])
        put(store, "stage:demo.a.fit", EntityKind.STAGE, name="x", project_ref="project:demo")
        return store

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, "acbde"),
            ({"fields": {"project_ref": "project:demo"}}, "abe"),
            ({"fields": {"project_ref": "project:demo", "name": "x"}}, "ab"),
            ({"fields": {"name": "none"}}, ""),
            ({"fields": {"name": frozenset({"w", "y", "none"})}}, "cd"),
            ({"fields": {"status": frozenset({"failed", "open"})}}, "c"),
            ({"fields": {"project_ref": frozenset({"project:other", "project:demo"}), "name": "x"}}, "ab"),
            ({"fields": {"run_ref": frozenset({"run:demo.r1"})}}, ""),
            ({"fields": {"name": frozenset()}}, ""),
            ({"tags": {"kind": "a"}}, "ab"),
            ({"tags": {"kind": "a", "n": "1"}}, "b"),
            ({"status": "failed"}, "c"),
            ({"refs": ("run:demo.d", "run:demo.none", "run:demo.a", "run:demo.a")}, "ad"),
            ({"refs": ()}, ""),
            ({"present": ("archived_at",)}, "e"),
            ({"absent": ("archived_at", "status")}, "abd"),
            ({"deleted": True}, ""),
        ],
    )
    def test_filters_mean_what_they_say(self, stores: Stores, query: dict[str, Any], expected: str) -> None:
        """Every given condition must hold; entities of other kinds are never found."""
        assert list(expected) == names_of(self._filled(stores), **query)

    def test_the_bounds_of_a_time_are_inclusive(self, stores: Stores) -> None:
        """What started exactly at a bound is found; what never started is not."""
        store = self._filled(stores)
        assert ["b", "d"] == names_of(store, started_after=_MIDDLE)
        assert ["a", "c", "b"] == names_of(store, started_before=_MIDDLE)
        assert ["a", "c"] == names_of(store, started_after=_EARLY, started_before="2026-01-31T13:00:00+01:00")

    def test_times_are_ordered_as_instants(self, stores: Stores) -> None:
        """A whole second comes before its fraction, although its text does not."""
        store = self._filled(stores)
        assert ["a", "c", "b", "d", "e"] == names_of(store)
        assert ["d", "b", "a", "c", "e"] == names_of(store, descending=True)

    def test_ties_are_broken_by_reference(self, stores: Stores) -> None:
        """Of equal keys the smaller reference comes first, in either direction."""
        store = self._filled(stores)
        assert ["d", "a", "b", "c", "e"] == names_of(store, order_by="name")
        assert ["c", "a", "b", "d", "e"] == names_of(store, order_by="name", descending=True)

    def test_entities_without_the_field_come_last(self, stores: Stores) -> None:
        """Without the field of the order an entity comes last, in either direction; numbers sort as numbers."""
        store = self._filled(stores)
        assert ["e", "d", "c", "a", "b"] == names_of(store, order_by="order_index")
        assert ["c", "d", "e", "a", "b"] == names_of(store, order_by="order_index", descending=True)
        assert ["e", "a", "b", "c", "d"] == names_of(store, order_by="ended_at", descending=True)

    def test_references_are_ordered_as_text(self, stores: Stores) -> None:
        """Ordered by reference, the direction counts."""
        store = self._filled(stores)
        assert list("abcde") == names_of(store, order_by="ref")
        assert list("edcba") == names_of(store, order_by="ref", descending=True)

    def test_a_page_is_cut_out_of_what_matches(self, stores: Stores) -> None:
        """Offset and limit count what matches, in the query's order."""
        store = self._filled(stores)
        fields = {"project_ref": "project:demo"}
        assert ["a"] == names_of(store, fields=fields, limit=1)
        assert ["b", "e"] == names_of(store, fields=fields, offset=1)
        assert ["b"] == names_of(store, fields=fields, offset=1, limit=1)
        assert [] == names_of(store, fields=fields, offset=3, limit=1)
        assert [] == names_of(store, limit=0)

    def test_every_query_is_answered_as_the_plain_search(self, stores: Stores) -> None:
        """Filters, orders and pages in all combinations give what looking at every entity gives."""
        store = self._filled(stores)
        everything = [
            entity for entity in (store.get(RUN, f"run:demo.{name}") for name in _RUNS) if entity is not None
        ]
        for given in _QUERIES:
            query = EntityQuery(RUN, **given)
            expected = [entity.ref for entity in select_entities(everything, query)]
            assert expected == [entity.ref for entity in store.find(query)], given

    @pytest.mark.parametrize(
        "query",
        [{"order_by": "colour"}, {"limit": -1}, {"offset": -1}, {"started_after": "yesterday"}],
        ids=str,
    )
    def test_an_unknown_order_is_refused(self, stores: Stores, query: dict[str, Any]) -> None:
        """An order, a bound or a page that no store knows is a ValidationError."""
        store = self._filled(stores)
        with pytest.raises(ValidationError):
            store.find(EntityQuery(RUN, **query))

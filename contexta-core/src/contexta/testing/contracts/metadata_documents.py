"""Documents of entities: what is kept, and how patches are merged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from contexta.contract.json_values import thaw_json
from contexta.errors import SerializationError
from contexta.spi.merge import keeping_nulls
from contexta.spi.metadata import EntityKind, Mutation
from contexta.testing.contracts.metadata_entities import RUN, MetadataEntities, put

if TYPE_CHECKING:
    from contexta.spi.metadata import MetadataBackend
    from contexta.testing.contracts.stores import Stores

__all__ = ["MetadataDocuments"]

_REF = "run:demo.r1"


def _document(store: MetadataBackend, ref: str = _REF, kind: EntityKind = RUN) -> dict[str, Any]:
    entity = store.get(kind, ref)
    assert entity is not None
    assert (kind, ref) == (entity.kind, entity.ref)
    document: dict[str, Any] = thaw_json(entity.document)
    return document


class MetadataDocuments(MetadataEntities, contract=True):
    """What is kept of an entity."""

    def test_an_entity_is_what_was_applied(self, stores: Stores) -> None:
        """Text of any script, numbers to the last digit, nested values and times come back as they were given."""
        fields: dict[str, Any] = {
            "name": 'Prüfung 試験 \U0001f9ea "quoted" \\ back\nslash\x7f',
            "started_at": "2026-01-31T12:00:00.123456789Z",
            "ratio": 0.1 + 0.2,
            "tiny": 5e-324,
            "count": 2**63 + 1,
            "whole": 1.0,
            "flag": True,
            "details": {"list": [1, None, {"deep": [[]]}], "empty": {}, "nul": "\x00"},
        }
        store = stores.open()
        put(store, _REF, **fields)
        for reader in (store, stores.open(read_only=True)):
            document = _document(reader)
            assert fields == document
            assert [type(value) for value in fields.values()] == [type(document[name]) for name in fields]

    def test_what_nobody_wrote_is_none(self, stores: Stores) -> None:
        """An entity that nobody wrote is None, before and after there is a store."""
        store = stores.open()
        assert store.get(RUN, _REF) is None
        put(store, _REF, name="one")
        assert store.get(RUN, "run:demo.r2") is None
        assert store.get(EntityKind.STAGE, _REF) is None

    def test_kinds_are_kept_apart(self, stores: Stores) -> None:
        """The same reference in two kinds is two entities."""
        store = stores.open()
        for kind in EntityKind:
            put(store, "thing:demo", kind, name=str(kind))
        assert list(EntityKind) == [_document(store, "thing:demo", kind)["name"] for kind in EntityKind]

    def test_patches_leave_the_other_fields_alone(self, stores: Stores) -> None:
        """A patch sets its own fields and no other; the last one decides."""
        store, other = stores.open(), stores.open()
        put(store, _REF, name="one", code_revision="a")
        assert _document(other)["name"] == "one"
        put(other, _REF, name="two")
        assert {"name": "two", "code_revision": "a"} == _document(store)
        put(store, _REF, name="three")
        assert {"name": "three", "code_revision": "a"} == _document(other)

    def test_a_null_removes_a_field(self, stores: Stores) -> None:
        """None removes a field; set again it is back."""
        store = stores.open()
        put(store, _REF, name="one", dataset_ref="d")
        put(store, _REF, dataset_ref=None)
        assert {"name": "one"} == _document(store)
        put(store, _REF, dataset_ref="e")
        assert {"name": "one", "dataset_ref": "e"} == _document(store)

    def test_maps_are_merged_key_by_key(self, stores: Stores) -> None:
        """Tags that two processes set are both there; of one key the last value decides."""
        store, other = stores.open(), stores.open()
        put(store, _REF, tags={"a": "1", "b": "1"}, metadata={"x": {"deep": 1, "gone": 2}})
        put(other, _REF, tags={"b": "2", "c": "2"}, metadata={"x": {"deep": 3}, "y": [1]})
        expected = {"tags": {"a": "1", "b": "2", "c": "2"}, "metadata": {"x": {"deep": 3}, "y": [1]}}
        assert expected == _document(store) == _document(other)

    def test_a_null_removes_a_key(self, stores: Stores) -> None:
        """None removes a key of a map, and for the whole map every key that was set before."""
        store = stores.open()
        put(store, _REF, tags={"a": "1", "b": "1"}, parameters={"lr": 0.1})
        put(store, _REF, tags={"a": None})
        assert {"tags": {"b": "1"}, "parameters": {"lr": 0.1}} == _document(store)
        put(store, _REF, parameters=None)
        put(store, _REF, parameters={"depth": 3})
        assert {"tags": {"b": "1"}, "parameters": {"depth": 3}} == _document(store)

    def test_a_kept_null_is_a_value(self, stores: Stores) -> None:
        """A parameter that is None, handed over with keeping_nulls, is there."""
        store = stores.open()
        put(store, _REF, parameters=keeping_nulls({"depth": None, "lr": 0.1}))
        assert {"parameters": {"depth": None, "lr": 0.1}} == _document(store)

    def test_the_first_writer_decides_when_it_was_created(self, stores: Stores) -> None:
        """``created_at`` and ``order_index`` stay what the first writer said."""
        store, other = stores.open(), stores.open()
        put(store, _REF, created_at="2026-01-01T00:00:00Z", order_index=1)
        assert _document(other)["order_index"] == 1
        put(other, _REF, created_at="2025-01-01T00:00:00Z", order_index=2, name="late")
        expected = {"created_at": "2026-01-01T00:00:00Z", "order_index": 1, "name": "late"}
        assert expected == _document(store) == _document(other)

    def test_mutations_are_applied_all_or_none(self, stores: Stores) -> None:
        """Where one mutation of a call cannot be kept, none of them is."""
        store = stores.open()
        good = Mutation(RUN, _REF, {"name": "one"})
        with pytest.raises(SerializationError):
            store.apply([good, Mutation(RUN, "run:demo.r2", {"bad": object()})])
        assert store.get(RUN, _REF) is None
        store.apply([good, Mutation(RUN, "run:demo.r2", {"name": "two"}), Mutation(RUN, _REF, {"x": 1})])
        assert {"name": "one", "x": 1} == _document(store)
        store.apply([])

    @pytest.mark.parametrize("value", [math.nan, math.inf, object()], ids=["nan", "inf", "object"])
    def test_what_is_no_json_is_refused(self, stores: Stores, value: object) -> None:
        """What JSON cannot hold is a SerializationError, also deep inside, and changes nothing."""
        store = stores.open()
        for fields in ({"value": value}, {"metadata": {"deep": [value]}}):
            with pytest.raises(SerializationError):
                put(store, _REF, **fields)
        assert store.get(RUN, _REF) is None

    def test_documents_are_the_callers_own(self, stores: Stores) -> None:
        """What the caller does afterwards to what was handed over, or to a copy of an answer, changes nothing."""
        store = stores.open()
        tags, deep = {"a": "1"}, {"list": [1]}
        put(store, _REF, tags=tags, details=deep)
        tags["b"] = "2"
        deep["list"].append(2)
        expected = {"tags": {"a": "1"}, "details": {"list": [1]}}
        assert expected == _document(store)
        _document(store)["tags"]["c"] = "3"
        assert expected == _document(store)

    def test_a_large_document_is_kept(self, stores: Stores) -> None:
        """A field of half a MiB, such as a code snapshot, comes back whole."""
        store, text = stores.open(), "line of code\n" * 40_000
        put(store, _REF, code=text)
        assert text == _document(stores.open())["code"]

"""Between canonical models and the documents of entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.contract_model import model_fields
from contexta.contract.decoding import decode_model
from contexta.contract.encoding import to_payload
from contexta.spi.merge import MAP_FIELDS, keeping_nulls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.contract.contract_model import ContractModel
    from contexta.spi.metadata import Entity
    from contexta.store.metadata.repositories.spec import RepositorySpec

__all__ = ["changes_of", "model_of"]

#: Where the fields of a newer minor version of a model are kept.
_EXTRAS = "extras"
_LIFECYCLE = ("status", "started_at", "ended_at")


def model_of(spec: RepositorySpec, entity: Entity) -> ContractModel:
    """Return the canonical model of an entity.

    A run whose last writer is dead has no end, so its model is ``open``: the canonical statuses do not know
    ``interrupted``.

    Raises:
        SerializationError: The document lacks what the model needs.
        ValidationError: A field breaks its rule.
    """
    document = entity.document
    payload: dict[str, Any] = dict(document.get(_EXTRAS) or {})
    for field in model_fields(spec.model):
        value = document.get(spec.document_field(field.name))
        if value is None and field.name in spec.fallbacks:
            value = document.get(spec.fallbacks[field.name])
        if value is None:
            value = spec.unknown.get(field.name)
        if value is not None:
            payload[field.name] = value
    payload[spec.ref_field] = entity.ref
    if spec.named_by is not None:
        payload[spec.named_by] = _component(entity.ref)
    if payload.get("status") == "interrupted":
        payload["status"] = "open"
    if payload.get("status") == "open":
        payload.pop("ended_at", None)
    return decode_model(spec.model, payload)


def changes_of(spec: RepositorySpec, model: ContractModel, known: Entity | None) -> dict[str, Any]:
    """Return the fields of the mutation that makes an entity read as a model.

    Args:
        spec: The kind.
        model: The model.
        known: The entity as it is, or None where there is none.
    """
    wanted = _fields_of(spec, model)
    if known is None:
        if spec.named_by is not None:
            wanted["name"] = getattr(model, spec.named_by)
        return {
            name: keeping_nulls(value) if name in MAP_FIELDS else value
            for name, value in wanted.items()
            if value is not None
        }
    document = known.document
    if document.get("participants"):
        if _same_lifecycle(spec, wanted, known):
            # It is told by the participations, which go on telling it.
            for name in _LIFECYCLE:
                wanted.pop(name, None)
        else:
            wanted["participants"] = None
    return {
        name: _map_change(value, document.get(name))
        if name in MAP_FIELDS and name != "participants"
        else value
        for name, value in wanted.items()
        if value is not None or name in document
    }


def _fields_of(spec: RepositorySpec, model: ContractModel) -> dict[str, Any]:
    """Return every field of the document that the model tells; None for one that it leaves open."""
    payload = to_payload(model)
    fields: dict[str, Any] = {}
    for field in model_fields(spec.model):
        value = payload.pop(field.name, None)
        if field.name not in {spec.ref_field, spec.named_by}:
            fields[spec.document_field(field.name)] = None if value in ({}, []) else value
    fields[_EXTRAS] = payload or None
    return fields


def _same_lifecycle(spec: RepositorySpec, wanted: Mapping[str, Any], known: Entity) -> bool:
    from contexta.errors import ContextaError

    try:
        current = to_payload(model_of(spec, known))
    except ContextaError:
        return False
    return all(wanted.get(name) == current.get(name) for name in _LIFECYCLE)


def _map_change(wanted: Mapping[str, Any] | None, known: Any) -> dict[str, Any] | None:
    """Return the change of a map field: keys that are no longer wanted are removed one by one."""
    removed = {key: None for key in known or {} if key not in (wanted or {})}
    return {**removed, **keeping_nulls(wanted or {})} or None


def _component(ref: str) -> str:
    return ref.rpartition(":")[2].rpartition(".")[2]

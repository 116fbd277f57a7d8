"""Attributes: text, numbers, truth values, and sequences of one of these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contexta.results import plain

if TYPE_CHECKING:
    from contexta.contract.models.envelope import RecordEnvelope

__all__ = ["Attributes", "attribute_value", "envelope_attributes", "own_attributes"]

Attributes = dict[str, Any]

#: Attributes with these beginnings keep their names: they are OpenTelemetry's own conventions.
_CONVENTIONAL = ("gen_ai.", "error.type", "server.address", "server.port")

_LARGEST_INTEGER = 2**63 - 1

_SCOPES = {
    "stage_ref": "stage_execution_ref",
    "batch_ref": "batch_execution_ref",
    "sample_ref": "sample_observation_ref",
    "operation_ref": "operation_context_ref",
    "deployment_ref": "deployment_execution_ref",
}


def attribute_value(value: Any) -> Any:
    """Return a value as an attribute can hold it; None for nothing.

    Mappings, sequences of several types and integers beyond 64 bits become text: JSON where it is a structure.

    Args:
        value: JSON data.
    """
    if value is None or isinstance(value, (str, bool, float)):
        return value
    if isinstance(value, int):
        return value if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER else str(value)
    if isinstance(value, Mapping):
        return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)
    items = [attribute_value(each) for each in value]
    kinds = {type(each) for each in value}
    if len(kinds) <= 1 and kinds <= {str, bool, int, float} and {type(each) for each in items} == kinds:
        return tuple(items)
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


def own_attributes(prefix: str, attributes: Mapping[str, Any]) -> Attributes:
    """Return a record's own attributes: conventional names as they are, the others behind a prefix.

    Args:
        prefix: ``"contexta.span."`` and its like.
        attributes: The record's.
    """
    return {
        key if key.startswith(_CONVENTIONAL) else f"{prefix}{key}": converted
        for key, value in attributes.items()
        if (converted := attribute_value(value)) is not None
    }


def envelope_attributes(envelope: RecordEnvelope, *, with_record: bool = True) -> Attributes:
    """Return where a record belongs.

    Args:
        envelope: The record's.
        with_record: Whether the record itself is named; a metric's series must not be split by it.
    """
    found = {"contexta.run_ref": str(envelope.run_ref)}
    if with_record:
        found["contexta.record_ref"] = str(envelope.record_ref)
        scopes = _SCOPES
    else:
        scopes = {"stage_ref": _SCOPES["stage_ref"]}
    for name, field_name in scopes.items():
        ref = getattr(envelope, field_name)
        if ref is not None:
            found[f"contexta.{name}"] = str(ref)
    return found

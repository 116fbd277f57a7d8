"""What all canonical models share: immutability, plain data, and room for fields of a newer minor version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.fields import bind_fields
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.json_values import MAX_JSON_NODES, freeze_json, thaw_json
from contexta.contract.refs import StableRef
from contexta.errors import ValidationError

__all__ = ["EXTRAS_FIELD", "ContractModel", "as_extras", "model_fields"]

#: The private field that keeps what a newer minor version wrote and this one does not know.
EXTRAS_FIELD = "_extras"


def as_extras(value: Mapping[str, Any], field_name: str = EXTRAS_FIELD) -> Mapping[str, Any]:
    """Require a mapping of JSON values whose keys are no fields of this version."""
    if value is EMPTY_MAPPING or not value:
        return EMPTY_MAPPING
    frozen = freeze_json(value, path=field_name, max_keys=MAX_JSON_NODES)
    if not isinstance(frozen, FrozenMapping):
        raise ValidationError(
            f"Unknown fields must be a mapping, not {type(value).__name__}.",
            code="context_invalid_mapping",
            details={"field_name": field_name},
        )
    return frozen


@attrs.frozen(field_transformer=bind_fields)
class ContractModel:
    """The base of the canonical models.

    A model is checked when it is built and cannot change afterwards; ``attrs.evolve`` makes a changed copy and checks
    it again.  Models compare, hash, copy and pickle by their normalised content.
    """

    #: The model's name in registries, schemas and error texts.
    contract_name: ClassVar[str] = "model"

    #: What must hold between the fields, in the order in which it is checked.
    rules: ClassVar[tuple[FieldsRule, ...]] = ()

    _extras: Mapping[str, Any] = attrs.field(
        default=EMPTY_MAPPING, kw_only=True, repr=False, alias="_extras", converter=as_extras
    )

    def __attrs_post_init__(self) -> None:
        """Check what holds between fields, once each is valid by itself."""
        for rule in self.rules:
            # Most optional fields of most models are None.
            if rule.first is None or rule.first(self) is not None:
                rule.apply(self)

    def __replace__(self, **changes: Any) -> Self:
        """Return a changed copy, checked again; what ``copy.replace`` calls."""
        return attrs.evolve(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain data: declared order, None included, refs as text, nothing shared."""
        result = {field.name: _plain(getattr(self, field.name)) for field in model_fields(type(self))}
        for name, value in self._extras.items():
            result.setdefault(name, thaw_json(value))
        return result


_fields: dict[type, tuple[attrs.Attribute[Any], ...]] = {}


def model_fields(model: type[ContractModel]) -> tuple[attrs.Attribute[Any], ...]:
    """Return the declared fields of a model, without the private one for unknown fields."""
    found = _fields.get(model)
    if found is None:
        found = tuple(field for field in attrs.fields(model) if field.name != EXTRAS_FIELD)
        _fields[model] = found
    return found


def _plain(value: Any) -> Any:
    """Turn one field's value into plain data."""
    if isinstance(value, ContractModel):
        return value.to_dict()
    if isinstance(value, StableRef):
        return value.text
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return thaw_json(value)

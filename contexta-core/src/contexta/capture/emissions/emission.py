"""What all emissions share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from contexta.contract.json_values import thaw_json
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Emission", "sequence_of"]


class Emission:
    """What all emissions share: making one from a mapping, and turning it into plain data."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Self | Mapping[str, Any]) -> Self:
        """Return an emission as it is, or make one of a mapping with the same fields.

        Raises:
            ValidationError: Not a mapping, or one with unknown or missing fields.
        """
        if isinstance(value, cls):
            return value
        try:
            return cls(**value)  # type: ignore[arg-type]
        except TypeError as error:
            known = ", ".join(each.name for each in fields(cls))  # type: ignore[arg-type]
            raise ValidationError(
                f"{str(value)[:200]} is no {cls.__name__} and no mapping of its fields: {error}; its fields are {known}",
                code="capture_model_invalid_fields",
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the emission as plain data."""
        return {each.name: thaw_json(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]


def sequence_of(emissions: Any) -> Sequence[Any]:
    """Return a batch as a sequence.

    Raises:
        ValidationError: One emission, a text, or something that cannot be gone through.
    """
    if isinstance(emissions, (list, tuple)):
        return emissions
    try:
        if isinstance(emissions, (str, bytes, Mapping)):
            raise TypeError("one item instead of a sequence")  # noqa: TRY301 - the same fault, the same answer
        return list(emissions)
    except TypeError as error:
        raise ValidationError(
            f"a batch must be a sequence of emissions or mappings, not {type(emissions).__name__}: {error}",
            code="capture_model_invalid_batch",
        ) from error

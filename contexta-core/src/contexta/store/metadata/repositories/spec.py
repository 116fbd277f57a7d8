"""What a repository must know of its kind of entity, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.contract.contract_model import ContractModel
    from contexta.spi.metadata import EntityKind

__all__ = ["Owner", "RepositorySpec"]


@dataclass(frozen=True, slots=True)
class Owner:
    """An entity that must exist before another may name it.

    Args:
        field_name: The field of the model that names it; None in it names nothing.
        kind: What it is.
        code: Code of the error where it is missing.
    """

    field_name: str
    kind: EntityKind
    code: str


@dataclass(frozen=True, slots=True)
class RepositorySpec:
    """How models of one kind are kept as entities.

    Args:
        kind: What the entity is.
        model: Its canonical model.
        ref_field: The model's field with the entity's own reference.
        order: Fields of the model to sort lists by; a reference breaks ties.
        owners: What must exist before the entity may be put.
        named_by: The model's field that repeats the last component of the reference; the document's ``name`` is the
            name as it was given, such as ``Fit Model`` for ``fit-model``.
        renamed: Fields that have another name in the document.
        fallbacks: Fields of the document to take where a required one is missing.
        unknown: Texts for required fields that were not captured.
    """

    kind: EntityKind
    model: type[ContractModel]
    ref_field: str
    order: tuple[str, ...]
    owners: tuple[Owner, ...] = ()
    named_by: str | None = None
    renamed: Mapping[str, str] = field(default_factory=lambda: EMPTY_MAPPING)
    fallbacks: Mapping[str, str] = field(default_factory=lambda: EMPTY_MAPPING)
    unknown: Mapping[str, Any] = field(default_factory=lambda: EMPTY_MAPPING)

    def document_field(self, field_name: str) -> str:
        """Return the document's name of a field of the model."""
        return self.renamed.get(field_name, field_name)

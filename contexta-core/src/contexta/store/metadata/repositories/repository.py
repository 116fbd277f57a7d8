"""What all repositories share: put, get, find, exists and list, over one kind of entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, cast

from contexta.contract.contract_model import ContractModel
from contexta.contract.refs import StableRef, validate_stable_ref_kind
from contexta.contract.timestamps import instant
from contexta.errors import ConflictError, ContextaError, NotFoundError, ValidationError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.metadata.repositories.documents import changes_of, model_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.metadata import Entity
    from contexta.store.metadata.repositories.spec import RepositorySpec

__all__ = ["EntityAccess", "Repository"]

Model = TypeVar("Model", bound=ContractModel)


class EntityAccess(Protocol):
    """Where a repository reads and writes: a metadata backend, or a transaction over one."""

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Apply mutations, all or none."""

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, or None."""

    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Return the entities that match."""


class Repository(Generic[Model]):
    """Canonical models of one kind; what another process put a moment ago is there.

    A put replaces what the model tells and leaves alone what it does not know, such as notes or the hardware of an
    environment; of two puts of one entity the later counts, field by field.

    Args:
        entities: Where to read and write.
    """

    spec: ClassVar[RepositorySpec]

    def __init__(self, entities: EntityAccess) -> None:
        self._entities = entities

    def put(self, model: Model) -> Model:
        """Keep a model under its own reference; durable when this returns.

        Args:
            model: The model; an entity of its reference is brought to what it says.

        Returns:
            The model.

        Raises:
            ValidationError: It is no model of this repository's kind (``metadata_wrong_model``).
            NotFoundError: What it belongs to does not exist.
            ConflictError: Its reference was deleted (``metadata_ref_deleted``).
            ReadOnlyStoreError: The store is open for reading.
        """
        self._check_model(model)
        ref = str(getattr(model, self.spec.ref_field))
        known = self._entities.get(self.spec.kind, ref)
        if known is None:
            self._refuse_deleted(ref)
        fields = {**changes_of(self.spec, model, known), **self._owned_fields(model)}
        self._entities.apply([Mutation(self.spec.kind, ref, fields)])
        return model

    def get(self, ref: str) -> Model:
        """Return one model.

        Args:
            ref: Its reference.

        Raises:
            NotFoundError: There is none (``metadata_row_not_found``).
            ValidationError: It is no reference of this kind, or what is kept breaks a rule of the model.
            SerializationError: What is kept lacks a field of the model.
        """
        found = self.find(ref)
        if found is None:
            raise NotFoundError(
                f"there is no {self.spec.model.contract_name} {str(ref)!r} in the metadata store",
                code="metadata_row_not_found",
                details={"kind": self.spec.kind.value, "ref": str(ref)},
            )
        return found

    def find(self, ref: str) -> Model | None:
        """Return one model, or None; otherwise as :meth:`get`."""
        entity = self._entities.get(self.spec.kind, checked_ref(ref, self.spec.kind))
        return None if entity is None else self._model_of(entity)

    def exists(self, ref: str) -> bool:
        """Return whether there is an entity of a reference.

        Raises:
            ValidationError: It is no reference of this kind.
        """
        return self._entities.get(self.spec.kind, checked_ref(ref, self.spec.kind)) is not None

    def list(self, **fields: str | None) -> tuple[Model, ...]:
        """Return the models whose fields have these values, in the order of the kind.

        What is kept but is no valid model is left out, so that it hides no other; :meth:`get` says what is wrong
        with it.

        Args:
            **fields: Fields of the document; None for any value.
        """
        asked = {name: value for name, value in fields.items() if value is not None}
        models = []
        for entity in self._entities.find(EntityQuery(self.spec.kind, fields=asked, order_by="ref")):
            try:
                models.append(self._model_of(entity))
            except ContextaError:
                continue
        return tuple(sorted(models, key=self._place))

    def _model_of(self, entity: Entity) -> Model:
        return cast("Model", model_of(self.spec, entity))

    def _place(self, model: Model) -> tuple[Any, ...]:
        """Return the sort key of a model; its list is in the order of references already."""
        return tuple(_sortable(getattr(model, name), name) for name in self.spec.order)

    def _check_model(self, model: object) -> None:
        if not isinstance(model, self.spec.model):
            raise ValidationError(
                f"this repository keeps {self.spec.model.__name__} models, not {type(model).__name__}",
                code="metadata_wrong_model",
                details={"expected": self.spec.model.__name__, "actual": type(model).__name__},
            )

    def _refuse_deleted(self, ref: str) -> None:
        if self._entities.find(EntityQuery(self.spec.kind, refs=(ref,), order_by="ref", deleted=True)):
            raise ConflictError(
                f"{ref} was deleted, and a deleted reference is never used again; choose another",
                code="metadata_ref_deleted",
                details={"ref": ref},
            )

    def _owned_fields(self, model: Model) -> dict[str, Any]:
        """Check that what the model belongs to exists; return what is to be kept of it beside the model."""
        fields: dict[str, Any] = {}
        for owner in self.spec.owners:
            ref = getattr(model, owner.field_name)
            if ref is None:
                continue
            found = self._entities.get(owner.kind, str(ref))
            if found is None:
                raise NotFoundError(
                    f"{owner.field_name} is {str(ref)!r}, and there is no such {owner.kind.value}; put it first",
                    code=owner.code,
                    details={"field_name": owner.field_name, "ref": str(ref)},
                )
            if owner.kind is EntityKind.PROJECT and found.document.get("name"):
                fields["project_name"] = found.document["name"]
        return fields


def checked_ref(ref: str, kind: EntityKind) -> str:
    """Return a reference that is well formed and of a kind.

    Raises:
        ValidationError: It is not.
    """
    parsed = StableRef.parse(ref)
    validate_stable_ref_kind(parsed, kind.value)
    return str(parsed)


def optional_ref(ref: str | None, kind: EntityKind) -> str | None:
    """Return a checked reference, or None for None."""
    return None if ref is None else checked_ref(ref, kind)


def _sortable(value: Any, name: str) -> tuple[bool, Any]:
    if value is None:
        return (True, 0)
    return (False, instant(value) if name.endswith("_at") else value)

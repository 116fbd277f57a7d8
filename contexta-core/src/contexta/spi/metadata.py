"""The metadata plane's SPI: entities as documents, changed by mutations, merged under clocks.

A backend keeps *entities*: projects, runs, stages and their like, each one JSON document under its stable
reference.  The kernel never rewrites a document; it applies *mutations*, patches of single fields.  Any number of
processes apply mutations at once, and every reader merges them to the same document, whatever order they arrive in:
:mod:`contexta.spi.merge` holds the rule, and a backend uses it as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contexta.contract.frozen_mapping import EMPTY_MAPPING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.integrity import IntegrityFinding

__all__ = ["Entity", "EntityKind", "EntityQuery", "MetadataBackend", "Mutation"]


class EntityKind(StrEnum):
    """The kinds of entities; each value is also the kind of the entity's stable reference."""

    PROJECT = "project"
    RUN = "run"
    DEPLOYMENT = "deployment"
    STAGE = "stage"
    BATCH = "batch"
    SAMPLE = "sample"
    OPERATION = "op"
    ENVIRONMENT = "environment"
    RELATION = "relation"
    PROVENANCE = "provenance"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A patch of one entity's document.

    Args:
        kind: What the entity is.
        ref: Its stable reference, as text.
        fields: Top-level fields to set.  The value of a map field (``contexta.spi.merge.MAP_FIELDS``) is itself
            merged key by key; every other value replaces the field whole; None removes a field, a key or a whole map.
    """

    kind: EntityKind
    ref: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """One merged entity.

    Args:
        kind: What the entity is.
        ref: Its stable reference, as text.
        document: The merged fields.  Where the document has participations, ``status``, ``started_at`` and
            ``ended_at`` are folded from them (:mod:`contexta.spi.participation`), so an entity whose last writer is
            dead reads as ``interrupted``.
    """

    kind: EntityKind
    ref: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntityQuery:
    """Which entities of one kind to list, in which order.

    Args:
        kind: What the entities are.
        refs: Only these references; None for any.
        fields: Equality on top-level text fields, such as ``{"run_ref": "run:demo.r1"}``; with any of several texts
            where a set is given.
        tags: Every pair must be among the entity's tags.
        status: Equality on the folded status.
        started_after: Only entities started at or after this instant (ISO 8601 text).
        started_before: Only entities started at or before this instant (ISO 8601 text).
        order_by: ``"started_at"``, ``"ended_at"``, ``"name"``, ``"order_index"`` or ``"ref"``; times are compared as
            instants, ties are broken by reference, and entities without the field come last in either direction.
        descending: Whether the greatest comes first.
        limit: At most so many entities; None for all.
        offset: So many entities are left out first.
        present: Only entities that have each of these top-level fields.
        absent: Only entities that have none of these top-level fields.
        deleted: Whether to list what was deleted, and nothing else; of it only the final fields are left.
    """

    kind: EntityKind
    refs: tuple[str, ...] | None = None
    fields: Mapping[str, str | frozenset[str]] = field(default_factory=lambda: EMPTY_MAPPING)
    tags: Mapping[str, str] = field(default_factory=lambda: EMPTY_MAPPING)
    status: str | None = None
    started_after: str | None = None
    started_before: str | None = None
    order_by: str = "started_at"
    descending: bool = False
    limit: int | None = None
    offset: int = 0
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    deleted: bool = False


class MetadataBackend(ABC):
    """What a metadata store implements.

    Every method may be called from any thread.  A backend survives ``os.fork``: the child goes on as a writer of its
    own.  Opening for reading never blocks a writer, and writing never blocks a reader.  What is damaged is left out of
    answers, and :meth:`check_integrity` tells of it; where nothing can be read at all, a question raises
    ``StoreAccessError``.  A store that was closed refuses to be changed with an error of the tree.
    """

    #: Abilities beyond this class, by name: ``"counts"``, ``"deletion"``, ``"frames"``, ``"migrations"``, ``"relations"``,
    #: ``"repairs"``.  A backend with
    #: ``"deletion"`` keeps entities that have ``deleted_at`` (:mod:`contexta.spi.merge`) out of :meth:`get` and
    #: :meth:`find`, but for a query that asks for ``deleted``, and never gives out the claim of a deleted run again.
    capabilities: ClassVar[frozenset[str]] = frozenset()

    @property
    @abstractmethod
    def writer(self) -> str:
        """Identity of this process as a writer: a token of ``[a-z0-9]``, new for each process and opening.

        The kernel builds participations from it, and :meth:`get` and :meth:`find` tell from it whether the process
        behind a participation still lives.
        """

    @property
    def damage_count(self) -> int:
        """Number of damaged lines that reads through this object have passed over so far.

        :meth:`check_integrity` locates them.  A backend that cannot tell says 0.
        """
        return 0

    @abstractmethod
    def claim_run(self, run_ref: str) -> bool:
        """Claim a run reference for ever.

        Atomic among all processes of the workspace: of any number of concurrent calls with one reference exactly one
        returns True.  A reference that has an entity, or had one that was deleted, is taken.

        Returns:
            True when the reference was free and is now taken, False when it was taken before.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
        """

    @abstractmethod
    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Apply mutations, all or none; when this returns they are as durable as the context asks.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            SerializationError: A value is no JSON value, or a number that is not finite; nothing was applied.
            StorageFullError: There is no space; nothing was applied.
            StoreAccessError: The store cannot be written.
        """

    @abstractmethod
    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, over all processes, or None; a deleted one is None."""

    @abstractmethod
    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Return the entities that match, in the query's order, as they are now, over all processes.

        :mod:`contexta.spi.entity_selection` is the meaning that every search must have, and may be used as it is.

        Raises:
            ValidationError: An unknown order, a negative limit or offset, or a bound that is no time.
        """

    @abstractmethod
    def check_integrity(self, *, full: bool = True) -> Sequence[IntegrityFinding]:
        """Look for damage; an empty answer means that none was found.

        Args:
            full: Read everything; otherwise only what a quick look tells.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of every resource; nothing acknowledged is lost.  Closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

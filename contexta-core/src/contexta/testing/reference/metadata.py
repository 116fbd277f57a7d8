"""The plainest metadata store: every mutation is a line, and every question merges all lines."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from contexta.contract.json_values import thaw_json
from contexta.log import HybridClock, filesystem
from contexta.log.fork_lock import ForkLock
from contexta.spi.entity_selection import select_entities
from contexta.spi.merge import document_of, merge_patch
from contexta.spi.metadata import Entity, EntityKind, MetadataBackend
from contexta.spi.participation import fold_participations
from contexta.testing.reference.lines import SharedLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.merge import DocumentState
    from contexta.spi.metadata import EntityQuery, Mutation

__all__ = ["PlainMetadataStore"]

_STAMP_LENGTH = 16


class PlainMetadataStore(MetadataBackend):
    """Keeps mutations as JSON lines, and claims as files that are created exclusively.

    Args:
        context: The surroundings.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"deletion"})

    def __init__(self, context: OpenContext) -> None:
        self._claims = context.root / "claims"
        self._lines = SharedLines(context, "mutations")
        self._clock = HybridClock()
        self._lock = ForkLock(level=1)

    @property
    def writer(self) -> str:
        """This process as a writer."""
        return self._lines.writer

    @property
    def damage_count(self) -> int:
        """Number of damaged places that the last question passed over."""
        return self._lines.damage_count

    def claim_run(self, run_ref: str) -> bool:
        """Claim a run reference: whoever creates its file has it."""
        self._lines.check_writable()
        if self._state(EntityKind.RUN, run_ref) is not None:
            return False
        filesystem.create_private_directory(self._claims)
        try:
            os.close(filesystem.create_file(self._claims / sha256(run_ref.encode()).hexdigest()))
        except FileExistsError:
            return False
        filesystem.sync_directory(self._claims)
        return True

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Append mutations as one batch."""
        with self._lock:
            self._lines.append(
                [
                    {
                        "h": f"{self._clock.tick()}-{self._lines.writer}",
                        "kind": str(mutation.kind),
                        "ref": str(mutation.ref),
                        "set": thaw_json(mutation.fields),
                    }
                    for mutation in mutations
                ]
            )

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Merge everything, and return one entity."""
        state = self._state(kind, ref)
        return None if state is None or "deleted_at" in state else self._entity(kind, ref, state)

    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Merge everything, and look at every entity."""
        states = self._states(str(query.kind)).items()
        return select_entities(self._entities(query.kind, states), query)

    def check_integrity(self, *, full: bool = True) -> Sequence[IntegrityFinding]:
        """Report damaged lines; a quick look is as thorough as a full one."""
        del full
        return self._lines.findings()

    def close(self) -> None:
        """Let go of what is open."""
        self._lines.close()

    def _state(self, kind: EntityKind, ref: str) -> DocumentState | None:
        return self._states(str(kind)).get(ref)

    def _states(self, kind: str) -> dict[str, DocumentState]:
        states: dict[str, DocumentState] = {}
        for _, _, _, line in self._lines.read():
            self._clock.observe(line["h"][:_STAMP_LENGTH])
            if line["kind"] == kind:
                merge_patch(states.setdefault(line["ref"], {}), line["h"], line["set"])
        return states

    def _entities(self, kind: EntityKind, states: Iterable[tuple[str, DocumentState]]) -> Iterable[Entity]:
        return (self._entity(kind, ref, state) for ref, state in states)

    def _entity(self, kind: EntityKind, ref: str, state: DocumentState) -> Entity:
        document: dict[str, Any] = document_of(state)
        return Entity(kind, ref, fold_participations(document, self._lines.liveness))

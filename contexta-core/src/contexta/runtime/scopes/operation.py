"""The operation: something done within a stage or batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.runtime.scopes.owned import OwnedScope
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.scopes.observing import ObservingScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["OperationScope"]


class OperationScope(OwnedScope):
    """One operation; made by ``stage.operation(...)`` or ``batch.operation(...)``.

    Args:
        session: The session that it belongs to.
        owner: The stage or batch around it.
        name: The name.
        metadata: JSON-safe data.
    """

    scope_kind = "operation"
    entity_kind = EntityKind.OPERATION

    def __init__(
        self, session: RuntimeSession, owner: ObservingScope, name: str, metadata: Mapping[str, Any] | None
    ) -> None:
        super().__init__(session, owner, "op", owner.ref.partition(":")[2], name, metadata)
        self._owner = owner
        self.attempt = owner.attempt

    @property
    def observed_at(self) -> str:
        """When it was opened (ISO 8601, UTC)."""
        return self._started_at

    def open(self) -> None:
        """Write the operation and make it the active scope; its owner calls this once."""
        mutation = self._mutation(
            **self._owner.entity_refs(),
            name=self._name,
            observed_at=self._started_at,
            metadata=self._redacted_metadata(),
            participants=self._participants(),
        )
        self._opened([mutation])

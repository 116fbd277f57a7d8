"""The batch: a part of a stage's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.runtime.scopes.observing import ObservingScope
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.scopes.stage import StageScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["BatchScope"]


class BatchScope(ObservingScope):
    """One batch; made by :meth:`StageScope.batch`.

    Args:
        session: The session that it belongs to.
        stage: The stage around it.
        name: The name.
        order_index: Its number among the batches that the stage opened here, from 0.
        metadata: JSON-safe data.
    """

    scope_kind = "batch"
    entity_kind = EntityKind.BATCH

    def __init__(
        self,
        session: RuntimeSession,
        stage: StageScope,
        name: str,
        order_index: int,
        metadata: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(session, stage, "batch", stage.ref.partition(":")[2], name, metadata)
        self.order_index = order_index
        self.attempt = stage.attempt

    def open(self) -> None:
        """Write the batch and make it the active scope; the stage calls this once."""
        mutation = self._mutation(
            run_ref=self.context.refs["run"],
            stage_ref=self.context.refs["stage"],
            name=self._name,
            order_index=self.order_index,
            metadata=self._redacted_metadata(),
            participants=self._participants(),
        )
        self._opened([mutation])

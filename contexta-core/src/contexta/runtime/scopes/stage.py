"""The stage: one step of a run, such as prepare, train, evaluate."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from contexta.runtime.scopes.observing import ObservingScope
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.scopes.batch import BatchScope
    from contexta.runtime.scopes.run import RunScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["StageScope"]


class StageScope(ObservingScope):
    """One stage; made by :meth:`RunScope.stage`.

    Args:
        session: The session that it belongs to.
        run: The run around it.
        name: The name.
        order_index: Its number among the stages that the run opened here, from 0.
        metadata: JSON-safe data.
    """

    scope_kind = "stage"
    entity_kind = EntityKind.STAGE

    def __init__(
        self,
        session: RuntimeSession,
        run: RunScope,
        name: str,
        order_index: int,
        metadata: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(session, run, "stage", run.ref.partition(":")[2], name, metadata)
        self.run_scope = run
        self.order_index = order_index
        self.attempt = run.attempt
        self._batch_numbers = itertools.count()

    def open(self) -> None:
        """Write the stage and make it the active scope; the run calls this once."""
        mutation = self._mutation(
            run_ref=self.run_scope.ref,
            name=self._name,
            order_index=self.order_index,
            metadata=self._redacted_metadata(),
            participants=self._participants(),
        )
        self._opened([mutation])

    def batch(
        self, name: str, *, batch_ref: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> BatchScope:
        """Open a batch of the stage.

        Args:
            name: The name; its slug is the last component of the reference.
            batch_ref: The reference, where the caller wants to be sure of it; it must be the derived one.
            metadata: JSON-safe data.

        Raises:
            LifecycleError: Another batch, an operation or a sample of the stage is active here.
            ClosedScopeError: The stage is closed.
        """
        from contexta.runtime.scopes.batch import BatchScope

        self._require_free("batch", name)
        scope = BatchScope(self._session, self, name, next(self._batch_numbers), metadata)
        scope.require_ref(batch_ref)
        scope.open()
        return scope

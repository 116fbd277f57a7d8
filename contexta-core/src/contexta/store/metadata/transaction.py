"""Several puts that are applied together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from contexta.errors import LifecycleError
from contexta.store.metadata.pending import PendingEntities
from contexta.store.metadata.repositories.access import RepositoryAccess

if TYPE_CHECKING:
    from contexta.spi.metadata import MetadataBackend

__all__ = ["MetadataTransaction"]


class MetadataTransaction(RepositoryAccess):
    """The repositories of a store whose puts wait for the end of a ``with`` block.

    Inside, its own repositories read what was put in it; everybody else, the store's repositories included, reads it
    when the block has ended well.  Where the block ends with an exception nothing of it was ever there.

    Args:
        backend: The metadata store.
    """

    def __init__(self, backend: MetadataBackend) -> None:
        self._pending = PendingEntities(backend)
        self._is_over = False

    @property
    def _entities(self) -> PendingEntities:
        if self._is_over:
            raise LifecycleError(
                "the transaction has ended; begin a new one with store.transaction()",
                code="metadata_transaction_ended",
            )
        return self._pending

    def __enter__(self) -> Self:
        # Asking for it refuses a transaction that is entered twice.
        self._entities  # noqa: B018
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self._is_over = True
        self._pending.end(commit=kind is None)

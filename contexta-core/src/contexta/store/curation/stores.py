"""The three stores of a deletion, and what each must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from contexta.errors import PluginNotUsableError
from contexta.spi.artifacts import SupportsUnbinding
from contexta.spi.records import SupportsDeletion, SupportsSummaries
from contexta.spi.summaries import PlainSummaries

if TYPE_CHECKING:
    from contexta.spi.artifacts import ArtifactBackend
    from contexta.spi.metadata import MetadataBackend
    from contexta.spi.records import RecordBackend
    from contexta.store.workspace import WorkspaceStores

__all__ = ["DeletionStores"]


@dataclass(frozen=True, slots=True)
class DeletionStores:
    """Three stores that are known to be able to let go of runs.

    Args:
        metadata: Where runs are.
        records: Where their records are.
        artifacts: Where their artifacts are.
    """

    metadata: MetadataBackend
    records: RecordBackend
    artifacts: ArtifactBackend

    @classmethod
    def of(cls, stores: WorkspaceStores) -> DeletionStores:
        """Return the stores of a workspace.

        Raises:
            PluginNotUsableError: One of them cannot delete (``deletion_unsupported``); nothing was changed.
        """
        opened = cls(stores.metadata, stores.records, stores.artifacts)
        able = {
            "metadata": "deletion" in opened.metadata.capabilities,
            "record": isinstance(opened.records, SupportsDeletion),
            "artifact": isinstance(opened.artifacts, SupportsUnbinding),
        }
        unable = [plane for plane, is_able in able.items() if not is_able]
        if unable:
            raise PluginNotUsableError(
                f"runs cannot be deleted here: the {' and the '.join(unable)} store of this workspace cannot do it. "
                "Nothing was changed; archive the runs instead",
                code="deletion_unsupported",
                details={"planes": tuple(unable)},
            )
        return opened

    @property
    def deletable_records(self) -> SupportsDeletion:
        """The record store, as one that deletes."""
        return cast("SupportsDeletion", self.records)

    @property
    def unbindable_artifacts(self) -> SupportsUnbinding:
        """The artifact store, as one that lets go of artifacts."""
        return cast("SupportsUnbinding", self.artifacts)

    @property
    def summaries(self) -> SupportsSummaries:
        """What counts the records of a run."""
        backend: Any = self.records
        return backend if isinstance(backend, SupportsSummaries) else PlainSummaries(backend)

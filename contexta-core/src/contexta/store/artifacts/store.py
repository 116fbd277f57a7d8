"""The public artifact store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from contexta.errors import NotFoundError, ValidationError
from contexta.spi.artifacts import ArtifactBackend
from contexta.store.face import StoreFace
from contexta.store.integrity import IntegrityReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contexta.spi.artifacts import BoundArtifact
    from contexta.spi.integrity import IntegrityFinding

__all__ = ["ArtifactHandle", "ArtifactStore"]

#: Bytes of one chunk where the caller names no size.
DEFAULT_CHUNK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class ArtifactHandle:
    """One artifact with its store.

    Args:
        binding: What is bound to the reference.
        store: The store that holds the body.
    """

    binding: BoundArtifact
    store: ArtifactStore

    @property
    def artifact_ref(self) -> str:
        """The artifact's reference."""
        return self.binding.artifact_ref

    def read_bytes(self) -> bytes:
        """Read the whole body."""
        return self.store.read_artifact_bytes(self.artifact_ref)


class ArtifactStore(StoreFace[ArtifactBackend]):
    """The artifact truth plane: content-addressed bodies, equal content kept once.

    The backend is the plugin that ``storage_adapter`` names; ``"files"`` where nothing else is configured.

    Args:
        config: A :class:`~contexta.config.ArtifactStoreConfig`, a whole configuration, or None for the defaults.

    Raises:
        MissingPluginError: No installed plugin has the configured name.
    """

    plane = "artifacts"

    def get_artifact(self, artifact_ref: str) -> ArtifactHandle:
        """Return one artifact.

        Raises:
            NotFoundError: There is no such artifact.
        """
        binding = self._backend.find(str(artifact_ref))
        if binding is None:
            raise NotFoundError(
                f"no artifact {str(artifact_ref)!r} is bound in this store",
                code="artifact_store_binding_not_found",
                details={"artifact_ref": str(artifact_ref)},
            )
        return ArtifactHandle(binding, self)

    def open_artifact(self, artifact_ref: str, *, mode: str = "rb") -> BinaryIO:
        """Open the body for reading; the caller closes it.

        Args:
            artifact_ref: Reference of the artifact.
            mode: ``"rb"``; bodies are never opened for writing.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ValidationError: Another mode.
        """
        if mode != "rb":
            raise ValidationError(
                f"mode is {mode!r}; artifacts are opened as 'rb'", code="artifact_store_invalid_mode"
            )
        return self._backend.open_body(str(artifact_ref))

    def read_artifact_bytes(self, artifact_ref: str) -> bytes:
        """Read the whole body into memory."""
        with self.open_artifact(artifact_ref) as body:
            return body.read()

    def iter_artifact_chunks(self, artifact_ref: str, *, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the body in chunks.

        Args:
            artifact_ref: Reference of the artifact.
            chunk_size: Bytes of one chunk; 1 MiB when None.

        Raises:
            ValidationError: The size is not positive.
        """
        size = DEFAULT_CHUNK_BYTES if chunk_size is None else chunk_size
        if size <= 0:
            raise ValidationError(
                f"chunk_size is {size}; it must be positive", code="artifact_store_invalid_chunk"
            )
        return self._chunks(artifact_ref, size)

    def _chunks(self, artifact_ref: str, size: int) -> Iterator[bytes]:
        with self.open_artifact(artifact_ref) as body:
            while chunk := body.read(size):
                yield chunk

    def artifact_exists(self, artifact_ref: str) -> bool:
        """Return whether the body is present."""
        binding = self._backend.find(str(artifact_ref))
        if binding is None or binding.content is None:
            return False
        if binding.content.form == "directory":
            return self._backend.verify(str(artifact_ref)) is None
        try:
            self._backend.open_body(str(artifact_ref)).close()
        except NotFoundError:
            return False
        return True

    def list_refs(self) -> list[str]:
        """Return the references of all artifacts, sorted."""
        return sorted(each.artifact_ref for each in self._backend.list_artifacts())

    def export_artifact(self, artifact_ref: str, destination: Path) -> Path:
        """Write the body, a file or a whole directory, to a path that does not exist yet."""
        return self._backend.export_body(str(artifact_ref), destination)

    def verify_artifact(self, artifact_ref: str) -> IntegrityFinding | None:
        """Read the body and compare it with its digest; None when it is whole."""
        return self._backend.verify(str(artifact_ref))

    def check_integrity(self) -> IntegrityReport:
        """Verify every artifact and look for what belongs to none."""
        return IntegrityReport.of(self._backend.check_integrity())

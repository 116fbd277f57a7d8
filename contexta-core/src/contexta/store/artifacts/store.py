"""The public artifact store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from contexta.config.models import ArtifactStoreConfig
from contexta.errors import IntegrityError, NotFoundError, ValidationError
from contexta.store.artifacts.binding import ArtifactBinding, ArtifactHandle
from contexta.store.artifacts.exporting import Exporting
from contexta.store.artifacts.importing import Importing
from contexta.store.artifacts.ingesting import Ingesting
from contexta.store.artifacts.migrating import Migrating
from contexta.store.artifacts.repairing import Repairing
from contexta.store.artifacts.retaining import Retaining
from contexta.store.artifacts.verifying import Verifying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.config.models import UnifiedConfig

__all__ = ["ArtifactStore", "VaultConfig"]

#: The name that 1.0.0 had for the store's configuration.
VaultConfig = ArtifactStoreConfig


class ArtifactStore(Ingesting, Verifying, Exporting, Importing, Repairing, Retaining, Migrating):
    """The artifact truth plane: content-addressed bodies, equal content kept once.

    The backend is the plugin that ``storage_adapter`` names; ``"files"`` where nothing else is configured.

    Args:
        config: A :class:`~contexta.config.ArtifactStoreConfig`, a whole configuration, or None for the defaults.

    Raises:
        MissingPluginError: No installed plugin has the configured name.
    """

    plane = "artifacts"

    def __init__(self, config: ArtifactStoreConfig | UnifiedConfig | None = None) -> None:
        super().__init__(config)

    def get_artifact(self, artifact_ref: str) -> ArtifactHandle:
        """Return one artifact.

        Raises:
            NotFoundError: There is no such artifact.
        """
        return ArtifactHandle(ArtifactBinding.of(self._bound(str(artifact_ref))), self)

    def open_artifact(self, artifact_ref: str, *, mode: str = "rb") -> BinaryIO:
        """Open the body for reading; the caller closes it.

        How much of it is verified before, ``verification_mode`` says: nothing (``none``), its size (``stored``), its
        digest where the manifest has a hash (``manifest_if_available``), always its digest (``strict``).

        Args:
            artifact_ref: Reference of the artifact.
            mode: ``"rb"``; bodies are never opened for writing.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            IntegrityError: The body is not the one that was stored.
            ValidationError: Another mode.
        """
        if mode != "rb":
            raise ValidationError(
                f"mode is {mode!r}; artifacts are opened as 'rb'", code="artifact_store_invalid_mode"
            )
        ref = str(artifact_ref)
        verification = self._config.artifacts.verification_mode
        if verification == "none":
            return self._backend.open_body(ref)
        binding = self._bound(ref)
        hashed = binding.manifest.get("hash_value") is not None
        # Opened first: a body that is missing is no damaged one.
        body = self._backend.open_body(ref)
        if verification == "strict" or (verification == "manifest_if_available" and hashed):
            self._require_whole(ref, body)
        if binding.content is not None:
            _require_size(body, ref, binding.content.size_bytes)
        return body

    def _require_whole(self, artifact_ref: str, body: BinaryIO) -> None:
        finding = self._backend.verify(artifact_ref)
        if finding is not None:
            body.close()
            raise IntegrityError(
                f"the body of {artifact_ref!r} is not the one that was stored: {finding.message}; "
                "artifacts.verification_mode = 'none' reads it all the same",
                code="artifact_body_damaged",
                details={"artifact_ref": artifact_ref, "finding": finding.code, "location": finding.location},
            )

    def read_artifact_bytes(self, artifact_ref: str) -> bytes:
        """Read the whole body into memory."""
        with self.open_artifact(artifact_ref) as body:
            return body.read()

    def iter_artifact_chunks(self, artifact_ref: str, *, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the body in chunks.

        Args:
            artifact_ref: Reference of the artifact.
            chunk_size: Bytes of one chunk; ``artifacts.chunk_size_bytes`` of the configuration when None.

        Raises:
            ValidationError: The size is not positive.
        """
        size = self._config.artifacts.chunk_size_bytes if chunk_size is None else chunk_size
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

    def list_artifacts(self, *, run_ref: str | None = None) -> list[ArtifactBinding]:
        """Return what is bound, in the order of binding.

        Args:
            run_ref: Only the artifacts of this run.
        """
        return [ArtifactBinding.of(each) for each in self._backend.list_artifacts(run_ref=run_ref)]

    def list_refs(self) -> list[str]:
        """Return the references of all artifacts, sorted."""
        return sorted(each.artifact_ref for each in self._backend.list_artifacts())


def _require_size(body: BinaryIO, artifact_ref: str, expected: int) -> None:
    """Close and refuse a body of another size."""
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    if size != expected:
        body.close()
        raise IntegrityError(
            f"the body of {artifact_ref!r} has {size} bytes, and {expected} were stored; "
            "artifacts.verification_mode = 'none' reads it all the same",
            code="artifact_body_damaged",
            details={"artifact_ref": artifact_ref, "size_bytes": size, "expected_bytes": expected},
        )

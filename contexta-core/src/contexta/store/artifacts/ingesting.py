"""Ways into the public store: files, directories, streams, and bodies that are written piece by piece."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from contexta.errors import ArtifactError, LifecycleError, PluginNotUsableError, ValidationError
from contexta.spi.artifacts import ArtifactBackend, BoundArtifact, StagedIngest, SupportsStagedIngest
from contexta.store.artifacts.binding import ArtifactBinding, ArtifactPutReceipt
from contexta.store.artifacts.manifests import as_manifest, claimed_digest, completed, require_claims
from contexta.store.face import StoreFace

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from contexta.contract.models.artifacts import ArtifactManifest
    from contexta.spi.artifacts import ArtifactContent
    from contexta.store.artifacts.store import ArtifactStore

__all__ = [
    "IngestMode",
    "IngestSession",
    "Ingesting",
    "abort_staged_ingest",
    "begin_staged_ingest",
    "commit_staged_ingest",
    "put_artifact",
    "put_artifact_from_stream",
    "write_chunk",
]

_CHECKING = frozenset({"manifest_if_available", "strict"})


class IngestMode(StrEnum):
    """How a source is taken in."""

    #: The source stays as it is.
    COPY = "copy"
    #: The source is removed when its body is kept.
    MOVE = "move"
    #: As by moving, and without a copy where that can be.
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class IngestSession:
    """A body that is being written.

    Args:
        source_name: Name of what is written.
        ingest: The backend's side of it.
    """

    source_name: str
    ingest: StagedIngest


class Ingesting(StoreFace[ArtifactBackend]):
    """The ways into the store."""

    def put_artifact(
        self,
        manifest: ArtifactManifest | Mapping[str, Any] | str,
        source: str | os.PathLike[str],
        *,
        mode: str | None = None,
        source_name: str | None = None,
    ) -> ArtifactPutReceipt:
        """Take a file or directory in and bind it; both are durable when this returns.

        Binding the same content to the same reference again changes nothing.  What the manifest claims about size and
        hash is compared with what came, unless ``verification_mode`` is ``none`` or ``stored``; ``strict`` wants both
        claims.

        Args:
            manifest: The manifest, as a model, plain data or JSON; size and hash are filled in where it has none.
            source: The file or directory.
            mode: ``"copy"``, ``"move"`` (the source is removed) or ``"adopt"`` (it becomes the body without a copy
                where that can be); ``default_ingest_mode`` of the configuration when None.
            source_name: Name to remember; the source's when None.

        Raises:
            ConflictError: The reference is bound to other content (``artifact_binding_conflict``).
            NotFoundError: There is no such source.
            ArtifactError: It is not what the manifest claims (``artifact_store_size_mismatch``,
                ``artifact_store_hash_mismatch``), or claims are missing
                (``artifact_store_strict_verification_missing_claims``); nothing was bound and the source is there.
            StorageFullError: There is no space; nothing is left behind.
        """
        model = as_manifest(manifest)
        path = Path(source)
        self._require_claimable(model)
        way = self._config.artifacts.default_ingest_mode if mode is None else mode
        if way != "copy":
            # A source that is handed over is looked at before it is gone.
            self._require_claimed(model, path)
            way = self._way_of(str(model.artifact_ref), way)
        content = self._backend.ingest(path, mode=way)
        return self._bind(model, content, path.name if source_name is None else source_name)

    def put_artifact_from_stream(
        self,
        manifest: ArtifactManifest | Mapping[str, Any] | str,
        stream: BinaryIO,
        *,
        source_name: str,
    ) -> ArtifactPutReceipt:
        """Take in what a binary stream yields, to its end, and bind it.

        Args:
            manifest: The manifest, as for :meth:`put_artifact`.
            stream: The stream; it is not closed.
            source_name: Name to remember.

        Raises:
            PluginNotUsableError: The store takes no streams (``artifact_streams_unsupported``).
            ArtifactError, ConflictError, StorageFullError: As for :meth:`put_artifact`.
        """
        model = as_manifest(manifest)
        self._require_claimable(model)
        session = self.begin_staged_ingest(source_name)
        try:
            while chunk := stream.read(self._config.artifacts.chunk_size_bytes):
                self.write_chunk(session, chunk)
        except BaseException:
            session.ingest.abort()
            raise
        return self.commit_staged_ingest(model, session)

    def begin_staged_ingest(self, source_name: str) -> IngestSession:
        """Begin a body that is written piece by piece; it does not exist before it is committed.

        Args:
            source_name: Name to remember.

        Raises:
            PluginNotUsableError: The store takes no streams (``artifact_streams_unsupported``).
            ValidationError: The name is blank (``artifact_store_invalid_source_name``).
        """
        name: object = source_name
        if not isinstance(name, str) or not name.strip():
            raise ValidationError(
                f"source_name is {name!r}; it must be text that is not blank",
                code="artifact_store_invalid_source_name",
            )
        backend = self._backend
        if not isinstance(backend, SupportsStagedIngest):
            raise PluginNotUsableError(
                "this artifact store takes no streams; write a file and use put_artifact",
                code="artifact_streams_unsupported",
            )
        return IngestSession(name, backend.begin_ingest())

    def write_chunk(self, session: IngestSession, data: bytes) -> int:
        """Append bytes to a body that is being written.

        Returns:
            How many: all of them.

        Raises:
            ValidationError: They are no bytes (``artifact_store_invalid_chunk``).
            LifecycleError: The session was committed or aborted.
        """
        given: object = data
        if not isinstance(given, bytes | bytearray | memoryview):
            raise ValidationError(
                f"a chunk is {type(given).__name__}; write bytes", code="artifact_store_invalid_chunk"
            )
        return _require_session(session).ingest.write(bytes(given))

    def commit_staged_ingest(
        self, manifest: ArtifactManifest | Mapping[str, Any] | str, session: IngestSession
    ) -> ArtifactPutReceipt:
        """Make what was written a body and bind it.

        Raises:
            ArtifactError, ConflictError, StorageFullError: As for :meth:`put_artifact`.
            LifecycleError: The session was committed or aborted.
        """
        model = as_manifest(manifest)
        ingest = _require_session(session).ingest
        try:
            self._require_claimable(model)
        except ArtifactError:
            ingest.abort()
            raise
        return self._bind(model, ingest.commit(), session.source_name)

    def abort_staged_ingest(self, session: IngestSession) -> None:
        """Remove what was written; harmless when it was committed or aborted before."""
        _require_session(session).ingest.abort()

    def _way_of(self, artifact_ref: str, mode: str) -> str:
        """Return the mode for a reference: one that is taken may turn out to be bound to other content."""
        if self._backend.find(artifact_ref) is not None:
            return "copy"
        if mode == "adopt" and "adopt" not in self._backend.capabilities:
            return "move"
        return mode

    def _require_claimable(self, manifest: ArtifactManifest) -> None:
        if self._config.artifacts.verification_mode == "strict":
            require_claims(manifest)

    def _require_claimed(self, manifest: ArtifactManifest, source: Path) -> None:
        """Compare a file with what its manifest claims before it is handed over."""
        if self._config.artifacts.verification_mode not in _CHECKING or not source.is_file():
            return
        size = source.stat().st_size
        digest = None
        if claimed_digest(manifest) is not None:
            with source.open("rb") as file:
                digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        completed(manifest, size, digest)

    def _bind(
        self, manifest: ArtifactManifest, content: ArtifactContent, source_name: str
    ) -> ArtifactPutReceipt:
        checks = self._config.artifacts.verification_mode in _CHECKING
        model = completed(manifest, content.size_bytes, content.digest, compare=checks)
        ref = str(model.artifact_ref)
        before = self._backend.find(ref)
        self._backend.bind(BoundArtifact(ref, model.to_dict(), content, source_name))
        bound = self._backend.find(ref)
        if bound is None:
            raise LifecycleError(
                f"{ref} was bound and let go of at the same moment by another process",
                code="artifact_unbound_meanwhile",
            )
        is_new = before is None or before.content is None
        return ArtifactPutReceipt(ArtifactBinding.of(bound), content.size_bytes if is_new else 0)


def _require_session(session: IngestSession) -> IngestSession:
    given: object = session
    if isinstance(given, IngestSession):
        return session
    raise ValidationError(
        f"a session is what begin_staged_ingest returned, not {type(given).__name__}",
        code="artifact_store_invalid_session",
    )


def put_artifact(
    store: ArtifactStore,
    manifest: ArtifactManifest | Mapping[str, Any] | str,
    source: str | os.PathLike[str],
    *,
    mode: str | None = None,
    source_name: str | None = None,
) -> ArtifactPutReceipt:
    """Take a file or directory in and bind it; see :meth:`ArtifactStore.put_artifact`."""
    return store.put_artifact(manifest, source, mode=mode, source_name=source_name)


def put_artifact_from_stream(
    store: ArtifactStore,
    manifest: ArtifactManifest | Mapping[str, Any] | str,
    stream: BinaryIO,
    *,
    source_name: str,
) -> ArtifactPutReceipt:
    """Take in what a stream yields and bind it; see :meth:`ArtifactStore.put_artifact_from_stream`."""
    return store.put_artifact_from_stream(manifest, stream, source_name=source_name)


def begin_staged_ingest(store: ArtifactStore, source_name: str) -> IngestSession:
    """Begin a body that is written piece by piece."""
    return store.begin_staged_ingest(source_name)


def write_chunk(store: ArtifactStore, session: IngestSession, data: bytes) -> int:
    """Append bytes to a body that is being written; return how many."""
    return store.write_chunk(session, data)


def commit_staged_ingest(
    store: ArtifactStore, manifest: ArtifactManifest | Mapping[str, Any] | str, session: IngestSession
) -> ArtifactPutReceipt:
    """Make what was written a body and bind it."""
    return store.commit_staged_ingest(manifest, session)


def abort_staged_ingest(store: ArtifactStore, session: IngestSession) -> None:
    """Remove what was written."""
    store.abort_staged_ingest(session)

"""The artifact plane's SPI: bodies kept by content, manifests bound to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding

__all__ = ["ArtifactBackend", "ArtifactContent", "BoundArtifact"]


@dataclass(frozen=True, slots=True)
class ArtifactContent:
    """A body in the store.

    Args:
        digest: ``sha256:<64 hex>`` of the bytes; of a directory, of its tree manifest.
        size_bytes: Size of the bytes; of a directory, of all its files.
        form: ``"file"`` or ``"directory"``.
    """

    digest: str
    size_bytes: int
    form: str = "file"


@dataclass(frozen=True, slots=True)
class BoundArtifact:
    """An artifact as it is bound now.

    Args:
        artifact_ref: Reference of the artifact.
        manifest: The canonical manifest as plain data (:class:`contexta.contract.ArtifactManifest`).
        content: The body, or None while it is pending (registered before it existed).
        source_name: Name of the file or directory that was registered.
        bound_at: When it was bound (ISO 8601, UTC).
    """

    artifact_ref: str
    manifest: Mapping[str, Any]
    content: ArtifactContent | None
    source_name: str = ""
    bound_at: str = ""


class ArtifactBackend(ABC):
    """What an artifact store implements.

    Every method may be called from any thread; a backend survives ``os.fork``.
    """

    #: Abilities beyond this class, by name: ``"retention"``, ``"transfer"``.
    capabilities: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def ingest(self, source: Path, *, mode: str = "copy") -> ArtifactContent:
        """Take a file or directory into the store; when this returns the body is durable.

        Equal content is kept once.  The source is read once, and what is kept is what was hashed.

        Args:
            source: The file or directory.
            mode: ``"copy"`` leaves the source as it is, ``"move"`` removes it after the body is durable.

        Raises:
            NotFoundError: There is no such file or directory.
            StorageFullError: There is no space; nothing is left behind.
            ReadOnlyStoreError: The store is open for reading.
        """

    @abstractmethod
    def bind(self, artifact: BoundArtifact) -> None:
        """Bind an artifact to its content; when this returns the binding is durable.

        Binding the same artifact to the same content again changes nothing.

        Raises:
            ConflictError: The reference is bound to other content.
        """

    @abstractmethod
    def find(self, artifact_ref: str) -> BoundArtifact | None:
        """Return one artifact, or None."""

    @abstractmethod
    def list_artifacts(self, *, run_ref: str | None = None) -> Sequence[BoundArtifact]:
        """Return the artifacts of one run, or all, in the order of binding."""

    @abstractmethod
    def open_body(self, artifact_ref: str) -> BinaryIO:
        """Open the body of a file for reading; the caller closes it.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ArtifactError: The artifact is a directory.
        """

    @abstractmethod
    def export_body(self, artifact_ref: str, destination: Path) -> Path:
        """Write the body, a file or a whole directory, to a path that does not exist yet."""

    @abstractmethod
    def verify(self, artifact_ref: str) -> IntegrityFinding | None:
        """Read the body and compare it with its digest; None when it is whole."""

    @abstractmethod
    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Verify every artifact and look for what belongs to none."""

    @abstractmethod
    def close(self) -> None:
        """Let go of every resource; nothing acknowledged is lost.  Closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

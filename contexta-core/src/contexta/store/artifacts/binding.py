"""What the public store says of one artifact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import PluginNotUsableError
from contexta.spi.artifacts import SupportsBodyPaths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from contexta.spi.artifacts import ArtifactContent, BoundArtifact
    from contexta.store.artifacts.store import ArtifactStore

__all__ = ["ArtifactBinding", "ArtifactHandle", "ArtifactPutReceipt"]

_ALGORITHM = "sha256"


@dataclass(frozen=True, slots=True)
class ArtifactBinding:
    """What is bound to a reference.

    Args:
        artifact_ref: The reference.
        artifact_kind: What kind of artifact it is.
        source_name: Name of the file or directory that was registered.
        size_bytes: Size of the content, in bytes; None while it is pending.
        hash_algorithm: ``"sha256"``.
        hash_value: Hash of the content, as hexadecimal digits; of a directory, of the list of its files.
        created_at: When it was bound (ISO 8601, UTC).
        form: ``"file"``, ``"directory"``, or ``"pending"`` for one that was registered before its content existed.
        manifest: The canonical manifest as plain data.
    """

    artifact_ref: str
    artifact_kind: str
    source_name: str
    size_bytes: int | None
    hash_algorithm: str
    hash_value: str | None
    created_at: str
    form: str
    manifest: Mapping[str, Any]

    @classmethod
    def of(cls, bound: BoundArtifact) -> ArtifactBinding:
        """Return what a backend's binding says."""
        content = bound.content
        return cls(
            artifact_ref=bound.artifact_ref,
            artifact_kind=str(bound.manifest.get("artifact_kind", "")),
            source_name=bound.source_name,
            size_bytes=None if content is None else content.size_bytes,
            hash_algorithm=_ALGORITHM,
            hash_value=None if content is None else hash_digits(content),
            created_at=bound.bound_at,
            form="pending" if content is None else content.form,
            manifest=bound.manifest,
        )

    @property
    def manifest_snapshot(self) -> Mapping[str, Any]:
        """The manifest, under the name that 1.0.0 had for it."""
        return self.manifest

    def to_dict(self) -> dict[str, Any]:
        """Return the binding as plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {"manifest": dict(self.manifest)}


@dataclass(frozen=True, slots=True)
class ArtifactHandle:
    """One artifact with its store.

    Args:
        binding: What is bound to the reference.
        store: The store that holds the body.
    """

    binding: ArtifactBinding
    store: ArtifactStore

    @property
    def artifact_ref(self) -> str:
        """The artifact's reference."""
        return self.binding.artifact_ref

    @property
    def path(self) -> Path:
        """The file that is the body, to be read where it lies and never written.

        Raises:
            ArtifactError: The artifact is a directory.
            NotFoundError: Its body is missing.
            PluginNotUsableError: The bodies of this store are no files (``artifact_has_no_path``).
        """
        backend = self.store.backend
        if not isinstance(backend, SupportsBodyPaths):
            raise PluginNotUsableError(
                "the bodies of this artifact store are no files of their own; use open_artifact or save_artifact",
                code="artifact_has_no_path",
            )
        return backend.body_path(self.artifact_ref)

    def read_bytes(self) -> bytes:
        """Read the whole body."""
        return self.store.read_artifact_bytes(self.artifact_ref)


@dataclass(frozen=True, slots=True)
class ArtifactPutReceipt:
    """What a call has put into the store.

    Args:
        binding: What is bound now.
        bytes_written: Size of the content where something was bound; 0 where it was bound before.
    """

    binding: ArtifactBinding
    bytes_written: int

    @property
    def artifact_ref(self) -> str:
        """The artifact's reference."""
        return self.binding.artifact_ref


def hash_digits(content: ArtifactContent) -> str:
    """Return the hexadecimal digits of a content's digest."""
    return content.digest.partition(":")[2]

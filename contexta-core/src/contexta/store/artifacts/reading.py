"""The artifact store's functions; each the same as the method of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.store.artifacts.binding import ArtifactHandle
    from contexta.store.artifacts.store import ArtifactStore

__all__ = [
    "artifact_exists",
    "get_artifact",
    "iter_artifact_chunks",
    "list_refs",
    "open_artifact",
    "read_artifact_bytes",
]


def get_artifact(store: ArtifactStore, artifact_ref: str) -> ArtifactHandle:
    """Return one artifact; ``NotFoundError`` where there is none."""
    return store.get_artifact(artifact_ref)


def read_artifact_bytes(store: ArtifactStore, artifact_ref: str) -> bytes:
    """Read the whole body into memory."""
    return store.read_artifact_bytes(artifact_ref)


def open_artifact(store: ArtifactStore, artifact_ref: str, *, mode: str = "rb") -> BinaryIO:
    """Open the body for reading; the caller closes it."""
    return store.open_artifact(artifact_ref, mode=mode)


def iter_artifact_chunks(
    store: ArtifactStore, artifact_ref: str, *, chunk_size: int | None = None
) -> Iterator[bytes]:
    """Yield the body in chunks of so many bytes."""
    return store.iter_artifact_chunks(artifact_ref, chunk_size=chunk_size)


def artifact_exists(store: ArtifactStore, artifact_ref: str) -> bool:
    """Return whether the body is present."""
    return store.artifact_exists(artifact_ref)


def list_refs(store: ArtifactStore) -> list[str]:
    """Return the references of all artifacts, sorted."""
    return store.list_refs()

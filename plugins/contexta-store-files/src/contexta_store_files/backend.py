"""The artifact store ``files``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from contexta.errors import (
    ArtifactError,
    ConfigurationError,
    LifecycleError,
    ReadOnlyStoreError,
    ValidationError,
)
from contexta.spi.artifacts import ArtifactBackend, ArtifactContent, BoundArtifact
from contexta_store_files.bindings import Bindings
from contexta_store_files.blobs import Blobs
from contexta_store_files.export import check_destination, export_file, export_tree
from contexta_store_files.failures import body_missing, cannot_read, cannot_write, not_bound
from contexta_store_files.ingestion import Ingestion
from contexta_store_files.integrity import Inspection
from contexta_store_files.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta_store_files.entries import BindingEntry

__all__ = ["FilesBackend", "open_backend"]

_DURABILITIES = ("fsync", "flush", "interval")
_MODES = ("copy", "move")
_LAYOUT_VERSION = "v1"


def open_backend(context: OpenContext, options: object = None) -> FilesBackend:  # noqa: ARG001 - the factory's form
    """Open the store; nothing is created before the first write.

    Args:
        context: Where the store is, and how it writes.
        options: The store takes none.

    Raises:
        ConfigurationError: No such durability, or ``artifacts.layout_version`` asks for a layout that this store does
            not write.
    """
    layout = context.settings.get("layout_version", _LAYOUT_VERSION)
    if layout != _LAYOUT_VERSION:
        raise ConfigurationError(
            f"artifacts.layout_version is {layout!r}, and this store writes layout {_LAYOUT_VERSION!r}; "
            "leave the setting out",
            code="unsupported_layout_version",
            details={"path": "artifacts.layout_version"},
        )
    return FilesBackend(context)


class FilesBackend(ArtifactBackend):
    """Keeps bodies as files named after their SHA-256, and bindings in a segment log.

    Args:
        context: Where the store is, and how it writes.

    Raises:
        ConfigurationError: No such durability.
    """

    def __init__(self, context: OpenContext) -> None:
        if context.durability not in _DURABILITIES:
            raise ConfigurationError(
                f"The artifact store was opened with the durability {context.durability!r};"
                f" use one of {', '.join(_DURABILITIES)}.",
                code="invalid_durability",
            )
        self._layout = Layout(Path(context.root))
        self._read_only = context.read_only
        self._closed = False
        # Artifacts are few: where 50 ms are promised, they are synced at once.
        self._blobs = Blobs(self._layout, durable=context.durability != "flush")
        self._ingestion = Ingestion(self._layout, self._blobs)
        self._bindings = Bindings(
            self._layout.bindings,
            durability=context.durability,
            max_segment_bytes=context.max_segment_bytes,
        )

    def ingest(self, source: Path, *, mode: str = "copy") -> ArtifactContent:
        """Take a file or directory in; ``move`` copies, syncs and then removes the source.

        A link that is handed over is followed; links inside a directory are kept as links, and one that leads out of
        it is refused.

        Raises:
            NotFoundError: There is no such file or directory (``artifact_source_missing``).
            ArtifactError: It changed while it was read (``artifact_source_changed``), or is of a kind that is not
                taken.
            StorageFullError: There is no space; nothing is left behind.
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StoreAccessError: The source cannot be read, or the store not written.
            ValidationError: No such mode (``artifact_invalid_ingest_mode``).
        """
        self._check_open("take in an artifact", write=True)
        if mode not in _MODES:
            raise ValidationError(
                f"An artifact was to be taken in with the mode {mode!r}; use one of {', '.join(_MODES)}.",
                code="artifact_invalid_ingest_mode",
                details={"mode": str(mode)},
            )
        return self._ingestion.ingest(Path(source), move=mode == "move")

    def bind(self, artifact: BoundArtifact) -> None:
        """Bind an artifact to its content; the same content again, or none, changes nothing.

        Raises:
            ConflictError: The reference is bound to other content (``artifact_binding_conflict``).
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StorageFullError: There is no space; nothing was bound.
            ValidationError: The binding could not be read back.
        """
        self._check_open("bind an artifact", write=True)
        self._bindings.bind(artifact)

    def find(self, artifact_ref: str) -> BoundArtifact | None:
        """Return one artifact as every process sees it now, or None."""
        self._check_open("look for an artifact")
        entry = self._bindings.find(str(artifact_ref))
        return None if entry is None else entry.artifact_bound()

    def list_artifacts(self, *, run_ref: str | None = None) -> Sequence[BoundArtifact]:
        """Return the artifacts of one run, or all, in the order of binding."""
        self._check_open("list artifacts")
        entries = self._bindings.entries(None if run_ref is None else str(run_ref))
        return [entry.artifact_bound() for entry in entries]

    def open_body(self, artifact_ref: str) -> BinaryIO:
        """Open the body of a file for reading.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ArtifactError: The artifact is a directory (``artifact_is_directory``).
            StoreAccessError: The body cannot be opened.
        """
        digest, form = self._content(artifact_ref, "open an artifact")
        if form == "directory":
            raise ArtifactError(
                f"{artifact_ref} is a directory and has no single body to open; export it instead.",
                code="artifact_is_directory",
                details={"artifact_ref": str(artifact_ref)},
            )
        try:
            return os.fdopen(self._blobs.open(digest), "rb")
        except FileNotFoundError as error:
            raise body_missing(artifact_ref, "its body is missing") from error
        except OSError as error:
            raise cannot_read(error, self._layout.blob(digest), f"open the body of {artifact_ref}") from error

    def export_body(self, artifact_ref: str, destination: Path) -> Path:
        """Write a body, checked against its digest, to a path that does not exist yet.

        Raises:
            NotFoundError: There is no such artifact, its body is missing, or there is no directory to write to.
            ConflictError: The destination exists (``artifact_destination_exists``).
            IntegrityError: The body is damaged; nothing was written.
            StorageFullError: There is no space at the destination; nothing is left there.
            StoreAccessError: The body cannot be read, or the destination not written.
        """
        digest, form = self._content(artifact_ref, "export an artifact")
        destination = Path(destination)
        try:
            check_destination(destination)
            (export_tree if form == "directory" else export_file)(self._blobs, digest, destination)
        except FileNotFoundError as error:
            raise body_missing(artifact_ref, "a part of its body is missing") from error
        except OSError as error:
            raise cannot_write(error, destination, f"export {artifact_ref}") from error
        return destination

    def verify(self, artifact_ref: str) -> IntegrityFinding | None:
        """Read the body and compare it with its digest; None when it is whole, or pending.

        Raises:
            NotFoundError: There is no such artifact.
        """
        return Inspection(self._layout, self._blobs).artifact(self._entry(artifact_ref, "verify an artifact"))

    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Verify the journal and every artifact, and look for what belongs to none."""
        self._check_open("check the artifact store")
        return Inspection(self._layout, self._blobs).everything(self._bindings)

    def close(self) -> None:
        """Seal the journal; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._bindings.close()

    def _content(self, artifact_ref: str, action: str) -> tuple[str, str]:
        entry = self._entry(artifact_ref, action)
        if entry.digest is None:
            raise body_missing(artifact_ref, "it was registered before its body existed and has none yet")
        return entry.digest, entry.form

    def _entry(self, artifact_ref: str, action: str) -> BindingEntry:
        self._check_open(action)
        entry = self._bindings.find(str(artifact_ref))
        if entry is None:
            raise not_bound(str(artifact_ref))
        return entry

    def _check_open(self, action: str, *, write: bool = False) -> None:
        if self._closed:
            raise LifecycleError(
                f"Could not {action}: the artifact store {self._layout.root} is closed; open it again.",
                code="artifact_store_closed",
            )
        if write and self._read_only:
            raise ReadOnlyStoreError(
                f"Could not {action}: the artifact store {self._layout.root} is open for reading only;"
                " open it for writing.",
                code="artifact_store_read_only",
                details={"root": str(self._layout.root)},
            )

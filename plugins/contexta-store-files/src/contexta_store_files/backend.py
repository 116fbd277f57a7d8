"""The artifact store ``files``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from contexta.errors import (
    ArtifactError,
    ConfigurationError,
    LifecycleError,
    NotFoundError,
    ReadOnlyStoreError,
    ValidationError,
)
from contexta.spi.artifacts import ArtifactBackend, ArtifactContent, BoundArtifact
from contexta_store_files.bindings import Bindings
from contexta_store_files.blobs import Blobs
from contexta_store_files.collection import Collection
from contexta_store_files.export import check_destination, export_file, export_tree
from contexta_store_files.failures import body_missing, cannot_read, cannot_write, not_bound
from contexta_store_files.ingestion import Ingestion
from contexta_store_files.integrity import Inspection
from contexta_store_files.layout import Layout
from contexta_store_files.members import checked_entries, require_bodies, tree_members
from contexta_store_files.repairs import Repairs
from contexta_store_files.reservations import Reservations
from contexta_store_files.streaming import StreamedBody
from contexta_store_files.tree import decode_tree
from contexta_store_files.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.artifacts import ArtifactRepair, CollectedGarbage, TreeMember
    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta_store_files.entries import BindingEntry
    from contexta_store_files.tree import TreeEntry

__all__ = ["FilesBackend", "open_backend"]

_DURABILITIES = ("fsync", "flush", "interval")
_MODES = ("copy", "move", "adopt")
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

    capabilities: ClassVar[frozenset[str]] = frozenset({"adopt"})

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
        self._reservations = Reservations(self._layout, durable=context.durability != "flush")
        self._ingestion = Ingestion(self._layout, self._blobs, self._reservations)
        self._bindings = Bindings(
            self._layout.bindings,
            durability=context.durability,
            max_segment_bytes=context.max_segment_bytes,
        )

    def ingest(self, source: Path, *, mode: str = "copy") -> ArtifactContent:
        """Take a file or directory in; ``move`` copies, syncs and then removes the source, ``adopt`` does not copy.

        A link that is handed over is followed; links inside a directory are kept as links, and one that leads out of
        it is refused.  A file is adopted where it lies on the file system of the store, is the caller's own, has no
        second name and is not small; otherwise it is moved.  Whoever has it open for writing must be done.

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
        return self._ingestion.ingest(Path(source), mode=mode)

    def begin_ingest(self) -> StreamedBody:
        """Begin a body that is written piece by piece.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StorageFullError: There is no space.
        """
        self._check_open("take in an artifact", write=True)
        return StreamedBody(self._layout, self._ingestion)

    def ingest_tree(self, members: Iterable[TreeMember]) -> ArtifactContent:
        """Make a directory of files whose bodies are in the store.

        Raises:
            ValidationError: They cannot be one directory (``artifact_invalid_tree``).
            NotFoundError: The body of a file is not in the store (``artifact_body_missing``).
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StorageFullError: There is no space; nothing is left behind.
        """
        self._check_open("take in an artifact", write=True)
        entries = checked_entries(members)
        self._ingestion.prepare()
        try:
            with self._ingestion.keeper(single=False) as keeper:
                keeper.reserve_all(entry.digest for entry in entries if entry.digest is not None)
                require_bodies(self._blobs, entries)
                return self._ingestion.keep_tree(keeper, entries)
        except OSError as error:
            raise cannot_write(error, self._layout.blobs, "keep a directory") from error

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
        self._release(artifact)

    def rebind(self, artifact: BoundArtifact) -> None:
        """Bind an artifact, whatever its reference was bound to, in one step.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StorageFullError: There is no space; the old binding holds.
            ValidationError: The binding could not be read back.
        """
        self._check_open("bind an artifact", write=True)
        self._bindings.rebind(artifact)
        self._release(artifact)

    def unbind(self, artifact_refs: Iterable[str]) -> None:
        """Let go of artifacts, all or none; those that are not bound are passed over.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StorageFullError: There is no space; all are bound as before.
        """
        self._check_open("let go of artifacts", write=True)
        self._bindings.unbind(map(str, artifact_refs))

    def artifact_bytes(self, artifact_refs: Iterable[str]) -> Mapping[str, int]:
        """Return how many bytes the bodies of artifacts take that no other artifact uses, by reference."""
        self._check_open("measure artifacts")
        return Usage(self._bindings, self._blobs).own_bytes([str(ref) for ref in artifact_refs])

    def collect_garbage(self, *, dry_run: bool = False, despite_damage: bool = False) -> CollectedGarbage:
        """Remove what no artifact is bound to, but what a living process is about to bind.

        Raises:
            IntegrityError: Bindings are damaged (``artifact_bindings_damaged``); nothing was removed.
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StoreAccessError: Nobody can tell what other processes are about to bind (``artifact_store_busy``,
                ``artifact_locks_unavailable``), or something cannot be removed.
        """
        self._check_open("collect the garbage", write=not dry_run)
        usage = Usage(self._bindings, self._blobs)
        collection = Collection(self._layout, self._blobs, self._bindings, usage)
        return collection.run(dry_run=dry_run, despite_damage=despite_damage)

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
        return self._open(artifact_ref, self._file(artifact_ref, "open an artifact"))

    def tree_members(self, artifact_ref: str) -> Sequence[TreeMember]:
        """Return what is inside a directory, sorted by path.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ArtifactError: The artifact is no directory (``artifact_is_file``).
            IntegrityError: The list of its files is damaged.
        """
        return tree_members(self._tree(artifact_ref))

    def open_member(self, artifact_ref: str, path: str) -> BinaryIO:
        """Open one file of a directory for reading.

        Raises:
            NotFoundError: There is no such artifact or file, or its body is missing.
            ArtifactError: The artifact is no directory (``artifact_is_file``).
        """
        for entry in self._tree(artifact_ref):
            if entry.path == path and entry.digest is not None:
                return self._open(artifact_ref, entry.digest)
        raise NotFoundError(
            f"There is no file {path!r} in {artifact_ref}.",
            code="artifact_member_not_found",
            details={"artifact_ref": str(artifact_ref), "path": path},
        )

    def body_path(self, artifact_ref: str) -> Path:
        """Return the file that is the body; it must only be read.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ArtifactError: The artifact is a directory (``artifact_is_directory``).
        """
        digest = self._file(artifact_ref, "find the body of an artifact")
        if self._blobs.size(digest) is None:
            raise body_missing(artifact_ref, "its body is missing")
        return self._layout.blob(digest)

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

    def plan_repairs(self) -> Sequence[ArtifactRepair]:
        """Look through the whole store and return what there is to do; nothing is changed."""
        self._check_open("plan the repair of the artifact store")
        return Repairs(self._layout, self._blobs, self._bindings).plan()

    def apply_repairs(self, repairs: Iterable[ArtifactRepair]) -> Sequence[ArtifactRepair]:
        """Do what was planned; a damage that is gone meanwhile is passed over.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
            StoreAccessError: Something cannot be moved or removed.
        """
        self._check_open("repair the artifact store", write=True)
        return Repairs(self._layout, self._blobs, self._bindings).apply(repairs)

    def quarantine(self, location: str) -> str:
        """Move one file of the store aside.

        Raises:
            NotFoundError: There is no such file (``artifact_file_not_found``).
            ValidationError: It is no file that may be moved (``artifact_invalid_location``).
            ReadOnlyStoreError: The store is open for reading (``artifact_store_read_only``).
        """
        self._check_open("move a file aside", write=True)
        return Repairs(self._layout, self._blobs, self._bindings).quarantine(location)

    def close(self) -> None:
        """Seal the journal and let go of what was reserved; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._bindings.close()
            self._reservations.close()

    def _release(self, artifact: BoundArtifact) -> None:
        if artifact.content is not None:
            self._reservations.release([artifact.content.digest])

    def _file(self, artifact_ref: str, action: str) -> str:
        """Return the digest of an artifact that is one file."""
        digest, form = self._content(artifact_ref, action)
        if form == "directory":
            raise ArtifactError(
                f"{artifact_ref} is a directory and has no single body to open; export it instead.",
                code="artifact_is_directory",
                details={"artifact_ref": str(artifact_ref)},
            )
        return digest

    def _open(self, artifact_ref: str, digest: str) -> BinaryIO:
        try:
            return os.fdopen(self._blobs.open(digest), "rb")
        except FileNotFoundError as error:
            raise body_missing(artifact_ref, "its body is missing") from error
        except OSError as error:
            raise cannot_read(error, self._layout.blob(digest), f"open the body of {artifact_ref}") from error

    def _tree(self, artifact_ref: str) -> list[TreeEntry]:
        digest, form = self._content(artifact_ref, "look into a directory")
        if form != "directory":
            raise ArtifactError(
                f"{artifact_ref} is a file; there is nothing inside of it.",
                code="artifact_is_file",
                details={"artifact_ref": str(artifact_ref)},
            )
        try:
            return decode_tree(self._blobs.read_checked(digest))
        except FileNotFoundError as error:
            raise body_missing(artifact_ref, "the list of its files is missing") from error
        except OSError as error:
            raise cannot_read(error, self._layout.blob(digest), f"look into {artifact_ref}") from error

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

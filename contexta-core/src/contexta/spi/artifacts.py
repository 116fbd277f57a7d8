"""The artifact plane's SPI: bodies kept by content, manifests bound to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding

__all__ = [
    "ArtifactBackend",
    "ArtifactContent",
    "ArtifactRepair",
    "BoundArtifact",
    "CollectedGarbage",
    "StagedIngest",
    "SupportsArtifactRepairs",
    "SupportsBodyPaths",
    "SupportsGarbageCollection",
    "SupportsRebinding",
    "SupportsStagedIngest",
    "SupportsTrees",
    "SupportsUnbinding",
    "TreeMember",
]


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
class TreeMember:
    """One entry of a directory that is an artifact: a file, a link, or an empty directory.

    Args:
        path: Relative to the directory, with forward slashes.
        digest: ``sha256:<64 hex>`` of a file's bytes; None for a link and an empty directory.
        size_bytes: Size of a file.
        executable: Whether a file's owner may execute it.
        link: What a link points to, inside the directory; None for a file and an empty directory.
    """

    path: str
    digest: str | None = None
    size_bytes: int = 0
    executable: bool = False
    link: str | None = None


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


@dataclass(frozen=True, slots=True)
class CollectedGarbage:
    """What a garbage collection removed, or would remove.

    Args:
        body_count: Number of bodies that nothing is bound to.
        body_bytes: Their size.
        leftover_count: Number of temporary files of dead processes.
        leftover_bytes: Their size.
        set_aside_count: Number of bodies that were not removed but moved into the quarantine, because their source
            had been handed over by moving and its registration was cut off.
        set_aside_bytes: Their size.
        dry_run: Whether everything is still there.
    """

    body_count: int = 0
    body_bytes: int = 0
    leftover_count: int = 0
    leftover_bytes: int = 0
    set_aside_count: int = 0
    set_aside_bytes: int = 0
    dry_run: bool = False

    @property
    def freed_bytes(self) -> int:
        """Bytes that are free now, or would be."""
        return self.body_bytes + self.leftover_bytes


@dataclass(frozen=True, slots=True)
class ArtifactRepair:
    """One step that mends, or at least isolates, one damage.

    Args:
        action: ``"quarantine_body"`` (moved aside, to be looked at), ``"quarantine_file"`` (the same for a file that
            is no body), ``"remove_leftover"`` (a dead process's temporary file) or ``"report_missing"`` (nothing can
            be done here: the artifact is degraded until its content is registered again).
        location: What it is about: a path relative to the plane's root.
        reason: Why, in words.
        artifact_refs: The artifacts that the damage degrades.
        size_bytes: Size of what is moved or removed.
        applied: Whether it was done.
    """

    action: str
    location: str
    reason: str
    artifact_refs: tuple[str, ...] = ()
    size_bytes: int = 0
    applied: bool = False


class ArtifactBackend(ABC):
    """What an artifact store implements.

    Every method may be called from any thread; a backend survives ``os.fork``.
    """

    #: Abilities beyond this class that no protocol below tells, by name: ``"adopt"``.
    capabilities: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def ingest(self, source: Path, *, mode: str = "copy") -> ArtifactContent:
        """Take a file or directory into the store; when this returns the body is durable.

        Equal content is kept once.  The source is read once, and what is kept is what was hashed.  A backend that
        collects garbage leaves the body alone until it is bound or this object is closed.

        Args:
            source: The file or directory.
            mode: ``"copy"`` leaves the source as it is, ``"move"`` removes it after the body is durable.  A backend
                with the capability ``"adopt"`` takes that mode too: the source itself becomes the body, without a
                copy where the file system can.

        Raises:
            NotFoundError: There is no such file or directory.
            StorageFullError: There is no space; nothing is left behind.
            ReadOnlyStoreError: The store is open for reading.
        """

    @abstractmethod
    def bind(self, artifact: BoundArtifact) -> None:
        """Bind an artifact to its content; when this returns the binding is durable.

        Binding the same artifact to the same content again changes nothing.  One that is pending, bound without
        content, may be bound once more with it.

        Raises:
            ConflictError: The reference is bound to other content.
            ReadOnlyStoreError: The store is open for reading.
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
        """Write the body, a file or a whole directory, to a path that does not exist yet.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ConflictError: The destination exists; it was left as it is.
        """

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


@runtime_checkable
class SupportsUnbinding(Protocol):
    """A backend that can let go of artifacts."""

    def unbind(self, artifact_refs: Iterable[str]) -> None:
        """Let go of artifacts; when this returns nobody finds them, also after a crash.

        Their bodies stay until the garbage is collected.  A reference that is not bound is passed over, and one that
        was let go of may be bound again, to any content.

        Args:
            artifact_refs: References of the artifacts.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; either all are let go of or none.
        """

    def artifact_bytes(self, artifact_refs: Iterable[str]) -> Mapping[str, int]:
        """Return how many bytes the bodies of artifacts take that no other artifact uses.

        Args:
            artifact_refs: References of the artifacts; one that is not bound counts 0.

        Returns:
            Bytes by reference.  A body that several of them share is counted for the first, so the sum is what
            collecting the garbage frees when all are unbound.
        """


@runtime_checkable
class SupportsGarbageCollection(Protocol):
    """A backend that can remove the bodies that nothing is bound to."""

    def collect_garbage(self, *, dry_run: bool = False, despite_damage: bool = False) -> CollectedGarbage:
        """Remove what no artifact is bound to; what a living process is about to bind stays.

        Args:
            dry_run: Whether to count only.
            despite_damage: Whether to go on where damaged bindings may hide what is bound to what.

        Raises:
            IntegrityError: Bindings are damaged, so some bodies may only look unbound; nothing was removed.
            ReadOnlyStoreError: The store is open for reading.
        """


class StagedIngest(Protocol):
    """A body that is written piece by piece; it does not exist before it is committed.

    One thread at a time writes to it.
    """

    def write(self, data: bytes) -> int:
        """Append bytes.

        Returns:
            How many: all of them.

        Raises:
            StorageFullError: There is no space; the ingest is aborted and nothing is left behind.
            LifecycleError: It was committed or aborted.
        """

    def commit(
        self, *, expected_digest: str | None = None, expected_size_bytes: int | None = None
    ) -> ArtifactContent:
        """Make the body one of the store; when this returns it is durable.

        Args:
            expected_digest: What its digest must be, as ``sha256:<64 hex>``; anything when None.
            expected_size_bytes: What its size must be; anything when None.

        Raises:
            IntegrityError: It is not what was expected; nothing was kept.
        """

    def abort(self) -> None:
        """Remove what was written; harmless when it was committed or aborted before."""


@runtime_checkable
class SupportsStagedIngest(Protocol):
    """A backend that takes bodies that come as a stream."""

    def begin_ingest(self) -> StagedIngest:
        """Begin a body that is written piece by piece.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space.
        """


@runtime_checkable
class SupportsArtifactRepairs(Protocol):
    """A backend that can isolate its damage."""

    def plan_repairs(self) -> Sequence[ArtifactRepair]:
        """Look through the whole store and return what there is to do; nothing is changed."""

    def apply_repairs(self, repairs: Iterable[ArtifactRepair]) -> Sequence[ArtifactRepair]:
        """Do what was planned; a damage that is gone meanwhile is passed over.

        Returns:
            The steps, with whether each was done.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
        """

    def quarantine(self, location: str) -> str:
        """Move one file of the store aside, whether it is damaged or not; artifacts that use it become degraded.

        Args:
            location: A path relative to the plane's root, as findings and repairs name it, or the digest of a body.

        Returns:
            Where it is now, relative to the plane's root.

        Raises:
            NotFoundError: There is no such file.
            ValidationError: It is no file that may be moved, such as one outside of the store.
            ReadOnlyStoreError: The store is open for reading.
        """


@runtime_checkable
class SupportsRebinding(Protocol):
    """A backend that can bind a reference to other content."""

    def rebind(self, artifact: BoundArtifact) -> None:
        """Bind an artifact, whatever its reference was bound to; every reader sees the old binding or the new one.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; the old binding holds.
        """


@runtime_checkable
class SupportsTrees(Protocol):
    """A backend that can be asked for what is inside a directory, and given it file by file."""

    def tree_members(self, artifact_ref: str) -> Sequence[TreeMember]:
        """Return what is inside a directory, sorted by path.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ArtifactError: The artifact is no directory.
            IntegrityError: The list of its files is damaged.
        """

    def open_member(self, artifact_ref: str, path: str) -> BinaryIO:
        """Open one file of a directory for reading; the caller closes it.

        Raises:
            NotFoundError: There is no such artifact or file, or its body is missing.
            ArtifactError: The artifact is no directory.
        """

    def ingest_tree(self, members: Iterable[TreeMember]) -> ArtifactContent:
        """Make a directory of files that are bodies of the store already; when this returns it is durable.

        Args:
            members: What is inside; the bodies of files were kept by :class:`SupportsStagedIngest`.

        Raises:
            ValidationError: A path or a link leads out, or two members contradict each other.
            NotFoundError: A file's body is not in the store.
            ReadOnlyStoreError: The store is open for reading.
        """


@runtime_checkable
class SupportsBodyPaths(Protocol):
    """A backend whose bodies are files that programs may read where they lie."""

    def body_path(self, artifact_ref: str) -> Path:
        """Return the file that is the body of an artifact; it must only be read.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ArtifactError: The artifact is a directory.
        """

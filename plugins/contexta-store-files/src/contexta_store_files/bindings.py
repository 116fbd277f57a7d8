"""The journal of bindings: any number of processes append, everyone reads the same."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import ConflictError, ValidationError
from contexta.log import filesystem, forks
from contexta.log.clock import HybridClock
from contexta.log.durability import Durability
from contexta.log.reader import LogReader
from contexta.log.writer import LogWriter
from contexta_store_files.entries import check_content, encode_entry, encode_unbinding
from contexta_store_files.failures import cannot_write
from contexta_store_files.mutex import exclusive
from contexta_store_files.view import BindingView

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contexta.log.damage import Damage
    from contexta.spi.artifacts import BoundArtifact
    from contexta_store_files.entries import BindingEntry

__all__ = ["Bindings"]

_LOCK_NAME = ".bind.lock"


class Bindings:
    """Reads and appends bindings; nothing is created before the first one.

    Args:
        directory: The journal.
        durability: ``"fsync"``, ``"flush"`` or ``"interval"``.
        max_segment_bytes: Size at which its segments are rotated, in bytes.
    """

    def __init__(self, directory: Path, *, durability: str, max_segment_bytes: int) -> None:
        self._directory = directory
        self._writer = LogWriter(
            directory, durability=Durability(durability), max_segment_bytes=max_segment_bytes
        )
        self._reader = LogReader(directory)
        self._clock = HybridClock()
        self._view = BindingView(self._reader, self._take_note)
        self._lock = threading.RLock()
        forks.register(self, level=1)

    def find(self, artifact_ref: str) -> BindingEntry | None:
        """Return the binding of one reference."""
        with self._lock:
            self._view.refresh()
            return self._view.find(artifact_ref)

    def entries(self, run_ref: str | None = None) -> list[BindingEntry]:
        """Return all bindings, or those of one run, in the order of binding."""
        with self._lock:
            self._view.refresh()
            return self._view.entries(run_ref)

    def version(self) -> int:
        """Return a number that grows with every line, whichever process wrote it."""
        with self._lock:
            self._view.refresh()
            return self._view.line_count

    def conflicts(self) -> dict[str, list[str]]:
        """Return the references that two processes bound to different content at once, with what does not hold."""
        with self._lock:
            self._view.refresh()
            return self._view.conflicts()

    def damages(self) -> tuple[list[Damage], list[str]]:
        """Verify the journal.

        Returns:
            The damages, and the places of lines that are whole but no bindings.
        """
        with self._lock:
            self._view.refresh()
            return self._reader.verify(), self._view.strange_lines()

    def bind(self, artifact: BoundArtifact) -> None:
        """Bind an artifact, unless it is bound so already.

        Raises:
            ValidationError: It could not be read back.
            ConflictError: The reference is bound to other content (``artifact_binding_conflict``).
            StorageFullError: There is no space; nothing was bound.
            StoreAccessError: The journal cannot be read or written.
        """
        check_content(artifact)
        with self._lock:
            if self._is_settled(artifact):
                return
            self._make_directory()
            with exclusive(self._directory / _LOCK_NAME) as held:
                # Under the lock nobody else can have bound it since.
                if held and self._is_settled(artifact):
                    return
                at = self._clock.tick()
                self._writer.append(encode_entry(artifact, at=at, bound_at=utc_now_text()))
                # Without the lock another process may have been earlier: then that binding holds, and this fails.
                self._is_settled(artifact)

    def unbind(self, artifact_refs: Iterable[str]) -> None:
        """Let go of references, all or none; those that are not bound are passed over.

        Raises:
            StorageFullError: There is no space; all are bound as before.
            StoreAccessError: The journal cannot be read or written.
        """
        wanted = list(dict.fromkeys(artifact_refs))
        with self._lock:
            self._view.refresh()
            if not any(self._view.find(ref) for ref in wanted):
                return
            with exclusive(self._directory / _LOCK_NAME):
                self._view.refresh()
                held = [ref for ref in wanted if self._view.find(ref) is not None]
                self._writer.append_many([encode_unbinding(ref, at=self._clock.tick()) for ref in held])
                self._view.refresh()

    def rebind(self, artifact: BoundArtifact) -> None:
        """Bind a reference to other content in one step: a reader sees the old binding or the new one.

        Raises:
            ValidationError: It could not be read back.
            StorageFullError: There is no space; the old binding holds.
            StoreAccessError: The journal cannot be read or written.
        """
        check_content(artifact)
        with self._lock:
            self._make_directory()
            with exclusive(self._directory / _LOCK_NAME):
                self._view.refresh()
                lines = []
                if self._view.find(artifact.artifact_ref) is not None:
                    lines.append(encode_unbinding(artifact.artifact_ref, at=self._clock.tick()))
                lines.append(encode_entry(artifact, at=self._clock.tick(), bound_at=utc_now_text()))
                self._writer.append_many(lines)
                self._view.refresh()

    def close(self) -> None:
        """Seal the open segment; closing twice is harmless."""
        with self._lock:
            self._writer.close()

    def before_fork(self) -> None:
        """Wait until no other thread binds or reads."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Go on with a lock of its own; the view stays true, and the log takes care of its writer."""
        self._lock = threading.RLock()

    def _make_directory(self) -> None:
        try:
            filesystem.create_private_directory(self._directory)
        except OSError as error:
            raise cannot_write(error, self._directory, "create the journal of bindings") from error

    def _is_settled(self, artifact: BoundArtifact) -> bool:
        """Return whether there is nothing to bind.

        Raises:
            ConflictError: There is, and it contradicts what is bound.
        """
        self._view.refresh()
        current = self._view.find(artifact.artifact_ref)
        if current is None:
            return False
        content = artifact.content
        if content is None or current.digest == content.digest:
            return True
        if current.digest is None:
            return False
        raise ConflictError(
            f"{artifact.artifact_ref} was to be bound to {content.digest}, but it is bound to {current.digest} since"
            f" {current.bound_at}. An artifact never changes: register the new content under another reference.",
            code="artifact_binding_conflict",
            details={
                "artifact_ref": artifact.artifact_ref,
                "bound_digest": current.digest,
                "asked_digest": content.digest,
            },
        )

    def _take_note(self, stamp: str) -> None:
        # A foreign line with a strange stamp sorts as it sorts; it must not stop this process from writing.
        with suppress(ValidationError):
            self._clock.observe(stamp)

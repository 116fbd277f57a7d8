"""Which bodies are used, by which artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import IntegrityError
from contexta_store_files.tree import decode_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from contexta_store_files.bindings import Bindings
    from contexta_store_files.blobs import Blobs
    from contexta_store_files.entries import BindingEntry

__all__ = ["Usage"]


class Usage:
    """Which bodies the bindings use, those of files inside directories included; each tree manifest is read once.

    Args:
        bindings: The bindings.
        blobs: The bodies.
    """

    def __init__(self, bindings: Bindings, blobs: Blobs) -> None:
        self._bindings = bindings
        self._blobs = blobs
        self._members: dict[str, frozenset[str]] = {}
        self._bound: tuple[int, set[str]] | None = None
        #: Directories whose tree manifest is lost or damaged, so that nobody knows their files.
        self.unreadable: set[str] = set()

    def bound(self) -> set[str]:
        """Return the digests of all bodies in use, as every process sees it now."""
        version = self._bindings.version()
        if self._bound is None or self._bound[0] != version:
            used = {digest for entry in self._bindings.entries() for digest in self.bodies(entry)}
            for digests in self._bindings.conflicts().values():
                # What lost a race may be all that its process has.
                used.update(digests)
            # Counted before they were read: what came in between is read again the next time.
            self._bound = (version, used)
        return self._bound[1]

    def bodies(self, entry: BindingEntry) -> Iterable[str]:
        """Return the digests of the bodies of one artifact."""
        if entry.digest is None:
            return ()
        if entry.form != "directory":
            return (entry.digest,)
        return {entry.digest, *self._tree(entry.digest)}

    def own_bytes(self, artifact_refs: Collection[str]) -> dict[str, int]:
        """Return how many bytes the bodies of artifacts take that no other artifact uses, by reference."""
        wanted = set(artifact_refs)
        entries = {entry.artifact: entry for entry in self._bindings.entries()}
        counted = {
            digest for ref, entry in entries.items() if ref not in wanted for digest in self.bodies(entry)
        }
        result = {}
        for ref in dict.fromkeys(artifact_refs):
            fresh = set(self.bodies(entries[ref])) - counted if ref in entries else set()
            counted |= fresh
            result[ref] = sum(self._blobs.size(digest) or 0 for digest in fresh)
        return result

    def _tree(self, digest: str) -> frozenset[str]:
        known = self._members.get(digest)
        if known is not None:
            return known
        try:
            entries = decode_tree(self._blobs.read_checked(digest))
        except (OSError, IntegrityError):
            self.unreadable.add(digest)
            return frozenset()
        self.unreadable.discard(digest)
        members = frozenset(entry.digest for entry in entries if entry.digest is not None)
        self._members[digest] = members
        return members

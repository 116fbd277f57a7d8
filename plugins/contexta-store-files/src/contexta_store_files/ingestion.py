"""Taking files and directories into the store: whole and durable, or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.spi.artifacts import ArtifactContent
from contexta_store_files.copying import copy_and_hash
from contexta_store_files.failures import cannot_read, cannot_write, source_changed, source_refused
from contexta_store_files.layout import DIGEST_PREFIX
from contexta_store_files.sources import OpenSource, look_at, read_tree
from contexta_store_files.staging import Staging, remove_leftovers
from contexta_store_files.tree import TreeEntry, encode_tree

if TYPE_CHECKING:
    from pathlib import Path

    from contexta_store_files.blobs import Blobs
    from contexta_store_files.layout import Layout
    from contexta_store_files.sources import SourceTree

__all__ = ["Ingestion"]

# Below this a body is read into memory, and a known one costs no write at all.
_SMALL_BYTES = 1_048_576
# A source that is written all the time is given up; one that was written once, just now, is not.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class _Body:
    """A body that is complete: staged under a temporary name, or in the store already (no path)."""

    digest: str
    size: int
    path: Path | None


class Ingestion:
    """Takes sources into the store.

    Args:
        layout: Where things are.
        blobs: The bodies.
    """

    def __init__(self, layout: Layout, blobs: Blobs) -> None:
        self._layout = layout
        self._blobs = blobs

    def ingest(self, source: Path, *, move: bool) -> ArtifactContent:
        """Take one file or directory in.

        Args:
            source: The file or directory; a link to one is followed.
            move: Whether to remove the source once its body is kept.

        Raises:
            NotFoundError: There is no such source.
            ArtifactError: It is of a kind that is not taken, or changed while it was read.
            StorageFullError: There is no space; nothing is left behind.
            StoreAccessError: The source cannot be read, or the store not written.
        """
        found = look_at(source)
        self._refuse_own(source)
        try:
            filesystem.create_private_directory(self._layout.blobs)
        except OSError as error:
            raise cannot_write(error, self._layout.blobs, "create the artifact store") from error
        remove_leftovers(self._layout.blobs)
        if stat.S_ISDIR(found.st_mode):
            return self._ingest_tree(source, move=move)
        return self._ingest_file(source, move=move)

    def _refuse_own(self, source: Path) -> None:
        """Refuse what holds the store itself: it would grow while it is read, or be moved away."""
        real, own = os.path.realpath(source), os.path.realpath(self._layout.root)
        if own == real or own.startswith(real.rstrip(os.sep) + os.sep) or real.startswith(own + os.sep):
            raise source_refused(
                source,
                "it holds this artifact store, or lies inside of it",
                "Register the files that are yours.",
                code="artifact_source_overlaps_store",
            )

    # -- files -----------------------------------------------------------------------------------------------------

    def _ingest_file(self, source: Path, *, move: bool) -> ArtifactContent:
        with OpenSource(source) as opened:
            try:
                content = self._keep_file(opened)
            except OSError as error:
                raise cannot_write(error, self._layout.blobs, f"keep the body of {source}") from error
            if move:
                opened.remove(source)
        return content

    def _keep_file(self, opened: OpenSource) -> ArtifactContent:
        data = self._read_small(opened)
        if data is not None:
            body = self._known(data)
            if body is not None:
                return ArtifactContent(body.digest, body.size)
        with Staging(self._layout.blobs) as staging:
            body = self._stage(opened, staging.path, staging.descriptor, data)
            self._publish(body)
        return ArtifactContent(body.digest, body.size)

    def _read_small(self, opened: OpenSource) -> bytes | None:
        """Read a small source whole; None for a large one."""
        for _ in range(_ATTEMPTS):
            if opened.size >= _SMALL_BYTES:
                return None
            try:
                data = filesystem.read_exactly(opened.descriptor, _SMALL_BYTES, 0)
            except OSError as error:
                raise cannot_read(error, opened.path, "read a source") from error
            if opened.is_unchanged(len(data)):
                return data
        raise source_changed(opened.path)

    def _known(self, data: bytes) -> _Body | None:
        """Return the body that has these bytes, if the store holds it whole."""
        digest = DIGEST_PREFIX + hashlib.sha256(data).hexdigest()
        if self._blobs.size(digest) != len(data):
            return None
        try:
            # Read because that is cheap and mends a body that was damaged.
            whole = self._blobs.read(digest) == data
        except OSError:
            whole = False
        return _Body(digest, len(data), None) if whole and self._blobs.holds(digest, len(data)) else None

    def _stage(self, opened: OpenSource, path: Path, descriptor: int, data: bytes | None) -> _Body:
        """Write a source's bytes into a temporary file, which becomes complete and durable."""
        if data is not None:
            if data:
                filesystem.write_all(descriptor, data, 0)
            digest, size = hashlib.sha256(data).hexdigest(), len(data)
        else:
            digest, size = self._copy(opened, descriptor)
            # Compared with its digest as well: a damaged body is mended, and what "move" hands over is never lost.
            if self._blobs.holds(DIGEST_PREFIX + digest, size) and self._blobs.is_whole(
                DIGEST_PREFIX + digest
            ):
                return _Body(DIGEST_PREFIX + digest, size, None)
        self._blobs.settle(descriptor, path)
        return _Body(DIGEST_PREFIX + digest, size, path)

    @staticmethod
    def _copy(opened: OpenSource, descriptor: int) -> tuple[str, int]:
        for _ in range(_ATTEMPTS):
            digest, size = copy_and_hash(opened.descriptor, descriptor)
            if opened.is_unchanged(size):
                return digest, size
            filesystem.truncate_file(descriptor, 0)
        raise source_changed(opened.path)

    def _publish(self, body: _Body) -> None:
        if body.path is not None:
            self._blobs.publish(body.path, body.digest)

    # -- directories -----------------------------------------------------------------------------------------------

    def _ingest_tree(self, source: Path, *, move: bool) -> ArtifactContent:
        """Take a directory in: all files are staged before the first is published, so a full disk leaves nothing."""
        tree = read_tree(source)
        try:
            with Staging(self._layout.blobs) as staging:
                bodies, entries = self._stage_files(source, tree, staging)
                if read_tree(source) != tree:
                    raise source_changed(source)
                manifest = self._stage_manifest(encode_tree(entries), staging)
                for body in [*bodies.values(), manifest]:
                    self._publish(body)
        except OSError as error:
            raise cannot_write(error, self._layout.blobs, f"keep the body of {source}") from error
        if move:
            _remove_tree(source, tree)
        return ArtifactContent(manifest.digest, sum(entry.size or 0 for entry in entries), "directory")

    def _stage_files(
        self, source: Path, tree: SourceTree, staging: Staging
    ) -> tuple[dict[str, _Body], list[TreeEntry]]:
        bodies: dict[str, _Body] = {}
        entries = [TreeEntry(path=link.path, link=link.target) for link in tree.links]
        entries += [TreeEntry(path=path, directory=True) for path in tree.empty]
        for file in tree.files:
            with OpenSource(source / file.path, follow=False) as opened:
                body = self._stage_member(opened, staging)
            bodies.setdefault(body.digest, body)
            entries.append(
                TreeEntry(path=file.path, digest=body.digest, size=body.size, executable=file.executable)
            )
        return bodies, entries

    def _stage_member(self, opened: OpenSource, staging: Staging) -> _Body:
        data = self._read_small(opened)
        known = self._known(data) if data is not None else None
        if known is not None:
            return known
        path, descriptor = staging.further()
        try:
            return self._stage(opened, path, descriptor, data)
        finally:
            os.close(descriptor)

    def _stage_manifest(self, data: bytes, staging: Staging) -> _Body:
        known = self._known(data)
        if known is not None:
            return known
        path, descriptor = staging.further()
        try:
            filesystem.write_all(descriptor, data, 0)
            self._blobs.settle(descriptor, path)
        finally:
            os.close(descriptor)
        return _Body(DIGEST_PREFIX + hashlib.sha256(data).hexdigest(), len(data), path)


def _remove_tree(source: Path, tree: SourceTree) -> None:
    """Remove what was taken in and nothing else: a file that appeared meanwhile stays, with its directory."""
    if read_tree(source) != tree:
        raise source_changed(source)
    try:
        if source.is_symlink():
            # As for a file: what a link points to is not what was handed over.
            os.unlink(source)
            return
        for name in [*(file.path for file in tree.files), *(link.path for link in tree.links)]:
            (source / name).unlink()
        for name in reversed(tree.directories):
            (source / name).rmdir()
        source.rmdir()
    except OSError as error:
        raise cannot_write(error, source, "remove a source after it was taken in") from error

"""Taking files and directories into the store: whole and durable, or not at all."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.spi.artifacts import ArtifactContent
from contexta_store_files.failures import cannot_write, source_changed, source_refused
from contexta_store_files.keeping import BodyKeeper
from contexta_store_files.sources import OpenSource, look_at, read_tree
from contexta_store_files.staging import remove_leftovers
from contexta_store_files.tree import TreeEntry, encode_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta_store_files.blobs import Blobs
    from contexta_store_files.layout import Layout
    from contexta_store_files.reservations import Reservations
    from contexta_store_files.sources import SourceTree

__all__ = ["Ingestion"]


class Ingestion:
    """Takes sources into the store.

    Args:
        layout: Where things are.
        blobs: The bodies.
        reservations: What this process is about to bind.
    """

    def __init__(self, layout: Layout, blobs: Blobs, reservations: Reservations) -> None:
        self._layout = layout
        self._blobs = blobs
        self._reservations = reservations

    def prepare(self) -> None:
        """Make the directory of the bodies, and remove what dead processes left in it.

        Raises:
            StoreAccessError: It cannot be made.
        """
        try:
            filesystem.create_private_directory(self._layout.blobs)
        except OSError as error:
            raise cannot_write(error, self._layout.blobs, "create the artifact store") from error
        remove_leftovers(self._layout.blobs)

    def ingest(self, source: Path, *, mode: str) -> ArtifactContent:
        """Take one file or directory in; its bodies are reserved until they are bound.

        Args:
            source: The file or directory; a link to one is followed.
            mode: ``"copy"``; ``"move"`` removes the source once its body is kept; ``"adopt"`` does so too, and makes
                the source the body itself where that can be.

        Raises:
            NotFoundError: There is no such source.
            ArtifactError: It is of a kind that is not taken, or changed while it was read.
            StorageFullError: There is no space; nothing is left behind.
            StoreAccessError: The source cannot be read, or the store not written.
        """
        found = look_at(source)
        self._refuse_own(source)
        self.prepare()
        if stat.S_ISDIR(found.st_mode):
            return self._ingest_tree(source, mode)
        return self._ingest_file(source, mode)

    def keeper(self, *, single: bool) -> BodyKeeper:
        """Return what makes the bodies of one call."""
        return BodyKeeper(self._layout, self._blobs, self._reservations, single=single)

    def keep_tree(self, keeper: BodyKeeper, entries: Sequence[TreeEntry]) -> ArtifactContent:
        """Keep the manifest of a directory whose files are kept, and publish everything.

        Raises:
            OSError: It cannot be written.
        """
        manifest = keeper.keep_bytes(encode_tree(entries))
        keeper.publish()
        keeper.join(manifest.digest)
        return ArtifactContent(manifest.digest, sum(entry.size or 0 for entry in entries), "directory")

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

    def _ingest_file(self, source: Path, mode: str) -> ArtifactContent:
        with OpenSource(source) as opened:
            try:
                # A source that is adopted is staged under a name beside the one that carries the lock.
                with self.keeper(single=mode != "adopt") as keeper:
                    body = keeper.keep_source(opened, adopt=mode == "adopt")
                    keeper.publish()
                    if mode != "copy":
                        keeper.note_moved()
            except OSError as error:
                raise cannot_write(error, self._layout.blobs, f"keep the body of {source}") from error
            if mode != "copy":
                opened.remove(source)
        return ArtifactContent(body.digest, body.size)

    def _ingest_tree(self, source: Path, mode: str) -> ArtifactContent:
        """Take a directory in: all files are staged before the first is published, so a full disk leaves nothing."""
        tree = read_tree(source)
        try:
            with self.keeper(single=False) as keeper:
                entries = self._keep_files(source, tree, keeper, adopt=mode == "adopt")
                if not _is_same(source, tree):
                    raise source_changed(source)
                content = self.keep_tree(keeper, entries)
                if mode != "copy":
                    keeper.note_moved()
        except OSError as error:
            raise cannot_write(error, self._layout.blobs, f"keep the body of {source}") from error
        if mode != "copy":
            _remove_tree(source, tree)
        return content

    @staticmethod
    def _keep_files(source: Path, tree: SourceTree, keeper: BodyKeeper, *, adopt: bool) -> list[TreeEntry]:
        entries = [TreeEntry(path=link.path, link=link.target) for link in tree.links]
        entries += [TreeEntry(path=path, directory=True) for path in tree.empty]
        for file in tree.files:
            with OpenSource(source / file.path, follow=False) as opened:
                body = keeper.keep_source(opened, adopt=adopt)
            entries.append(
                TreeEntry(path=file.path, digest=body.digest, size=body.size, executable=file.executable)
            )
        return entries


def _is_same(source: Path, tree: SourceTree) -> bool:
    """Return whether a directory is as it was read; adopting files takes their permissions, which is no change."""
    now = read_tree(source)
    states = ({file.path: file.state for file in each.files} for each in (now, tree))
    return (now.links, now.directories, now.empty) == (tree.links, tree.directories, tree.empty) and next(
        states
    ) == next(states)


def _remove_tree(source: Path, tree: SourceTree) -> None:
    """Remove what was taken in and nothing else: a file that appeared meanwhile stays, with its directory."""
    if not _is_same(source, tree):
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

"""Making bodies: reserved, staged under temporary names, and published when all of one call are complete."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from contexta.log import filesystem
from contexta_store_files.copying import copy_and_hash, hash_descriptor
from contexta_store_files.failures import cannot_read, source_changed
from contexta_store_files.layout import DIGEST_PREFIX
from contexta_store_files.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contexta.spi.artifacts import ArtifactContent
    from contexta_store_files.blobs import Blobs
    from contexta_store_files.layout import Layout
    from contexta_store_files.reservations import Reservations
    from contexta_store_files.sources import OpenSource

__all__ = ["BodyKeeper", "KeptBody"]

# Below this a body is read into memory, and a known one costs no write at all.
_SMALL_BYTES = 1_048_576
# A source that is written all the time is given up; one that was written once, just now, is not.
_ATTEMPTS = 3


class KeptBody(NamedTuple):
    """A body that is complete.

    Attributes:
        digest: Its digest.
        size: Its size, in bytes.
    """

    digest: str
    size: int


class BodyKeeper:
    """The bodies of one call; where it fails, nothing of it is left.

    Args:
        layout: Where things are.
        blobs: The bodies.
        reservations: What this process is about to bind.
        single: Whether there is one body only, which then needs one temporary file only.
    """

    def __init__(self, layout: Layout, blobs: Blobs, reservations: Reservations, *, single: bool) -> None:
        self._directory = layout.blobs
        self._blobs = blobs
        self._reservations = reservations
        self._single = single
        self._staging: Staging | None = None
        self._staged: dict[str, Path] = {}
        self._reserved: list[str] = []
        self._adopted: list[tuple[Path, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._staging is not None:
            self._staging.close()
        if kind is not None:
            self._reservations.release(self._reserved, bound=False)
            for source, mode in self._adopted:
                with suppress(OSError):
                    source.chmod(mode)

    def keep_bytes(self, data: bytes) -> KeptBody:
        """Keep a small body; one that is in the store already costs no write.

        Raises:
            OSError: It cannot be written.
        """
        body = KeptBody(DIGEST_PREFIX + hashlib.sha256(data).hexdigest(), len(data))
        self._reserve(body.digest)
        if body.digest in self._staged or self._holds_bytes(body, data):
            return body
        path, descriptor = self._temporary()
        try:
            if data:
                filesystem.write_all(descriptor, data, 0)
            self._blobs.settle(descriptor, path)
        finally:
            self._close(descriptor)
        self._staged[body.digest] = path
        return body

    def keep_source(self, opened: OpenSource, *, adopt: bool) -> KeptBody:
        """Keep what a user handed in.

        Args:
            opened: The source.
            adopt: Whether a large one becomes the body itself, where that can be.

        Raises:
            ArtifactError: It changed while it was read (``artifact_source_changed``).
            StoreAccessError: It cannot be read.
            OSError: It cannot be written.
        """
        data = self._read_small(opened)
        if data is not None:
            return self.keep_bytes(data)
        adopted = self._adopt(opened) if adopt else None
        return adopted or self._copy(opened)

    def keep_staged(self, content: ArtifactContent, staging: Staging) -> None:
        """Keep and publish what was written into a staging of its own.

        Raises:
            OSError: It cannot be kept.
        """
        self._stage(KeptBody(content.digest, content.size_bytes), staging.descriptor, staging.path)
        self.publish()

    def publish(self) -> None:
        """Make everything that was staged a body of the store.

        Raises:
            OSError: It cannot be moved to its name.
        """
        for digest, path in self._staged.items():
            self._blobs.publish(path, digest)
        self._staged.clear()

    def note_moved(self) -> None:
        """Note that the sources of these bodies are about to be removed.

        Raises:
            OSError: It cannot be written; the sources must stay.
        """
        self._reservations.note_moved(self._reserved)

    def reserve_all(self, digests: Iterable[str]) -> None:
        """Reserve bodies that are in the store.

        Raises:
            OSError: The reservation cannot be written.
        """
        for digest in digests:
            self._reserve(digest)

    def join(self, digest: str) -> None:
        """Have all bodies released together with the one that names them."""
        self._reservations.join(digest, self._reserved[:-1])

    def _reserve(self, digest: str) -> None:
        self._reservations.reserve(digest)
        self._reserved.append(digest)

    def _holds_bytes(self, body: KeptBody, data: bytes) -> bool:
        if self._blobs.size(body.digest) != body.size:
            return False
        try:
            # Read because that is cheap and mends a body that was damaged.
            whole = self._blobs.read(body.digest) == data
        except OSError:
            return False
        return whole and self._blobs.holds(body.digest, body.size)

    @staticmethod
    def _read_small(opened: OpenSource) -> bytes | None:
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

    def _adopt(self, opened: OpenSource) -> KeptBody | None:
        """Make a source the body itself under a second name; None where it cannot be that."""
        staging = self._lead()
        try:
            path = staging.linked(opened.path)
        except OSError:
            return None
        if not opened.is_adoptable(path):
            filesystem.remove_file(path)
            return None
        size = opened.size
        digest = DIGEST_PREFIX + hash_descriptor(opened.descriptor)
        if not opened.is_unchanged(size):
            filesystem.remove_file(path)
            return None
        # As a body nobody may write it; where this fails, its owner may again.
        self._adopted.append((opened.path, opened.mode))
        return self._stage(KeptBody(digest, size), opened.descriptor, path)

    def _copy(self, opened: OpenSource) -> KeptBody:
        path, descriptor = self._temporary()
        try:
            for _ in range(_ATTEMPTS):
                digest, size = copy_and_hash(opened.descriptor, descriptor)
                if opened.is_unchanged(size):
                    return self._stage(KeptBody(DIGEST_PREFIX + digest, size), descriptor, path)
                filesystem.truncate_file(descriptor, 0)
        finally:
            self._close(descriptor)
        raise source_changed(opened.path)

    def _stage(self, body: KeptBody, descriptor: int, path: Path) -> KeptBody:
        self._reserve(body.digest)
        # Compared with its digest as well: a damaged body is mended, and what is handed over is never lost.
        is_known = body.digest in self._staged or (
            self._blobs.holds(body.digest, body.size) and self._blobs.is_whole(body.digest)
        )
        if not is_known:
            self._blobs.settle(descriptor, path)
            self._staged[body.digest] = path
        return body

    def _lead(self) -> Staging:
        if self._staging is None:
            self._staging = Staging(self._directory)
        return self._staging

    def _temporary(self) -> tuple[Path, int]:
        staging = self._lead()
        return (staging.path, staging.descriptor) if self._single else staging.further()

    def _close(self, descriptor: int) -> None:
        # The first file of a staging carries the lock, and is closed with it.
        if self._staging is not None and descriptor != self._staging.descriptor:
            os.close(descriptor)

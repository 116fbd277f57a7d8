"""A body that comes as a stream."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from contexta.errors import IntegrityError, LifecycleError
from contexta.log import filesystem
from contexta.spi.artifacts import ArtifactContent
from contexta_store_files.failures import cannot_write
from contexta_store_files.layout import DIGEST_PREFIX
from contexta_store_files.staging import Staging

if TYPE_CHECKING:
    from contexta_store_files.ingestion import Ingestion
    from contexta_store_files.layout import Layout

__all__ = ["StreamedBody"]


class StreamedBody:
    """A body that is written piece by piece; its temporary file goes with it, whatever ends it.

    Args:
        layout: Where things are.
        ingestion: What makes bodies.

    Raises:
        StorageFullError: There is no space.
        StoreAccessError: It cannot be begun.
    """

    def __init__(self, layout: Layout, ingestion: Ingestion) -> None:
        self._directory = layout.blobs
        self._ingestion = ingestion
        self._digest = hashlib.sha256()
        self._size = 0
        ingestion.prepare()
        try:
            self._staging: Staging | None = Staging(layout.blobs)
        except OSError as error:
            raise cannot_write(error, layout.blobs, "begin a body") from error

    def write(self, data: bytes) -> int:
        """Append bytes and return how many: all of them.

        Raises:
            StorageFullError: There is no space; the ingest is aborted and nothing is left behind.
            StoreAccessError: The storage failed; as above.
            LifecycleError: It was committed or aborted (``artifact_ingest_ended``).
        """
        staging = self._require_active()
        if data:
            try:
                filesystem.write_all(staging.descriptor, data, self._size)
            except OSError as error:
                self.abort()
                raise cannot_write(error, self._directory, "write a part of a body") from error
            self._digest.update(data)
            self._size += len(data)
        return len(data)

    def commit(
        self, *, expected_digest: str | None = None, expected_size_bytes: int | None = None
    ) -> ArtifactContent:
        """Make the body one of the store, durable and reserved until it is bound.

        Raises:
            IntegrityError: It is not what was expected (``artifact_not_as_expected``); nothing was kept.
            LifecycleError: It was committed or aborted (``artifact_ingest_ended``).
            StorageFullError: There is no space; nothing was kept.
        """
        staging = self._require_active()
        content = ArtifactContent(DIGEST_PREFIX + self._digest.hexdigest(), self._size)
        wanted = (
            content.digest if expected_digest is None else expected_digest,
            content.size_bytes if expected_size_bytes is None else expected_size_bytes,
        )
        try:
            if (content.digest, content.size_bytes) != wanted:
                raise IntegrityError(
                    f"A body should have the digest {wanted[0]} and {wanted[1]} bytes; what came has {content.digest} and"
                    f" {content.size_bytes} bytes. Nothing was kept.",
                    code="artifact_not_as_expected",
                    details={"expected": wanted[0], "found": content.digest},
                )
            with self._ingestion.keeper(single=True) as keeper:
                keeper.keep_staged(content, staging)
        except OSError as error:
            raise cannot_write(error, self._directory, "keep a body") from error
        finally:
            self.abort()
        return content

    def abort(self) -> None:
        """Remove what was written; harmless when it was committed or aborted before."""
        staging, self._staging = self._staging, None
        if staging is not None:
            staging.close()

    def _require_active(self) -> Staging:
        if self._staging is None:
            raise LifecycleError(
                "This body was committed or aborted before; begin another one.", code="artifact_ingest_ended"
            )
        return self._staging

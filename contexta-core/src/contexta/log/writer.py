"""The writer of a segment log: one descriptor, one write per call, and an honest answer."""

from __future__ import annotations

import atexit
import weakref
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from contexta.errors import ContextaError, LifecycleError, NotFoundError
from contexta.log import filesystem, forks
from contexta.log.durability import Durability
from contexta.log.frame import encode
from contexta.log.segment_owner import SegmentOwner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = ["LogWriter", "Position"]


class Position(NamedTuple):
    """Where a record stands in its writer's segments.

    Attributes:
        segment: Number of the segment among the writer's, from 0.
        n: Number of the line in the segment.
        offset: Byte offset of the line in the segment.
    """

    segment: int
    n: int
    offset: int


# The generated constructor costs as much as the checksum of the line.
_new_tuple = tuple.__new__


class LogWriter(SegmentOwner):
    """Appends records to segments of its own; any number of writers share a directory without waiting.

    Nothing is created before the first append.  All methods may be called from any thread, and from a forked child,
    where the writer becomes another one with a new :attr:`writer_id` and its own segments.  A writer that is not
    closed loses nothing.

    Args:
        directory: The log's directory; created, for the owner only, when the first record comes.
        durability: Where a record is when :meth:`append` returns.
        max_segment_bytes: Size at which a segment is sealed and the next one begun; one larger batch stays whole.
        interval_seconds: Longest time from an append to stable storage in the mode ``interval``, in seconds.
    """

    def __init__(
        self,
        directory: Path,
        *,
        durability: Durability = Durability.FSYNC,
        max_segment_bytes: int = 1_048_576,
        interval_seconds: float = 0.05,
    ) -> None:
        super().__init__(Path(directory), Durability(durability), max_segment_bytes, interval_seconds)
        _writers.add(self)
        forks.register(self)

    @property
    def writer_id(self) -> str:
        """The writer's token; another one after a fork, which is how callers notice."""
        return self._writer_id

    def segment_name(self, index: int) -> str:
        """Return the name of one of the writer's segments, as readers list it.

        Args:
            index: Number of a segment that a :class:`Position` gave.

        Returns:
            The name without the suffix of the file.

        Raises:
            NotFoundError: This writer has no such segment (``log_segment_unknown``); after a fork it begins anew.
        """
        name = self._names.get(index)
        if name is None:
            raise NotFoundError(
                f"The name of segment {index} was asked of log writer {self._writer_id}, which has"
                f" {len(self._names)} segments; ask with a position that this writer gave.",
                code="log_segment_unknown",
            )
        return name

    @property
    def directory(self) -> Path:
        """The log's directory."""
        return self._directory

    @property
    def durability(self) -> Durability:
        """Where a record is when :meth:`append` returns."""
        return self._durability

    def append(self, members: bytes) -> Position:
        """Append one record.

        Args:
            members: The members of one JSON object without its braces, without a raw newline.

        Returns:
            Where the record stands.

        Raises:
            ValidationError: ``members`` cannot be a line.
            LifecycleError: The writer is closed (``log_writer_closed``), or a signal handler called while this
                thread was in an append of the same writer (``log_writer_busy``).
            StorageFullError: No space; the same call works once there is some.
            ReadOnlyStoreError: The directory may not be written.
            StoreAccessError: The storage failed.
        """
        with self._lock:
            if self._inside:
                raise _busy()
            self._inside = True
            try:
                segment = self._segment
                if segment is None or segment.unsettled or segment.failure is not None:
                    segment = self._ready()
                n, offset = segment.tail
                line = encode(n, members)
                end = offset + len(line)
                if end > self._room and n > 1:
                    segment = self._rotate(segment)
                    n, offset = segment.tail
                    line = encode(n, members)
                    end = offset + len(line)
                segment.unsettled = True
                try:
                    filesystem.write_all(segment.descriptor, line, offset)
                except OSError as error:
                    self._refused(segment, error)
                segment.tail = (n + 1, end)
                segment.unsettled = False
                if self._in_interval and self._worker is None:
                    self._start_worker()
            finally:
                self._inside = False
        if self._fsync:
            self._sync_to(segment, end)
        return _new_tuple(Position, (segment.index, n, offset))

    def append_many(self, members: Sequence[bytes]) -> list[Position]:
        """Append a batch with one write and one sync: all of it or, on failure and after a crash, nothing.

        Args:
            members: One entry per record, each as for :meth:`append`.

        Returns:
            Where the records stand, in their order.

        Raises:
            ValidationError: An entry cannot be a line; nothing was written.
            LifecycleError: As for :meth:`append`.
            StorageFullError: No space; nothing was written, and the same call works once there is some.
            ReadOnlyStoreError: The directory may not be written.
            StoreAccessError: The storage failed.
        """
        if not members:
            return []
        with self._lock:
            if self._inside:
                raise _busy()
            self._inside = True
            try:
                segment = self._ready()
                first, offset = segment.tail
                lines = [encode(n, record) for n, record in enumerate(members, first)]
                data = b"".join(lines)
                if offset + len(data) > self._room and first > 1:
                    segment = self._rotate(segment)
                    first, offset = segment.tail
                    lines = [encode(n, record) for n, record in enumerate(members, first)]
                    data = b"".join(lines)
                end = offset + len(data)
                self._write_batch(segment, data, offset)
                segment.tail = (first + len(lines), end)
                segment.unsettled = False
                if self._in_interval and self._worker is None:
                    self._start_worker()
            finally:
                self._inside = False
        if self._fsync:
            self._sync_to(segment, end)
        offsets = accumulate(map(len, lines[:-1]), initial=offset)
        index = segment.index
        return [_new_tuple(Position, (index, n, start)) for n, start in enumerate(offsets, first)]

    def sync(self) -> None:
        """Bring everything appended so far to stable storage, whatever the mode.

        Raises:
            LifecycleError: A signal handler called while this thread was in an append (``log_writer_busy``).
            StoreAccessError: The storage failed, now or since the last call.
        """
        with self._lock:
            if self._inside:
                raise _busy()
            segment = self._segment
        if segment is not None:
            self._sync_to(segment, segment.tail[1])
        self._raise_late_failure()

    def close(self) -> None:
        """Seal the open segment and let go of it; a second call does nothing.

        Raises:
            LifecycleError: A signal handler called while this thread was in an append (``log_writer_busy``).
            StoreAccessError: What was appended could not be synced.  The writer is closed all the same.
        """
        with self._lock:
            if self._inside:
                raise _busy()
            if self._closed and not self._held:
                return
            self._closed = True
            self._finish()
            self._tidy_up()
            self._raise_late_failure()

    def seal_open_segment(self) -> None:
        """Seal what is open without closing the writer; the next append opens the next segment.

        Raises:
            StoreAccessError: What was appended could not be synced.
        """
        with self._lock:
            if not self._inside and not self._closed:
                self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # Nothing would be lost without it, but the lock of a forgotten writer would say "alive".
        if not getattr(self, "_closed", True):
            with suppress(Exception):
                self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<LogWriter {self._writer_id} of {str(self._directory)!r}, {self._durability}, {state}>"


def _busy() -> LifecycleError:
    """Build the error for a call from a signal handler in the middle of an append."""
    return LifecycleError(
        "The log was to be written from a signal handler that interrupted an append of the same writer."
        " Set a flag in the handler and write after it returned, or repeat the call.",
        code="log_writer_busy",
        retryable=True,
    )


_writers: weakref.WeakSet[LogWriter] = weakref.WeakSet()


def _seal_at_exit() -> None:
    """Seal the segments of writers that nobody closed."""
    for writer in list(_writers):
        with suppress(ContextaError, OSError):
            writer.seal_open_segment()


atexit.register(_seal_at_exit)

"""The writer of a segment log: one descriptor, one write per call, and an honest answer."""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

from contexta.errors import ContextaError, LifecycleError, StorageFullError, StoreAccessError
from contexta.log import filesystem, forks
from contexta.log.durability import BackgroundSync, Durability
from contexta.log.failures import write_failure
from contexta.log.frame import encode
from contexta.log.identity import new_writer_id
from contexta.log.open_segment import OpenSegment, remove_leftovers

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

# Kept free in every segment, so that its seal does not take it over the limit.
_SEAL_ROOM_BYTES = 160


class LogWriter:
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
        self._directory = Path(directory)
        self._durability = Durability(durability)
        # Looked up for every record: an enum's member costs more than an attribute.
        self._fsync = self._durability is Durability.FSYNC
        self._in_interval = self._durability is Durability.INTERVAL
        self._room = max_segment_bytes - _SEAL_ROOM_BYTES
        self._interval_seconds = interval_seconds
        self._closed = False
        self._begin()
        _writers.add(self)
        forks.register(self)

    def _begin(self) -> None:
        """Take the state of a writer that has written nothing."""
        self._writer_id = new_writer_id()
        # Order of locking: write lock, then sync lock; who holds the sync lock alone never takes the write lock.
        # Reentrant, so that an append from a signal handler gets an answer instead of a deadlock.
        self._lock = threading.RLock()
        self._sync_lock = threading.RLock()
        self._inside = False
        self._segment: OpenSegment | None = None
        self._previous: tuple[str, str | None] | None = None
        self._next_index = 0
        self._names: dict[int, str] = {}
        self._last_created = 0
        self._worker: BackgroundSync | None = None

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
        """
        return self._names[index]

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

    def close(self) -> None:
        """Seal the open segment and let go of it; a second call does nothing.

        Raises:
            LifecycleError: A signal handler called while this thread was in an append (``log_writer_busy``).
            StoreAccessError: What was appended could not be synced.  The writer is closed all the same.
        """
        with self._lock:
            if self._inside:
                raise _busy()
            if self._closed:
                return
            self._closed = True
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

    # -- segments; the write lock is held -----------------------------------------------------------------------

    def _ready(self) -> OpenSegment:
        """Return a segment that can be appended to, opening one if need be."""
        if self._closed:
            raise LifecycleError(
                f"A record was to be appended to the log {self._directory}, but this writer is closed; open a new one.",
                code="log_writer_closed",
            )
        segment = self._segment
        if segment is None:
            return self._open_next(self._previous)
        if segment.failure is not None and not segment.reported:
            self._raise_failure(segment)
        if segment.failure is not None or not self._settle(segment):
            return self._give_up(segment)
        return segment if segment.seal_hash is None else self._rotate(segment)

    def _settle(self, segment: OpenSegment) -> bool:
        """Bring a segment back to its last whole line; return whether that worked."""
        if segment.unsettled:
            try:
                segment.settle()
            except OSError:
                return False
        return True

    def _refused(self, segment: OpenSegment, error: OSError) -> NoReturn:
        """Take back a write that failed, and raise."""
        self._settle(segment)
        raise write_failure(error, segment.path, "append to the log")

    def _write_batch(self, segment: OpenSegment, data: bytes, offset: int) -> None:
        """Write a batch so that it appears in one step: its first byte comes last."""
        segment.unsettled = True
        try:
            filesystem.write_all(segment.descriptor, data[1:], offset + 1)
            filesystem.write_all(segment.descriptor, data[:1], offset)
        except OSError as error:
            self._refused(segment, error)

    def _open_next(self, previous: tuple[str, str | None] | None) -> OpenSegment:
        """Create the next segment and make it the one that is written."""
        created = max(time.time_ns() // 1_000, self._last_created + 1)
        try:
            if self._next_index == 0:
                filesystem.create_private_directory(self._directory)
                remove_leftovers(self._directory)
            segment = OpenSegment.create(
                self._directory, self._writer_id, self._next_index, created, previous, synced=self._fsync
            )
        except OSError as error:
            raise write_failure(error, self._directory, "open a log segment") from error
        self._last_created = created
        self._names[self._next_index] = segment.name
        self._next_index += 1
        self._previous = previous
        self._segment = segment
        return segment

    def _rotate(self, segment: OpenSegment) -> OpenSegment:
        """Seal a segment and go on in the next one; the next is locked before this one is let go."""
        if segment.seal_hash is None:
            self._seal(segment)
        following = self._open_next((segment.name, segment.seal_hash))
        self._let_go(segment)
        return following

    def _seal(self, segment: OpenSegment) -> None:
        """Write and sync the seal."""
        try:
            segment.write_seal()
        except OSError as error:
            self._refused(segment, error)
        self._sync_to(segment, segment.tail[1])

    def _give_up(self, segment: OpenSegment) -> OpenSegment:
        """Go on in a new segment, leaving a failed one unsealed."""
        following = self._open_next((segment.name, None))
        self._let_go(segment)
        return following

    def _let_go(self, segment: OpenSegment) -> None:
        """Close a segment, under its sealed name if it has a seal."""
        with self._sync_lock:
            if segment.failure is None and segment.synced < segment.tail[1]:
                # Threads may still wait for what they wrote here.
                with suppress(StoreAccessError):
                    self._sync_to(segment, segment.tail[1])
            if segment.seal_hash is not None and segment.failure is None:
                # Sealed under its open name it reads the same; only a look at the name costs more.
                with suppress(OSError):
                    segment.rename_sealed()
            segment.release()

    def _finish(self) -> None:
        """Seal and let go of the segment that is written, so that the writer stands as if unopened."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
        segment, self._segment = self._segment, None
        if segment is None:
            return
        try:
            self._complete(segment)
        finally:
            if segment.tail[0] > 1:
                self._previous = (segment.name, segment.seal_hash)
            self._let_go(segment)

    def _complete(self, segment: OpenSegment) -> None:
        """Write what a segment needs before it is let go."""
        if segment.failure is not None:
            if not segment.reported:
                self._raise_failure(segment)
        elif not self._settle(segment):
            self._sync_to(segment, segment.tail[1])
        elif segment.tail[0] == 1:
            segment.remove()
            segment.synced = segment.tail[1]
        elif segment.seal_hash is None:
            try:
                self._seal(segment)
            except StorageFullError:
                # A log without a seal is whole; a full disk must not hide how the run ended.  What was appended
                # is still brought to stable storage, and that may fail.
                self._sync_to(segment, segment.tail[1])

    def seal_open_segment(self) -> None:
        """Seal what is open without closing the writer; the next append opens the next segment.

        Raises:
            StoreAccessError: What was appended could not be synced.
        """
        with self._lock:
            if not self._inside and not self._closed:
                self._finish()

    # -- stable storage -----------------------------------------------------------------------------------------

    def _sync_to(self, segment: OpenSegment, end: int) -> None:
        """Return when the segment is on stable storage up to ``end``; threads that wait share one sync."""
        with self._sync_lock:
            if segment.synced >= end:
                return
            if segment.failure is None:
                self._sync_now(segment)
            if segment.failure is not None:
                self._raise_failure(segment)

    def _sync_now(self, segment: OpenSegment) -> None:
        """Sync once; after a failure the segment is never written or synced again."""
        try:
            segment.sync()
        except OSError as error:
            segment.failure = write_failure(
                error, segment.path, "bring the log to stable storage", code="log_sync_failed"
            )

    def _raise_failure(self, segment: OpenSegment) -> NoReturn:
        """Raise a segment's failure, as a fresh error for every thread that waits."""
        failure = segment.failure
        assert failure is not None  # noqa: S101 - the callers looked
        segment.reported = True
        raise type(failure)(
            failure.message,
            code=failure.code,
            details=failure.details,
            retryable=failure.retryable,
            cause=failure.cause,
        )

    def _start_worker(self) -> None:
        """Start the background thread of the mode ``interval``; without threads, sync at once."""
        worker = BackgroundSync(weakref.ref(self), self._interval_seconds)
        self._worker = worker
        try:
            worker.start()
        except RuntimeError:
            self._worker = None
            segment = self._segment
            if segment is not None:
                self._sync_to(segment, segment.tail[1])

    def sync_in_background(self) -> bool:
        """Sync what is dirty; a failure is raised by the next call of the writer's user.

        Returns:
            Whether there was anything to sync.
        """
        with self._sync_lock:
            segment = self._segment
            if segment is None or segment.failure is not None or segment.synced >= segment.tail[1]:
                return False
            self._sync_now(segment)
            return True

    def leave_background(self, worker: BackgroundSync) -> bool:
        """Forget a background thread that ends itself.

        Returns:
            Whether records came in that it has not synced.
        """
        if self._worker is worker:
            self._worker = None
        segment = self._segment
        return segment is not None and segment.synced < segment.tail[1]

    # -- forks --------------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Stop the background thread and take both locks."""
        self._lock.acquire()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
        self._sync_lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Release the locks and see to it that what is dirty gets synced."""
        segment = self._segment
        dirty = segment is not None and segment.failure is None and segment.synced < segment.tail[1]
        if dirty and self._in_interval:
            with suppress(StoreAccessError):
                self._start_worker()
        self._sync_lock.release()
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Let go of the parent's segment and become another writer."""
        if self._segment is not None:
            self._segment.release()
        self._begin()


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

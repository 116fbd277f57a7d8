"""The segment that a writer writes: opened when needed, rotated, synced, given up after a failure, sealed."""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from contexta.errors import ContextaError, LifecycleError, StorageFullError, StoreAccessError
from contexta.log import filesystem
from contexta.log.durability import BackgroundSync, Durability, SyncTurn
from contexta.log.failures import write_failure
from contexta.log.identity import new_writer_id
from contexta.log.open_segment import OpenSegment, remove_leftovers

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SegmentOwner"]

# Kept free in every segment, so that its seal does not take it over the limit.
_SEAL_ROOM_BYTES = 160
# One writer in 36 has a token that ends so.  Looking for leftovers lists the directory, which costs short-lived
# processes more than everything else once there are thousands of segments; leftovers are rare, small and harmless.
_TIDY_WRITER = "0"
# Whoever wrote for longer than this does not feel a listing when it closes.
_LONG_LIFE_SECONDS = 60.0


class SegmentOwner:
    """What a writer has to do beside writing lines; the base of :class:`~contexta.log.writer.LogWriter`.

    Args:
        directory: The log's directory.
        durability: Where a record is when an append returns.
        max_segment_bytes: Size at which a segment is sealed.
        interval_seconds: Time between two background syncs, in seconds.
    """

    def __init__(
        self, directory: Path, durability: Durability, max_segment_bytes: int, interval_seconds: float
    ) -> None:
        self._directory = directory
        self._durability = durability
        # Looked up for every record: an enum's member costs more than an attribute.
        self._fsync = durability is Durability.FSYNC
        self._in_interval = durability is Durability.INTERVAL
        self._room = max_segment_bytes - _SEAL_ROOM_BYTES
        self._interval_seconds = interval_seconds
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        """Take the state of a writer that has written nothing."""
        self._writer_id = new_writer_id()
        self._began = time.monotonic()
        # Order of locking: write lock, then turn to sync; who has the turn alone never takes the write lock.
        # Reentrant, so that an append from a signal handler gets an answer instead of a deadlock.
        self._lock = threading.RLock()
        self._turn = SyncTurn()
        self._inside = False
        self._segment: OpenSegment | None = None
        # Every segment whose lock this writer has: the one that is written, and what is not let go of yet.
        self._held: list[OpenSegment] = []
        self._previous: tuple[str, str | None] | None = None
        self._next_index = 0
        self._names: dict[int, str] = {}
        self._last_created = 0
        self._worker: BackgroundSync | None = None
        self._late_failure: StoreAccessError | None = None
        self._turn_is_for_fork = False

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
        """Create the next segment, make it the one that is written, and let go of the one before it."""
        created = max(time.time_ns() // 1_000, self._last_created + 1)
        try:
            if self._next_index == 0:
                filesystem.create_private_directory(self._directory)
                if self._writer_id.endswith(_TIDY_WRITER):
                    remove_leftovers(self._directory)
            segment = OpenSegment.create(
                self._directory,
                self._writer_id,
                self._next_index,
                created,
                previous,
                self._held,
                synced=self._fsync,
            )
        except OSError as error:
            raise write_failure(error, self._directory, "open a log segment") from error
        self._last_created = created
        self._names[self._next_index] = segment.name
        self._next_index += 1
        self._previous = previous
        self._segment = segment
        self._let_go_of_others()
        return segment

    def _rotate(self, segment: OpenSegment) -> OpenSegment:
        """Seal a segment and go on in the next one; the next is locked before this one is let go."""
        if segment.seal_hash is None:
            self._seal(segment)
        return self._open_next((segment.name, segment.seal_hash))

    def _seal(self, segment: OpenSegment) -> None:
        """Write and sync the seal."""
        try:
            segment.write_seal()
        except OSError as error:
            self._refused(segment, error)
        self._sync_to(segment, segment.tail[1])

    def _give_up(self, segment: OpenSegment) -> OpenSegment:
        """Go on in a new segment, leaving a failed one unsealed."""
        return self._open_next((segment.name, None))

    def _let_go_of_others(self) -> None:
        """Let go of every segment but the one that is written."""
        for segment in list(self._held):
            if segment is not self._segment:
                self._turn.run(partial(self._let_go, segment))
                self._held = [held for held in self._held if held is not segment]

    def _let_go(self, segment: OpenSegment) -> None:
        """Close a segment, under its sealed name if it has a seal.  The turn to sync is taken."""
        if segment.descriptor >= 0 and segment.tail[0] == 1:
            segment.remove()
        elif segment.descriptor >= 0 and segment.failure is None:
            if segment.synced < segment.tail[1]:
                # Threads may still wait for what they wrote here; in the other modes the next sync tells.
                self._sync_now(segment)
                if segment.failure is not None and not self._fsync:
                    self._late_failure = segment.failure
            if segment.seal_hash is not None and segment.failure is None:
                # Sealed under its open name it reads the same; only a look at the name costs more.
                with suppress(OSError):
                    segment.rename_sealed()
        segment.release()

    def _raise_late_failure(self) -> None:
        """Raise what happened to a segment that was let go before anybody asked."""
        failure, self._late_failure = self._late_failure, None
        if failure is not None:
            raise failure

    def _finish(self) -> None:
        """Seal and let go of what is open, so that the writer stands as if unopened."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
        segment = self._segment
        try:
            if segment is not None:
                self._complete(segment)
        finally:
            if segment is not None and segment.tail[0] > 1:
                self._previous = (segment.name, segment.seal_hash)
            self._segment = None
            self._let_go_of_others()

    def _complete(self, segment: OpenSegment) -> None:
        """Write what a segment needs before it is let go."""
        if segment.failure is not None:
            if not segment.reported:
                self._raise_failure(segment)
        elif not self._settle(segment):
            self._sync_to(segment, segment.tail[1])
        elif segment.seal_hash is None and segment.tail[0] > 1:
            try:
                self._seal(segment)
            except StorageFullError:
                # A log without a seal is whole; a full disk must not hide how the run ended.  What was appended
                # is still brought to stable storage, and that may fail.
                self._sync_to(segment, segment.tail[1])

    def _tidy_up(self) -> None:
        """Seal what dead writers left; whatever goes wrong with that is no matter of this writer."""
        long_lived = time.monotonic() - self._began >= _LONG_LIFE_SECONDS
        if self._next_index and (long_lived or self._writer_id.endswith(_TIDY_WRITER)):
            from contexta.log.adoption import adopt_dead

            with suppress(ContextaError, OSError):
                adopt_dead(self._directory)

    # -- stable storage -----------------------------------------------------------------------------------------

    def _sync_to(self, segment: OpenSegment, end: int) -> None:
        """Return when the segment is on stable storage up to ``end``; threads that wait share one sync."""
        self._turn.run(partial(self._sync_or_raise, segment), lambda: segment.synced >= end)

    def _sync_or_raise(self, segment: OpenSegment) -> None:
        """Sync once, or raise why nobody may."""
        if segment.failure is None and segment.descriptor >= 0:
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
        except BaseException:
            # An interrupt: whether the thread runs is not known, so it is not counted on.
            self._worker = None
            worker.ask_to_stop()
            raise

    def sync_in_background(self) -> bool:
        """Sync what is dirty; a failure is raised by the next call of the writer's user.

        Returns:
            Whether there was anything to sync.
        """
        segment = self._segment
        if segment is None or segment.failure is not None or segment.synced >= segment.tail[1]:
            return False
        self._turn.run(partial(self._sync_if_open, segment))
        return True

    def _sync_if_open(self, segment: OpenSegment) -> None:
        """Sync unless the segment was let go meanwhile, which syncs too."""
        if segment.failure is None and segment.descriptor >= 0:
            self._sync_now(segment)

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
        self._turn_is_for_fork = not self._turn.is_mine()
        if self._turn_is_for_fork:
            self._turn.take(threading.get_ident())

    def after_fork_in_parent(self) -> None:
        """Release the locks and see to it that what is dirty gets synced."""
        segment = self._segment
        dirty = segment is not None and segment.failure is None and segment.synced < segment.tail[1]
        if dirty and self._in_interval:
            with suppress(StoreAccessError):
                self._start_worker()
        if self._turn_is_for_fork:
            self._turn.leave()
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Let go of the parent's segment and become another writer."""
        for segment in self._held:
            segment.release()
        self._begin()

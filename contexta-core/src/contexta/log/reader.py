"""Reading a log while it is written, and past whatever is damaged."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.errors import SchemaVersionError
from contexta.log.chunks import START, Chunk, ChunkSource, Cursor
from contexta.log.failures import read_failure
from contexta.log.holding import hold_segments
from contexta.log.liveness import Liveness, LockState, judge, probe, read_header
from contexta.log.names import OPEN_SUFFIX
from contexta.log.segments import Segment, list_names, look_at, open_for_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from contexta.log.damage import Damage
    from contexta.log.identity import SegmentHeader
    from contexta.log.names import FileName

__all__ = ["START", "Chunk", "Cursor", "LogReader", "Segment"]

# A listing taken while a writer rotates may miss its new segment; a verdict of death needs two that agree.
_LIVENESS_ATTEMPTS = 8
_BLOCK_BYTES = 8 * 1_048_576


class LogReader:
    """Reads the segments of one directory; any number of readers work beside any number of writers.

    A reader holds no file open between calls, writes nothing, and makes nobody wait.

    Args:
        directory: The log's directory; it may be missing.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = Path(directory)
        # Sealed segments do not change, so they are looked at once; an open one whose writer died stays as it is.
        self._sealed: dict[str, Segment] = {}
        self._over: set[str] = set()
        # What each segment of a compaction says that it replaces; looked at once.
        self._replaced: dict[str, frozenset[str]] = {}

    @property
    def directory(self) -> Path:
        """The log's directory."""
        return self._directory

    def hold(self) -> AbstractContextManager[None]:
        """Keep what is listed from being removed by a compaction until it is read.

        Whoever reads more than one segment lists them and reads them within ``with reader.hold():``; segments that
        were replaced meanwhile stay readable, and no writer waits.

        Returns:
            The context.
        """
        return hold_segments(self._directory)

    def segments(self) -> list[Segment]:
        """List the segments by name, that is by the time of their creation; none when the directory is missing.

        Segments that a compaction has replaced are left out, also where they are not removed yet.

        Raises:
            StoreAccessError: The directory cannot be read.
        """
        names = list_names(self._directory)
        for name in self._replaced_among(names):
            names.pop(name, None)
        known = self._sealed
        found = [known.get(name) or look_at(self._directory, parts) for name, parts in names.items()]
        segments = [segment for segment in found if segment is not None]
        self._sealed = {segment.name: segment for segment in segments if segment.sealed}
        return segments

    def read(self, segment: Segment, cursor: Cursor = START, *, max_bytes: int | None = None) -> Chunk:
        """Read a segment's lines from a cursor on, skipping and reporting what is damaged.

        An incomplete last line of a writer that lives, or may live, is no damage: the cursor stays before it.

        Args:
            segment: The segment; that it was sealed or removed since it was listed does not matter.
            cursor: Where to begin.
            max_bytes: Stop after about this many bytes, at the end of a line; ``None`` reads to the end.

        Returns:
            The lines, the next cursor, and the damages between.

        Raises:
            StoreAccessError: The file cannot be read.
            SchemaVersionError: The segment has a format of another major version.
        """
        return self._read(segment, cursor, max_bytes, strict=False)

    def blocks(self, segment: Segment) -> Iterator[Chunk]:
        """Read a whole segment strictly, in blocks of bounded size: every damage that is there now is reported.

        Args:
            segment: The segment.

        Yields:
            The chunks, in their order.

        Raises:
            StoreAccessError: The file cannot be read.
            SchemaVersionError: The segment has a format of another major version.
        """
        cursor = START
        while True:
            chunk = self._read(segment, cursor, _BLOCK_BYTES, strict=True)
            yield chunk
            if chunk.finished or chunk.cursor == cursor:
                return
            cursor = chunk.cursor

    def verify(self) -> list[Damage]:
        """Read everything and check all that can be checked: lines, order, headers, seals, and the chain.

        Returns:
            The damages, by segment and place; none when the log is whole.

        Raises:
            StoreAccessError: A file cannot be read.
            SchemaVersionError: A segment has a format of another major version.
        """
        from contexta.log.verify import verify_log

        return verify_log(self)

    def liveness(self, writer_id: str) -> Liveness:
        """Tell whether a writer lives.

        Args:
            writer_id: The writer's token.

        Returns:
            The verdict; ``dead`` for a writer without an open segment: it sealed its last one, or never wrote.

        Raises:
            StoreAccessError: The directory cannot be read.
        """
        return self._verdicts(writer_id).get(writer_id, Liveness.DEAD)

    def writers_alive(self) -> dict[str, Liveness]:
        """Tell of every writer in the log whether it lives.

        Raises:
            StoreAccessError: The directory cannot be read.
        """
        return self._verdicts(None)

    def header(self, segment: Segment) -> SegmentHeader | None:
        """Read a segment's header: who wrote it, where and when.

        Args:
            segment: The segment.

        Returns:
            The header, or ``None`` when it is damaged or the segment is gone.

        Raises:
            SchemaVersionError: The segment has a format of another major version.
        """
        return read_header(segment.path) or read_header(segment.path.with_suffix(".seg"))

    def _read(self, segment: Segment, cursor: Cursor, max_bytes: int | None, *, strict: bool) -> Chunk:
        """Read a chunk, and again if the writer turns out to be dead."""
        opened = open_for_reading(segment)
        if opened is None:
            return Chunk([], cursor, finished=True, gone=True)
        descriptor, sealed = opened
        try:
            over = segment.name in self._over
            chunk = ChunkSource(descriptor, segment.name, sealed, over, strict).read(cursor, max_bytes)
            # The writer may have finished the line between the read and its death, so the verdict comes first.
            if chunk.incomplete and self._is_over(segment):
                chunk = ChunkSource(descriptor, segment.name, sealed, over=True, strict=strict).read(
                    cursor, max_bytes
                )
        except OSError as error:
            raise read_failure(error, segment.path, "read a log segment") from error
        finally:
            os.close(descriptor)
        return chunk

    def _replaced_among(self, names: Mapping[str, FileName]) -> set[str]:
        """Return the names of segments that others among these replace."""
        found: dict[str, frozenset[str]] = {}
        for name, parts in names.items():
            if parts.compacted:
                known = self._replaced.get(name)
                found[name] = _replaced_by(self._directory / f"{name}.seg") if known is None else known
        self._replaced = found
        return set().union(*found.values())

    def _is_over(self, segment: Segment) -> bool:
        """Whether nobody will write this open segment any more."""
        lock = probe(segment.path)
        if lock in {LockState.GONE, LockState.HELD}:
            return False
        if judge(lock, read_header(segment.path)) is not Liveness.DEAD:
            return False
        self._over.add(segment.name)
        return True

    # -- liveness -----------------------------------------------------------------------------------------------

    def _verdicts(self, writer_id: str | None) -> dict[str, Liveness]:
        """Judge one writer or all, again for those that rotated meanwhile."""
        verdicts: dict[str, Liveness] = {}
        names = self._by_writer(writer_id)
        for _ in range(_LIVENESS_ATTEMPTS):
            for writer, files in names.items():
                verdicts[writer] = self._judge_writer(files)
            doubtful = {writer for writer in names if verdicts[writer] is not Liveness.ALIVE}
            if not doubtful:
                break
            again = self._by_writer(writer_id)
            names = {writer: files for writer, files in again.items() if files != names.get(writer)}
            if not names:
                break
        return verdicts

    def _by_writer(self, writer_id: str | None) -> dict[str, list[FileName]]:
        """List the segments of one writer or of all, by writer."""
        writers: dict[str, list[FileName]] = {}
        for found in list_names(self._directory).values():
            if writer_id is None or found.writer == writer_id:
                writers.setdefault(found.writer, []).append(found)
        return writers

    def _judge_writer(self, files: Iterable[FileName]) -> Liveness:
        """Judge a writer by its open segments."""
        verdict = Liveness.DEAD
        # The newest first: it is the one that a living writer holds.
        for found in sorted(files, key=lambda file: file.ordinal, reverse=True):
            if found.sealed or found.name in self._over:
                continue
            path = self._directory / f"{found.name}{OPEN_SUFFIX}"
            lock = probe(path)
            if lock is LockState.HELD:
                return Liveness.ALIVE
            if lock is not LockState.GONE and judge(lock, read_header(path)) is not Liveness.DEAD:
                verdict = Liveness.UNKNOWN
        return verdict


def _replaced_by(path: Path) -> frozenset[str]:
    """Return the names of the segments that a segment says it replaces; none where it cannot be told."""
    header = None
    # Whoever reads the segment is told of its format.
    with suppress(SchemaVersionError):
        header = read_header(path)
    return frozenset() if header is None else frozenset(name for name, _ in header.replaces)

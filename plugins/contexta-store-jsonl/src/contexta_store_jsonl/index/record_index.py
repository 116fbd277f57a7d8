"""The index of one store: which parts count, and when the next one is due."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from contexta.errors import ContextaError
from contexta.log import filesystem
from contexta.log.reader import START
from contexta_store_jsonl.index.directory import IndexDirectory
from contexta_store_jsonl.index.gathering import gather, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import duckdb

    from contexta.log import LogReader
    from contexta.log.reader import Cursor
    from contexta.log.segments import Segment
    from contexta_store_jsonl.folding import SeriesPart
    from contexta_store_jsonl.index.directory import PartFile
    from contexta_store_jsonl.index.gathering import FileState, Piece
    from contexta_store_jsonl.index.part import CoveredRun, CoveredStretch, Part

__all__ = ["DamagedPartError", "RecordIndex"]

_Answer = TypeVar("_Answer")

#: With so many bytes that no part covers, the next part is due; reading them takes a tenth of a second.
DUE_BYTES = 4 * 1_048_576
#: What one part takes in at most, so that building needs no more memory for a large store.
_BATCH_BYTES = 512 * 1_048_576
#: Of an open segment less than this waits for more.
_LEAST_BYTES = 65_536
#: A new part takes over the parts that are at most so many times as large as itself, so their number stays small.
_TIER = 3
#: Parts beyond this number are taken over whatever their size, while they fit into one.
_MOST_PARTS = 8
#: Series whose sums are kept in memory.
_KEPT_SERIES = 100_000
_KEPT_RUNS = 64

SeriesKey = tuple[str, str | None, str]


class DamagedPartError(Exception):
    """A part could not be read and no longer counts: ask again.  Never leaves this package."""


class RecordIndex:
    """The index beside the segments of a store; derived, and never needed to be correct.

    Not safe for threads: its owner has a lock.

    Args:
        directory: Where its files are; None for a store without an index.
        reader: The log.
        may_build: Whether parts may be built, or only read.
    """

    def __init__(self, directory: Path | None, reader: LogReader, *, may_build: bool) -> None:
        self._enabled = directory is not None
        self._directory = IndexDirectory(directory or reader.directory)
        self._reader = reader
        self._may_build = may_build
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._attached: dict[PartFile, Part] = {}
        self._unusable: set[Path] = set()
        self._pause_until = 0
        self._forget()

    def _forget(self) -> None:
        self.parts: list[Part] = []
        #: What is behind the covered lines of a segment.
        self.covered: dict[str, Cursor] = {}
        #: Sealed segments that are covered to the end.
        self.complete: dict[str, FileState] = {}
        self._refused: dict[str, FileState] = {}
        self.contested: frozenset[str] = frozenset()
        self._by_key: dict[str, dict[SeriesKey, SeriesPart]] = {}
        self._by_run: dict[str, dict[SeriesKey, SeriesPart]] = {}

    # -- which parts count --------------------------------------------------------------------------------------

    def select(self, segments: Sequence[Segment]) -> None:
        """Take the parts that are there and count for the segments that are there.

        Args:
            segments: All segments of the log.
        """
        self._forget()
        if not self._enabled:
            return
        files = self._directory.parts()
        self._attach(files)
        if not self._attached:
            return
        by_name = {segment.name: segment for segment in segments}
        states: dict[str, FileState | None] = {}
        candidates: dict[str, dict[int, list[tuple[Part, CoveredStretch]]]] = {}
        for file in files:
            part = self._attached.get(file)
            for stretch in part.stretches.values() if part is not None else ():
                segment = by_name.get(stretch.segment)
                if segment is not None and self._is_current(segment, stretch, states):
                    starts = candidates.setdefault(stretch.segment, {})
                    starts.setdefault(stretch.start.offset, []).append((part, stretch))  # type: ignore[arg-type]
        for part in self._attached.values():
            part.live = []
        for name, starts in candidates.items():
            self._chain(name, starts)
        self.parts = [part for part in self._attached.values() if part.live]
        self.contested = frozenset().union(*(part.contested for part in self.parts))
        for part in self._attached.values():
            for name, state in part.refused.items():
                segment = by_name.get(name)
                if segment is not None and segment.sealed and _state(segment, states) == state:
                    self._refused[name] = state

    def _is_current(
        self, segment: Segment, stretch: CoveredStretch, states: dict[str, FileState | None]
    ) -> bool:
        """Whether a segment still holds what a stretch was read from."""
        if stretch.state is None:
            return stretch.end.offset <= segment.size
        return segment.sealed and _state(segment, states) == stretch.state

    def _chain(self, name: str, starts: dict[int, list[tuple[Part, CoveredStretch]]]) -> None:
        """Follow the stretches of a segment from its beginning without a gap, the newest part first."""
        place = 0
        while place in starts:
            part, stretch = starts.pop(place)[0]
            part.live.append(stretch.number)
            self.covered[name] = stretch.end
            if stretch.state is not None:
                self.complete[name] = stretch.state
            place = stretch.end.offset

    def _attach(self, files: Sequence[PartFile]) -> None:
        """Attach what is new and detach what is no longer there."""
        wanted = [file for file in files if file.path not in self._unusable]
        for file in [file for file in self._attached if file not in wanted]:
            del self._attached[file]
            if self._connection is not None:
                with suppress(Exception):
                    self._connection.execute(f"DETACH {file.alias}")
        missing = [file for file in wanted if file not in self._attached]
        if not missing:
            return
        import duckdb

        from contexta_store_jsonl.index.layout import quoted
        from contexta_store_jsonl.index.part import Part

        try:
            connection = self._open()
        except duckdb.Error as error:
            _warn("The index in %s cannot be read: %s", self._directory.path, error)
            return
        for file in missing:
            try:
                connection.execute(f"ATTACH {quoted(str(file.path))} AS {file.alias} (READ_ONLY)")
                self._attached[file] = Part(connection, file)
            except (duckdb.Error, ValueError, TypeError) as error:
                self._give_up(file, error)

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            from contexta_store_jsonl.index.layout import connect, quoted

            connection = connect(":memory:", threads=1)
            # A workspace may come from anybody: a view in the place of a table must not read the reader's own files.
            connection.execute(f"SET allowed_directories = [{quoted(str(self._directory.path))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            self._connection = connection
        return self._connection

    def _give_up(self, file: PartFile, error: BaseException) -> None:
        if file.path.exists():
            _warn("The index file %s is damaged and will be built again: %s", file.path, error)
        self._unusable.add(file.path)
        self._attached.pop(file, None)

    def release(self) -> None:
        """Let go of all files."""
        connection, self._connection = self._connection, None
        self._attached = {}
        self._forget()
        if connection is not None:
            connection.close()

    def abandon(self) -> bool:
        """Forget all files without touching them: in a forked child they are the parent's; return whether any were open."""
        if self._connection is None:
            return False
        _abandoned.append(self._connection)
        self._connection = None
        self._attached = {}
        self._forget()
        return True

    # -- building -----------------------------------------------------------------------------------------------

    def advance(self, segments: Sequence[Segment]) -> bool:
        """Take over new parts, or build one, when much is not covered.

        Args:
            segments: All segments of the log.

        Returns:
            Whether what is covered has changed.
        """
        if not self._enabled or self._behind(segments) < max(DUE_BYTES, self._pause_until):
            return False
        before = dict(self.covered)
        if {file.path for file in self._directory.parts()} - self._unusable != {
            file.path for file in self._attached
        }:
            self.select(segments)
        if self._may_build:
            try:
                self._build(segments)
            except Exception as error:  # noqa: BLE001 - the index is a shortcut: no failure of it may fail an answer
                _warn("The index in %s could not be built: %s", self._directory.path, error)
                # What fails once, for want of space or rights, is not tried again with every question.
                self._pause_until = self._behind(segments) + DUE_BYTES
                self.select(segments)
        return self.covered != before

    def _behind(self, segments: Iterable[Segment]) -> int:
        """Return the number of bytes that no part covers and one could."""
        total = 0
        for segment in segments:
            if segment.name in self.complete or segment.name in self._refused:
                continue
            left = segment.size - self.covered.get(segment.name, START).offset
            if segment.sealed or left >= _LEAST_BYTES:
                total += left
        return total

    def _build(self, segments: Sequence[Segment]) -> None:
        """Build until nothing that is due is left, unless another process is at it."""
        with self._directory.building() as ours:
            if not ours:
                return
            # What was published since is taken as it is: building goes on from there.
            self.select(segments)
            while self._behind(segments) >= DUE_BYTES:
                known, refused = dict(self.covered), dict(self._refused)
                self._build_one(segments)
                self.select(segments)
                if self.covered == known and self._refused == refused:
                    # Open segments with damage: nothing more can be covered.
                    self._pause_until = self._behind(segments) + DUE_BYTES
                    break

    def _build_one(self, segments: Sequence[Segment]) -> None:
        from contexta_store_jsonl.index.building import OldPart, build

        pieces: list[Piece] = []
        refused = dict(self._refused)
        try:
            self._gather(segments, pieces, refused)
            replaced = self._outgrown(sum(piece.end.offset - piece.start.offset for piece in pieces))
            beside = [part for part in self.parts if part not in replaced]
            self._directory.publish(
                lambda path: build(
                    path,
                    pieces,
                    replaced=[OldPart(part.file.path, part.live) for part in replaced],
                    beside=[OldPart(part.file.path, part.live) for part in beside],
                    refused=refused,
                ),
                [
                    *(part.file.path for part in self._attached.values() if part not in beside),
                    *self._unusable,
                ],
            )
        finally:
            for piece in pieces:
                if piece.excerpt:
                    filesystem.remove_file(piece.path)

    def _gather(
        self, segments: Sequence[Segment], pieces: list[Piece], refused: dict[str, FileState]
    ) -> None:
        """Collect what is not covered, up to a batch."""
        size = 0
        for segment in segments:
            start = self.covered.get(segment.name, START)
            left = segment.size - start.offset
            if segment.name in self.complete or segment.name in refused:
                continue
            if left < _LEAST_BYTES and not segment.sealed:
                continue
            if size and size + left > _BATCH_BYTES:
                break
            state = state_of(segment) if segment.sealed else None
            with suppress(ContextaError):
                piece = gather(self._reader, segment, start, self._directory.scratch())
                if piece is not None and piece.end.offset > start.offset:
                    pieces.append(piece)
                    size += piece.end.offset - start.offset
                elif state is not None:
                    refused[segment.name] = state

    def _outgrown(self, size: int) -> list[Part]:
        """Return the parts that a new one of a size takes over."""
        replaced: list[Part] = []
        waiting = sorted(self.parts, key=lambda part: part.live_bytes)
        while waiting and size + waiting[0].live_bytes <= _BATCH_BYTES:
            smallest = waiting[0]
            few = len(waiting) < _MOST_PARTS
            if (
                few
                and smallest.live_bytes > _TIER * size
                and len(smallest.live) * 2 > len(smallest.stretches)
            ):
                break
            size += smallest.live_bytes
            replaced.append(waiting.pop(0))
        return replaced

    # -- questions ----------------------------------------------------------------------------------------------

    def ask(self, question: Callable[[Part], _Answer]) -> list[_Answer]:
        """Ask every part that counts.

        Raises:
            DamagedPartError: One of them could not be read.
        """
        if not self.parts:
            return []
        import duckdb

        answers = []
        for part in self.parts:
            try:
                answers.append(question(part))
            except (duckdb.Error, ContextaError, ValueError, TypeError, KeyError) as error:
                self._give_up(part.file, error)
                if isinstance(error, duckdb.FatalException | duckdb.InternalException):
                    self.release()
                raise DamagedPartError(str(part.file.path)) from error
        return answers

    def extents(self, runs: Sequence[str]) -> dict[str, CoveredRun]:
        """Return where the records of some runs are, by run; runs without records are absent."""
        found: dict[str, CoveredRun] = {}
        for rows in self.ask(lambda part: list(part.extents(runs))):
            for run, extent in rows:
                found.setdefault(run, []).append(extent)
        return found

    def keys(self, runs: Sequence[str] | None) -> set[str]:
        """Return the keys of the metrics of some runs; None for all."""
        return set().union(*self.ask(lambda part: part.keys(runs)))

    def holds_any(self, run: str, segments: Iterable[str], ids: Iterable[str]) -> bool:
        """Whether some segments hold one of some identifiers of a run."""
        return any(self.ask(lambda part: part.holds_any(run, segments, ids)))

    def summaries_of_keys(self, keys: Sequence[str]) -> list[dict[SeriesKey, SeriesPart]]:
        """Return what is known of all series of some keys, for each key; what was asked before is kept."""
        found = {key: self._by_key.pop(key, None) for key in keys}
        missing = {key: dict[SeriesKey, "SeriesPart"]() for key, known in found.items() if known is None}
        if missing:
            for identity, part in self._join(None, list(missing)).items():
                missing[identity[2]][identity] = part
        answer = [known if known is not None else missing[key] for key, known in found.items()]
        # The last used last.
        self._by_key.update(zip(found, answer, strict=True))
        while len(self._by_key) > 1 and sum(map(len, self._by_key.values())) > _KEPT_SERIES:
            del self._by_key[next(iter(self._by_key))]
        return answer

    def summaries_of_run(self, run: str) -> dict[SeriesKey, SeriesPart]:
        """Return what is known of all series of a run; what was asked lately is kept."""
        found = self._by_run.pop(run, None)
        if found is None:
            found = self._join([run], None)
        self._by_run[run] = found
        if len(self._by_run) > _KEPT_RUNS:
            del self._by_run[next(iter(self._by_run))]
        return found

    def summaries(
        self, runs: Sequence[str] | None, keys: Sequence[str] | None
    ) -> dict[SeriesKey, SeriesPart]:
        """Return what is known of the series of runs and keys; None for all."""
        return self._join(runs, keys)

    def _join(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> dict[SeriesKey, SeriesPart]:
        joined: dict[SeriesKey, SeriesPart] = {}
        for rows in self.ask(lambda part: list(part.summaries(runs, keys))):
            for identity, part in rows:
                known = joined.get(identity)
                if known is None:
                    joined[identity] = part
                else:
                    known.join(part)
        return joined


#: Connections of a parent process: closing them in its child would wait for threads that are not there.
_abandoned: list[object] = []


def _state(segment: Segment, states: dict[str, FileState | None]) -> FileState | None:
    if segment.name not in states:
        states[segment.name] = state_of(segment)
    return states[segment.name]


def _warn(message: str, *arguments: object) -> None:
    """Log a warning; nobody pays for the logging package where there is nothing to say."""
    import logging

    logging.getLogger(__name__).warning(message, *arguments)

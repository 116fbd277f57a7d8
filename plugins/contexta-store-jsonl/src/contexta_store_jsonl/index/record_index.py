"""The index of one store: the parts that count, the questions to them, and when the next part is built."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from contexta_store_jsonl.index import coverage as covering
from contexta_store_jsonl.index.attachments import Attachments
from contexta_store_jsonl.index.coverage import Coverage
from contexta_store_jsonl.index.directory import IndexDirectory
from contexta_store_jsonl.index.summary_memory import SummaryMemory
from contexta_store_jsonl.index.upkeep import Upkeep
from contexta_store_jsonl.index.warning import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from contexta.log import LogReader
    from contexta.log.segments import Segment
    from contexta_store_jsonl.index.part import CoveredRun, Part

__all__ = ["DamagedPartError", "RecordIndex"]

_Answer = TypeVar("_Answer")

#: After so many parts that could not be read something else is wrong than these files.
_MOST_FAILURES = 4


class DamagedPartError(Exception):
    """A part could not be read and no longer counts: ask again.  Never leaves this package."""


class RecordIndex:
    """The index beside the segments of a store; derived, and never needed to be correct.

    Not safe for threads: its owner has a lock.

    Args:
        directory: Where its files are; None for a store without an index.
        reader: The log.
        may_build: Whether parts may be built, or only read.

    Attributes:
        coverage: What it covers.
        summaries: The sums of the series that it covers.
    """

    def __init__(self, directory: Path | None, reader: LogReader, *, may_build: bool) -> None:
        self._enabled = directory is not None
        self._may_build = may_build
        self._directory = IndexDirectory(directory or reader.directory)
        self._attachments = Attachments(self._directory)
        self._upkeep = Upkeep(self._directory, reader)
        self._pause_until = 0
        self._failures = 0
        self.coverage = Coverage()
        self.summaries = SummaryMemory(
            lambda runs, keys: self.ask(lambda part: list(part.summaries(runs, keys)), runs)
        )

    # -- which parts count --------------------------------------------------------------------------------------

    def select(self, segments: Sequence[Segment]) -> None:
        """Take the parts that are there and count for the segments that are there.

        Args:
            segments: All segments of the log.
        """
        self.summaries.forget()
        self.coverage = Coverage(self._attachments.refresh(), segments) if self._enabled else Coverage()

    def release(self) -> None:
        """Let go of all files."""
        self._attachments.release()
        self._forget()

    def abandon(self) -> bool:
        """Forget all files without touching them, in a forked child; return whether any were open."""
        if not self._attachments.abandon():
            return False
        self._forget()
        return True

    def _forget(self) -> None:
        self.summaries.forget()
        self.coverage = Coverage()

    # -- building -----------------------------------------------------------------------------------------------

    def advance(self, segments: Sequence[Segment]) -> bool:
        """Take over new parts, or build one, when much is not covered.

        Args:
            segments: All segments of the log.

        Returns:
            Whether what is covered has changed.
        """
        due = max(covering.DUE_BYTES, self._pause_until)
        if not self._enabled or self.coverage.behind(segments) < due:
            return False
        before = self.coverage.covered
        if self._attachments.differ():
            self.select(segments)
        if self._may_build:
            try:
                with self._directory.building() as ours:
                    if ours:
                        self._build(segments, covering.DUE_BYTES, None)
            except Exception as error:  # noqa: BLE001 - the index is a shortcut: no failure of it may fail an answer
                warn("The index in %s could not be built: %s", self._directory.path, error)
                # What fails once, for want of space or rights, is not tried again with every question.
                self._pause(segments)
                self.select(segments)
        return self.coverage.covered != before

    def rebuild(self, segments: Sequence[Segment], *, patience_seconds: float) -> bool:
        """Build the index anew, so that it covers all that it can.

        Args:
            segments: All segments of the log.
            patience_seconds: How long to wait for another process that builds.

        Returns:
            Whether it was done: not while another process builds, nor where nothing is to be kept or there are no locks.

        Raises:
            OSError: There is no space, or the directory cannot be written.
            duckdb.Error: DuckDB failed, for want of space foremost.
        """
        if not self._enabled or not self._may_build:
            return False
        with self._directory.building(patience_seconds) as ours:
            if ours:
                self._attachments.release()
                self._directory.clear()
                self._build(segments, 1, 1)
            return ours

    def size(self) -> int:
        """Return how many bytes its files take."""
        return sum(file.size() for file in self._directory.parts()) if self._enabled else 0

    def _build(self, segments: Sequence[Segment], due: int, least: int | None) -> None:
        """Build until nothing that is due is left."""
        # What was published since is taken as it is: building goes on from there.
        self.select(segments)
        while self.coverage.behind(segments, least=least) >= due:
            before = self.coverage
            self._upkeep.build_one(segments, before, self._attachments, least=least)
            self.select(segments)
            if (self.coverage.covered, self.coverage.refused) == (before.covered, before.refused):
                # Open segments with damage: nothing more can be covered.
                self._pause(segments)
                break

    def _pause(self, segments: Sequence[Segment]) -> None:
        self._pause_until = self.coverage.behind(segments) + covering.DUE_BYTES

    # -- questions ----------------------------------------------------------------------------------------------

    def ask(self, question: Callable[[Part], _Answer], runs: Sequence[str] | None = None) -> list[_Answer]:
        """Ask every part that counts.

        Args:
            question: Asks one of them.
            runs: What the question is about, so that parts without any of it are left alone; None for everything.

        Raises:
            DamagedPartError: One of them could not be read.
        """
        if not self.coverage.parts:
            return []
        import duckdb

        from contexta_store_jsonl.index.part import UNREADABLE

        answers = []
        # The only part is asked outright.
        chosen = runs if len(self.coverage.parts) > 1 else None
        for part in self.coverage.parts:
            try:
                if chosen is not None and not part.may_hold(chosen):
                    continue
                answers.append(question(part))
            except (duckdb.Error, *UNREADABLE) as error:
                self._attachments.give_up(part.file, error)
                self._failures += 1
                if self._failures == _MOST_FAILURES:
                    warn("The index in %s is left alone by this process from now on", self._directory.path)
                    self._enabled = False
                raise DamagedPartError(str(part.file.path)) from error
        return answers

    def extents(self, runs: Sequence[str]) -> dict[str, CoveredRun]:
        """Return where the records of some runs are, by run; runs without records are absent."""
        found: dict[str, CoveredRun] = {}
        for rows in self.ask(lambda part: list(part.extents(runs)), runs):
            for run, extent in rows:
                found.setdefault(run, []).append(extent)
        return found

    def counts(self, runs: Sequence[str] | None) -> dict[str, Counter[str]]:
        """Return the number of records by run and type; None for all runs."""
        found: dict[str, Counter[str]] = {}
        for rows in self.ask(lambda part: list(part.counts(runs)), runs):
            for run, counts in rows:
                found.setdefault(run, Counter()).update(counts)
        return found

    def keys(self, runs: Sequence[str] | None) -> set[str]:
        """Return the keys of the metrics of some runs; None for all."""
        return set().union(*self.ask(lambda part: part.keys(runs), runs))

    def holds_any(self, run: str, segments: Iterable[str], ids: Iterable[str]) -> bool:
        """Whether some segments hold one of some identifiers of a run."""
        return any(self.ask(lambda part: part.holds_any(run, segments, ids), [run]))

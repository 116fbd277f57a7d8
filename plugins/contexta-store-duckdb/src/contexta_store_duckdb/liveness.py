"""Which writers are dead: asked as rarely as possible, remembered for ever where the answer is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log.liveness import Liveness, LockState, probe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from contexta_store_duckdb.tail import JournalTail

__all__ = ["LivenessMemory"]

#: So many writers are asked for one by one; with more, one look at all of them costs less than a listing for each.
_ASKED_SINGLY = 2


class LivenessMemory:
    """Remembers the dead for ever and the living for one question.

    Args:
        tail: Knows the segments that are not finished, and the log's reader.

    Attributes:
        found_dead: Whether a writer was found dead since the last :meth:`forget_living`.  What it wrote just before
            may not have been read yet, so the journal must be read once more before the answer holds.
    """

    def __init__(self, tail: JournalTail) -> None:
        self._tail = tail
        self._dead: set[str] = set()
        self.forget_living()

    def forget_living(self) -> None:
        """Begin a new question."""
        self._living: dict[str, Liveness] = {}
        self._open_paths: Mapping[str, Sequence[Path]] | None = None
        self._asked = 0
        self._everyone: Mapping[str, Liveness] | None = None
        self.found_dead = False

    def __call__(self, writer: str) -> Liveness:
        """Tell whether a writer, by its token, lives.

        Raises:
            StoreAccessError: The journal cannot be listed.
        """
        if writer in self._dead:
            return Liveness.DEAD
        verdict = self._living.get(writer)
        if verdict is None:
            verdict = self._living[writer] = self._ask(writer)
            if verdict is Liveness.DEAD:
                self._dead.add(writer)
                self.found_dead = True
        return verdict

    def _ask(self, writer: str) -> Liveness:
        # A held lock proves life at once; only what is not so clear is worth the listings of the whole journal.
        if self._open_paths is None:
            self._open_paths = self._tail.open_paths()
        if any(probe(path) is LockState.HELD for path in self._open_paths.get(writer, ())):
            return Liveness.ALIVE
        self._asked += 1
        if self._asked <= _ASKED_SINGLY:
            return self._tail.reader.liveness(writer)
        if self._everyone is None:
            self._everyone = self._tail.reader.writers_alive()
        # As LogReader.liveness: who has no segment at all cannot write to one.
        return self._everyone.get(writer, Liveness.DEAD)

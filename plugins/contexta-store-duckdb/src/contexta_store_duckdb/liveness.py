"""Which writers are dead: asked as rarely as possible, remembered for ever where the answer is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log.liveness import Liveness, LockState, probe

if TYPE_CHECKING:
    from contexta_store_duckdb.tail import JournalTail

__all__ = ["LivenessMemory"]


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
        self._living: dict[str, Liveness] = {}
        self.found_dead = False

    def forget_living(self) -> None:
        """Begin a new question."""
        self._living.clear()
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
        if any(probe(path) is LockState.HELD for path in self._tail.open_paths(writer)):
            return Liveness.ALIVE
        return self._tail.reader.liveness(writer)

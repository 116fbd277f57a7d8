"""What parts of the index say of series, joined, and kept for the next question."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contexta_store_jsonl.folding import SeriesPart

__all__ = ["SeriesKey", "SummaryMemory"]

#: Series whose sums are kept in memory by key, and runs by run.
_KEPT_SERIES = 100_000
_KEPT_RUNS = 64

#: Run, stage and key.
SeriesKey = tuple[str, str | None, str]
_Rows = list[tuple[SeriesKey, "SeriesPart"]]
_Question = tuple[tuple[str, ...] | None, tuple[str, ...] | None]


class SummaryMemory:
    """The sums of series, remembered while the same parts count.

    Args:
        ask: Asks every part for the sums of runs and keys; None for all.
    """

    def __init__(self, ask: Callable[[Sequence[str] | None, Sequence[str] | None], Iterable[_Rows]]) -> None:
        self._ask = ask
        # The last used last.
        self._by_key: dict[str, dict[SeriesKey, SeriesPart]] = {}
        self._by_run: dict[str, dict[SeriesKey, SeriesPart]] = {}
        # The last question about many runs that neither of these answers, with its answer.
        self._last: tuple[_Question, dict[SeriesKey, SeriesPart]] | None = None

    def forget(self) -> None:
        """Forget everything: other parts count now."""
        self._by_key.clear()
        self._by_run.clear()
        self._last = None

    def knows(self, keys: Sequence[str]) -> bool:
        """Whether the sums of all series of some keys are remembered."""
        return all(key in self._by_key for key in keys)

    def of_keys(self, keys: Sequence[str]) -> list[dict[SeriesKey, SeriesPart]]:
        """Return what is known of all series of some keys, for each key."""
        found = {key: self._by_key.pop(key, None) for key in keys}
        missing = {key: dict[SeriesKey, "SeriesPart"]() for key, known in found.items() if known is None}
        if missing:
            for identity, part in self.of(None, list(missing)).items():
                missing[identity[2]][identity] = part
        answer = [known if known is not None else missing[key] for key, known in found.items()]
        self._by_key.update(zip(found, answer, strict=True))
        while len(self._by_key) > 1 and sum(map(len, self._by_key.values())) > _KEPT_SERIES:
            del self._by_key[next(iter(self._by_key))]
        return answer

    def of_run(self, run: str) -> dict[SeriesKey, SeriesPart]:
        """Return what is known of all series of a run."""
        found = self._by_run.pop(run, None)
        if found is None:
            found = self.of([run], None)
        self._by_run[run] = found
        if len(self._by_run) > _KEPT_RUNS:
            del self._by_run[next(iter(self._by_run))]
        return found

    def of_many(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> dict[SeriesKey, SeriesPart]:
        """Return what is known of the series of runs and keys, and keep it until something else is asked."""
        question = (None if runs is None else tuple(runs), None if keys is None else tuple(keys))
        if self._last is not None and self._last[0] == question:
            return self._last[1]
        self._last = None
        found = self.of(runs, keys)
        if len(found) <= _KEPT_SERIES:
            self._last = (question, found)
        return found

    def of(self, runs: Sequence[str] | None, keys: Sequence[str] | None) -> dict[SeriesKey, SeriesPart]:
        """Return what is known of the series of runs and keys, without keeping it; None for all."""
        return join(self._ask(runs, keys))


def join(answers: Iterable[_Rows]) -> dict[SeriesKey, SeriesPart]:
    """Join what several parts say of the same series.

    Args:
        answers: What each of them says.
    """
    joined: dict[SeriesKey, SeriesPart] = {}
    for rows in answers:
        for identity, part in rows:
            known = joined.get(identity)
            if known is None:
                joined[identity] = part
            else:
                known.join(part)
    return joined

"""Regular expressions that cannot hang: RE2, as DuckDB brings it, takes time in proportion to the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from contexta_interpretation.query.expressions.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta_interpretation.query.expressions.syntax import Matches

__all__ = ["Patterns"]

#: Longest pattern, in characters; what it may unfold to is limited by RE2 itself.
_LONGEST = 500


class Patterns:
    """Tells which texts a pattern is found in; each pair is looked at once.

    A context manager: the engine is started by the first pattern and let go of at the end.
    """

    def __init__(self) -> None:
        self._engine: Any = None
        self._found: dict[tuple[str, str], bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._engine is not None:
            self._engine.close()

    def check(self, node: Matches) -> None:
        """Refuse a pattern that is none.

        Raises:
            Fault: The engine does not understand it, or it is too long.
        """
        import duckdb

        if len(node.pattern) > _LONGEST:
            raise Fault(
                f"the pattern has {len(node.pattern)} characters, and {_LONGEST} are the most",
                node.span,
                code="query_where_bad_pattern",
            )
        try:
            self._look(node.pattern, [""])
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0].removeprefix("Invalid Input Error: ")
            raise Fault(
                f"the pattern is no regular expression of RE2: {reason}",
                node.span,
                code="query_where_bad_pattern",
            ) from error

    def prepare(self, pattern: str, texts: Iterable[str]) -> None:
        """Look into many texts with one question."""
        unknown = [text for text in dict.fromkeys(texts) if (pattern, text) not in self._found]
        if unknown:
            self._look(pattern, unknown)

    def holds(self, pattern: str, text: str) -> bool:
        """Return whether a pattern is found anywhere in a text."""
        if (pattern, text) not in self._found:
            self._look(pattern, [text])
        return self._found[pattern, text]

    def _look(self, pattern: str, texts: list[str]) -> None:
        if self._engine is None:
            import duckdb

            # One thread: starting more takes longer than matching.
            self._engine = duckdb.connect(":memory:", config={"threads": 1})
            self._engine.execute("SET enable_progress_bar = false")
        rows = self._engine.execute(
            "SELECT regexp_matches(each, $1) FROM (SELECT unnest($2::VARCHAR[]) AS each)", [pattern, texts]
        ).fetchall()
        for text, (found,) in zip(texts, rows, strict=True):
            self._found[pattern, text] = found

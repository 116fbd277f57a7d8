"""Building a part: from new lines, and from the parts that it replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contexta_store_jsonl.index.layout import FORMAT, confine, connect, create_tables, quoted, summaries_query
from contexta_store_jsonl.index.staging import stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb

    from contexta_store_jsonl.index.gathering import FileState, Piece

__all__ = ["OldPart", "build"]

_CANONICAL = (
    "length(text) = 20 OR (length(text) = 27 AND NOT ends_with(text, '000000Z'))"
    " OR (length(text) = 30 AND NOT ends_with(text, '000Z'))"
)
_NEW_POINTS = f"""
SELECT series.series, step, time, value, whole, id, unit, degraded, CASE WHEN NOT ({_CANONICAL}) THEN text END AS text, stretch, n
FROM staged JOIN series
    ON staged.run = series.run AND staged.key = series.key AND staged.stage IS NOT DISTINCT FROM series.stage
WHERE type = 'metric'
"""
_OLD_POINTS = """
SELECT series.series, step, time, value, whole, id, unit, degraded, text, numbers.new AS stretch, n
FROM {0}.points AS points JOIN numbers ON numbers.part = {1} AND numbers.old = points.stretch
JOIN {0}.series AS known ON known.series = points.series JOIN series
    ON known.run = series.run AND known.key = series.key AND known.stage IS NOT DISTINCT FROM series.stage
"""
_NEW_EXTENTS = """
SELECT run, stretch, min(n), max(n), min(id), max(id), min(text), max(text), min(time), max(time),
    count(*) FILTER (type = 'event'), count(*) FILTER (type = 'metric'), count(*) FILTER (type = 'span'),
    count(*) FILTER (type = 'degraded')
FROM staged GROUP BY run, stretch
"""
_EXTENT_REST = (
    "low_n, high_n, low_id, high_id, low_text, high_text, low_time, high_time, event, metric, span, degraded"
)
#: Runs of which two segments may hold the same identifier.
_DOUBTFUL = """
CREATE TEMP TABLE doubtful AS
SELECT DISTINCT own.run FROM extents AS own JOIN stretches USING (stretch) JOIN rivals
    ON own.run = rivals.run AND stretches.segment <> rivals.segment
    AND own.low_id <= rivals.high_id AND rivals.low_id <= own.high_id
    AND own.low_text <= rivals.high_text AND rivals.low_text <= own.high_text
"""
_IDENTIFIERS = """
SELECT run, id, segment FROM {0}.points JOIN {0}.series USING (series) JOIN {0}.stretches USING (stretch)
    WHERE run IN (FROM doubtful) AND {1}
UNION ALL SELECT run, id, segment FROM {0}.others JOIN {0}.stretches USING (stretch)
    WHERE run IN (FROM doubtful) AND {1}
"""


class OldPart(NamedTuple):
    """A part that a new one replaces or stands beside.

    Attributes:
        path: Its file.
        stretches: Numbers of its stretches that still count.
    """

    path: Path
    stretches: Sequence[int]


def build(
    path: Path,
    pieces: Sequence[Piece],
    *,
    replaced: Sequence[OldPart],
    beside: Sequence[OldPart],
    refused: Mapping[str, FileState],
    readable: Sequence[Path],
) -> None:
    """Build a part in a file that must not exist; whole, on stable storage and closed when this returns.

    Args:
        path: The new file.
        pieces: New lines, verified.
        replaced: Parts whose content it takes over.
        beside: The other parts, which it is compared with to find records that were appended twice.
        refused: Sealed segments that are known to hold something odd.
        readable: Directories of all files named above; nothing else can be read, whatever an old part asks for.

    Raises:
        OSError: There is no space.
        duckdb.Error: DuckDB failed, for want of space foremost, or one of the parts is damaged.
    """
    connection = connect(str(path), threads=None, spill=f"{path}.spill")
    try:
        for number, part in enumerate([*replaced, *beside]):
            connection.execute(f"ATTACH {quoted(str(part.path))} AS part{number} (READ_ONLY)")
        confine(connection, readable)
        create_tables(connection)
        connection.execute("BEGIN")
        placed = _place(connection, pieces, replaced)
        odd = stage(connection, placed)
        _take_stretches(connection, placed, odd, len(replaced))
        _take_refused(connection, placed, odd, refused)
        _take_rows(connection, len(replaced))
        connection.execute(f"INSERT INTO summaries {summaries_query('points')} ORDER BY series")
        _find_contested(connection, replaced, beside)
        connection.execute(
            "INSERT INTO part SELECT ?, (SELECT coalesce(sum(end_offset - start_offset), 0) FROM stretches),"
            " (SELECT count(*) FROM points) + (SELECT count(*) FROM others)",
            [FORMAT],
        )
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
    finally:
        connection.close()


def _place(
    connection: duckdb.DuckDBPyConnection, pieces: Sequence[Piece], replaced: Sequence[OldPart]
) -> dict[int, Piece]:
    """Number all stretches in the order of appending; leave the numbers of the old ones in ``numbers``."""
    stretches: list[tuple[str, int, int, int | Piece]] = [
        (piece.segment, piece.start.offset, -1, piece) for piece in pieces
    ]
    for number, part in enumerate(replaced):
        rows = connection.execute(
            f"SELECT segment, start_offset, stretch FROM part{number}.stretches"
            " WHERE list_contains($live::INTEGER[], stretch)",
            {"live": list(part.stretches)},
        ).fetchall()
        stretches += [(segment, offset, number, stretch) for segment, offset, stretch in rows]
    stretches.sort(key=lambda each: each[:3])
    placed: dict[int, Piece] = {}
    olds: list[tuple[int, int, int]] = []
    for new, (_, _, number, found) in enumerate(stretches):
        if isinstance(found, int):
            olds.append((number, found, new))
        else:
            placed[new] = found
    columns = list(zip(*olds, strict=True)) or [(), (), ()]
    connection.execute(
        "CREATE TEMP TABLE numbers AS SELECT unnest($1::INTEGER[]) AS part, unnest($2::INTEGER[]) AS old,"
        " unnest($3::INTEGER[]) AS new",
        [list(column) for column in columns],
    )
    return placed


def _take_stretches(
    connection: duckdb.DuckDBPyConnection, placed: Mapping[int, Piece], odd: set[int], replaced: int
) -> None:
    rows = [
        (
            number, piece.segment, piece.start.n, piece.start.offset, piece.end.n, piece.end.offset,
            piece.state.size if piece.state is not None else None,
            piece.state.modified if piece.state is not None else None,
            [mark.n for mark in piece.marks], [mark.offset for mark in piece.marks],
        )
        for number, piece in placed.items()
        if number not in odd
    ]  # fmt: skip
    if rows:
        kinds = (
            "INTEGER[]", "VARCHAR[]", "BIGINT[]", "BIGINT[]", "BIGINT[]", "BIGINT[]", "BIGINT[]", "BIGINT[]",
            "BIGINT[][]", "BIGINT[][]",
        )  # fmt: skip
        unnested = [f"unnest(${place}::{kind})" for place, kind in enumerate(kinds, 1)]
        unnested[8:8] = ["NULL", "NULL"]
        connection.execute(
            f"INSERT INTO stretches SELECT {', '.join(unnested)}",
            [list(column) for column in zip(*rows, strict=True)],
        )
    for number in range(replaced):
        connection.execute(
            f"INSERT INTO stretches SELECT new, rows.* EXCLUDE (stretch) FROM part{number}.stretches AS rows"
            f" JOIN numbers ON numbers.part = {number} AND numbers.old = rows.stretch"
        )


def _take_refused(
    connection: duckdb.DuckDBPyConnection,
    placed: Mapping[int, Piece],
    odd: set[int],
    refused: Mapping[str, FileState],
) -> None:
    found = dict(refused)
    for number in odd:
        state = placed[number].state
        if state is not None:
            found[placed[number].segment] = state
    for segment, state in found.items():
        connection.execute("INSERT INTO refused VALUES (?, ?, ?)", [segment, *state])


def _take_rows(connection: duckdb.DuckDBPyConnection, replaced: int) -> None:
    """Fill the tables from what was staged and from the old parts."""
    named = ["SELECT DISTINCT run, stage, key FROM staged WHERE type = 'metric'"]
    named += [f"SELECT run, stage, key FROM part{number}.series" for number in range(replaced)]
    connection.execute(
        "INSERT INTO series SELECT row_number() OVER (ORDER BY run, key, stage), run, stage, key"
        f" FROM (SELECT DISTINCT * FROM ({' UNION ALL '.join(named)}))"
    )
    points = [_NEW_POINTS, *(_OLD_POINTS.format(f"part{number}", number) for number in range(replaced))]
    connection.execute(
        f"INSERT INTO points {' UNION ALL '.join(points)} ORDER BY series, step NULLS FIRST, time, stretch, n"
    )
    others = ["SELECT run, type, id, time, stretch, n FROM staged WHERE type <> 'metric'"]
    others += [
        f"SELECT run, type, id, time, numbers.new, n FROM part{number}.others AS rows"
        f" JOIN numbers ON numbers.part = {number} AND numbers.old = rows.stretch"
        for number in range(replaced)
    ]
    connection.execute(f"INSERT INTO others {' UNION ALL '.join(others)} ORDER BY run, time, stretch, n")
    extents = [_NEW_EXTENTS]
    extents += [
        f"SELECT run, numbers.new, {_EXTENT_REST} FROM part{number}.extents AS rows"
        f" JOIN numbers ON numbers.part = {number} AND numbers.old = rows.stretch"
        for number in range(replaced)
    ]
    connection.execute(f"INSERT INTO extents {' UNION ALL '.join(extents)} ORDER BY 1, 2")
    connection.execute(
        "UPDATE stretches SET low_time = found.low, high_time = found.high"
        " FROM (SELECT stretch, min(low_time) AS low, max(high_time) AS high FROM extents GROUP BY stretch) AS found"
        " WHERE stretches.stretch = found.stretch"
    )
    connection.execute("DROP TABLE staged")


def _find_contested(
    connection: duckdb.DuckDBPyConnection, replaced: Sequence[OldPart], beside: Sequence[OldPart]
) -> None:
    """Find the runs of which two segments hold the same identifier, at least one of them covered by this part."""
    columns = "run, segment, low_id, high_id, low_text, high_text"
    rivals = [f"SELECT {columns} FROM extents JOIN stretches USING (stretch)"]
    conditions = {}
    for number, part in enumerate(beside, len(replaced)):
        live = ", ".join(map(str, part.stretches))
        conditions[f"part{number}"] = f"stretch IN ({live})"
        rivals.append(
            f"SELECT {columns} FROM part{number}.extents JOIN part{number}.stretches USING (stretch)"
            f" WHERE stretch IN ({live})"
        )
    connection.execute(f"CREATE TEMP VIEW rivals AS {' UNION ALL '.join(rivals)}")
    connection.execute(_DOUBTFUL)
    found = connection.execute("SELECT count(*) FROM doubtful").fetchone()
    if found is not None and found[0]:
        identifiers = [_IDENTIFIERS.format("main", "true")]
        identifiers += [_IDENTIFIERS.format(name, condition) for name, condition in conditions.items()]
        connection.execute(
            f"INSERT INTO contested SELECT DISTINCT run FROM ({' UNION ALL '.join(identifiers)})"
            " GROUP BY run, id HAVING count(DISTINCT segment) > 1"
        )
    connection.execute("DROP VIEW rivals")
    connection.execute("DROP TABLE doubtful")

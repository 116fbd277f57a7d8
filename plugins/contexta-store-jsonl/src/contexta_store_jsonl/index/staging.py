"""Reading verified lines into DuckDB, and telling apart what is no record of the usual kind.

Every record that goes into the index must mean there what :mod:`contexta_store_jsonl.rows` takes it to mean.  What is
rarer than that is left to the catalogue, segment by segment: integers that a double does not hold exactly, times before
1678 and after 2261, texts that look like other JSON, and lines that are whole but hold no flat record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_store_jsonl.index.layout import NEGATIVE_ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from contexta_store_jsonl.index.gathering import Piece

__all__ = ["stage"]

#: DuckDB refuses longer lines; the log writes none.
_LONGEST_LINE = 1_056_768
#: Whether a text of digits is an integer.
_INTEGRAL = "NOT contains({0}, '.') AND NOT contains({0}, 'e') AND NOT contains({0}, 'E')"
_IS_METRIC = "type = 'metric'"
#: What a cast accepts and a record must not have as its time.
_ODD_TIME = (
    "time IS NULL OR length(text) < 20 OR length(text) = 21 OR text[11] <> 'T' OR NOT ends_with(text, 'Z')"
    " OR contains(text, ' ') OR text[12:13] = '24'"
)
#: As a text, the number 5 is not told from the text "5".
_ODD_ID = "id IS NULL OR id = '' OR id[1] IN ('{', '[') OR id IN ('true', 'false') OR try_cast(id AS DOUBLE) IS NOT NULL"
_ODD_VALUE = (
    "value IS NULL OR NOT isfinite(value) OR (integral AND (whole IS NULL OR abs(whole) > 9007199254740992))"
    " OR (stepped AND step IS NULL)"
)
_STAGE = f"""
CREATE TEMP TABLE staged AS
SELECT * EXCLUDE (integral, stepped, negative)
    REPLACE (CASE WHEN value = 0 AND negative THEN {NEGATIVE_ZERO} ELSE whole END AS whole),
    ({_ODD_TIME}) OR ({_ODD_ID}) OR ({_IS_METRIC} AND ({_ODD_VALUE})) AS odd
FROM (
    SELECT n, list_extract($stretches::INTEGER[], file_index::INTEGER + 1) AS stretch, type, id, run, stage, key, unit,
        coalesce(degradation <> 'none', false) AS degraded, time AS text, epoch_ns(try_cast(time AS TIMESTAMP_NS)) AS time,
        try_cast(value::VARCHAR AS DOUBLE) AS value,
        {_INTEGRAL.format("value::VARCHAR")} AS integral, starts_with(value::VARCHAR, '-') AS negative,
        CASE WHEN {_INTEGRAL.format("value::VARCHAR")} THEN try_cast(value::VARCHAR AS BIGINT) END AS whole,
        step::VARCHAR <> 'null' AS stepped,
        CASE WHEN {_INTEGRAL.format("step::VARCHAR")} THEN try_cast(step::VARCHAR AS BIGINT) END AS step
    FROM read_json($files, format = 'newline_delimited', ignore_errors = true, maximum_object_size = {_LONGEST_LINE},
        columns = {{
            n: 'BIGINT', type: 'VARCHAR', id: 'VARCHAR', run: 'VARCHAR', stage: 'VARCHAR', key: 'VARCHAR',
            value: 'JSON', step: 'JSON', time: 'VARCHAR', unit: 'VARCHAR',
            degradation: 'VARCHAR'
        }})
    WHERE type IS NOT NULL
)
"""
_STAGE_NOTHING = """
CREATE TEMP TABLE staged (
    n BIGINT, stretch INTEGER, type VARCHAR, id VARCHAR, run VARCHAR, stage VARCHAR, key VARCHAR, unit VARCHAR,
    degraded BOOLEAN, text VARCHAR, time BIGINT, value DOUBLE, whole BIGINT, step BIGINT, odd BOOLEAN
)
"""
_LOOKS_ODD = "regexp_full_match({}, '-?[0-9][0-9.eE+-]*|true|false|[{{\\[].*', 's')"
_ODD_NAMES = f"""
SELECT DISTINCT stretch FROM (SELECT DISTINCT stretch, type, run, stage, key, unit FROM staged)
WHERE type NOT IN ('event', 'metric', 'span', 'degraded') OR coalesce(run, '') = '' OR {_LOOKS_ODD.format("run")}
    OR ({_IS_METRIC} AND (
        coalesce(key, '') = '' OR {_LOOKS_ODD.format("key")}
        OR coalesce({_LOOKS_ODD.format("stage")}, false) OR coalesce({_LOOKS_ODD.format("unit")}, false)
    ))
"""
_COUNTS = "SELECT stretch, count(*), count(*) FILTER (odd), min(n), max(n) FROM staged GROUP BY stretch"


def stage(connection: duckdb.DuckDBPyConnection, pieces: Mapping[int, Piece]) -> set[int]:
    """Read pieces into the temporary table ``staged``.

    Args:
        connection: The database.
        pieces: The pieces by the numbers of their stretches, in this order.

    Returns:
        Numbers of the pieces that hold anything odd; none of their records are in the table.

    Raises:
        duckdb.Error: DuckDB failed.
    """
    if not pieces:
        # All that is new was refused; the part says so.
        connection.execute(_STAGE_NOTHING)
        return set()
    files = [str(piece.path) for piece in pieces.values()]
    connection.execute(_STAGE, {"files": files, "stretches": list(pieces)})
    odd = {number for (number,) in connection.execute(_ODD_NAMES).fetchall()}
    found = {number: rest for number, *rest in connection.execute(_COUNTS).fetchall()}
    for number, piece in pieces.items():
        records, odd_records, low, high = found.get(number, (0, 0, piece.start.n, piece.start.n))
        # Lines that DuckDB passed over, or took from another file, would be missing from every answer.
        is_complete = records == piece.records and (not records or piece.start.n <= low <= high < piece.end.n)
        if odd_records or not is_complete:
            odd.add(number)
    if odd:
        connection.execute(
            "DELETE FROM staged WHERE list_contains($odd::INTEGER[], stretch)", {"odd": list(odd)}
        )
    return odd

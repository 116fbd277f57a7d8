"""Reading records page by page, so that no reader holds a state of the database for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import StoreAccessError
from contexta.spi.records import StoredFlatRecord
from contexta_store_sqlite.records.rows import COLUMNS, decode_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from contexta.spi.records import FlatRecord, ScanFilter
    from contexta_store_sqlite.database import Connection, Database

__all__ = ["TABLE", "last_sequence", "read_records", "scan_records", "where"]

#: What a stored record's place names as its segment.
TABLE = "records"

_PAGE = 2_000
_ACTION = "read records"


def scan_records(
    database: Database, wanted: ScanFilter, note_damage: Callable[[int], None]
) -> Iterator[StoredFlatRecord]:
    """Yield the records that match, in the order of appending; what comes while it is read may be among them.

    Args:
        database: Where they are.
        wanted: What must match.
        note_damage: Told the sequence of each row that is passed over.
    """
    condition, parameters = where(wanted)
    for sequence, record in read_records(database, condition, parameters, note_damage):
        if wanted.matches(record):
            yield StoredFlatRecord(record, TABLE, sequence, sequence)


def read_records(
    database: Database, condition: str, parameters: tuple[Any, ...], note_damage: Callable[[int], None]
) -> Iterator[tuple[int, FlatRecord]]:
    """Yield sequence and record of the rows that meet a condition."""
    statement = (
        f"SELECT {COLUMNS} FROM records WHERE sequence > ? {condition} ORDER BY sequence LIMIT {_PAGE}"
    )
    last = 0
    while True:

        def page(connection: Connection, after: int = last) -> list[tuple[Any, ...]]:
            return connection.execute(statement, (after, *parameters)).fetchall()

        try:
            rows = database.read(page, action=_ACTION) or []
        except StoreAccessError as error:
            if error.code != "sqlite_damaged":
                raise
            end = database.read(last_sequence, action=_ACTION) or 0
            rest = _salvaged(database, (condition, parameters), (last, end), note_damage)
            yield from _decoded(rest, last, note_damage)
            return
        yield from _decoded(rows, last, note_damage)
        if len(rows) < _PAGE:
            return
        # Pages that refer to each other in a circle give the same rows for ever.
        if rows[-1][0] <= last:
            note_damage(last)
            return
        last = rows[-1][0]


def _decoded(
    rows: Iterable[tuple[Any, ...]], after: int, note_damage: Callable[[int], None]
) -> Iterator[tuple[int, FlatRecord]]:
    """Yield the rows that are whole; one that comes out of its order, as of a page that is there twice, is damage."""
    for row in rows:
        sequence = row[0]
        record = decode_row(row) if sequence > after else None
        if record is None:
            note_damage(sequence)
        else:
            after = sequence
            yield sequence, record


def last_sequence(connection: Connection) -> int:
    """Return the greatest number that a record was ever given; 0 where there was none."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
    return int(found[0]) if found else 0


def _salvaged(
    database: Database,
    wanted: tuple[str, tuple[Any, ...]],
    between: tuple[int, int],
    note_damage: Callable[[int], None],
) -> Iterator[tuple[Any, ...]]:
    """Yield what can be read past damaged pages, by halving the stretch that cannot be read at once."""
    after, last = between
    if after >= last:
        return
    condition, parameters = wanted
    statement = f"SELECT {COLUMNS} FROM records NOT INDEXED WHERE sequence > ? AND sequence <= ? {condition} ORDER BY sequence"

    def stretch(connection: Connection) -> list[tuple[Any, ...]]:
        return connection.execute(statement, (after, last, *parameters)).fetchall()

    try:
        rows = database.read(stretch, action=_ACTION) or []
    except StoreAccessError as error:
        if error.code != "sqlite_damaged":
            raise
        if last - after == 1:
            note_damage(last)
            return
        middle = (after + last) // 2
        yield from _salvaged(database, wanted, (after, middle), note_damage)
        yield from _salvaged(database, wanted, (middle, last), note_damage)
    else:
        yield from rows


def where(wanted: ScanFilter) -> tuple[str, tuple[Any, ...]]:
    """Return the part of a filter that the columns can tell, as SQL, with its parameters."""
    conditions = []
    parameters: list[Any] = []
    for name, value in wanted.constants().items():
        if name in {"run", "stage", "type", "key"}:
            conditions.append(f"AND {name} = ?")
            parameters.append(value)
    # Microseconds, for nanoseconds since the year 1 do not fit; what is left is compared exactly.
    if wanted.start_time is not None:
        conditions.append("AND microseconds >= ?")
        parameters.append(instant(wanted.start_time) // 1000)
    if wanted.end_time is not None:
        conditions.append("AND microseconds <= ?")
        parameters.append(instant(wanted.end_time) // 1000)
    return " ".join(conditions), tuple(parameters)

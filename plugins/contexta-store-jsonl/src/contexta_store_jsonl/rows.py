"""The fields of records that summaries and series need, decoded in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from contexta_store_jsonl.validity import why_invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.log.scan import Line
    from contexta.spi.records import FlatRecord

__all__ = ["Row", "decode_record", "decode_rows", "decode_verified_rows", "is_degraded"]

_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_decode = msgspec.json.Decoder().decode
# Beyond 64 bits an integer goes the slow way, which knows whether it is finite as a double.
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Row(msgspec.Struct, gc=False):
    """What is asked of a record, by the names that a line uses.

    Attributes:
        type: Record type.
        id: Identifier in the run.
        run: Reference of the run.
        time: When it was observed.
        stage: Reference of the stage.
        key: Metric key, event key, span name or issue key.
        value: A metric's number.
        step: A metric's step.
        unit: A metric's unit.
        degradation: What was lost on the way to it; of any JSON type, as nothing checks it.
    """

    type: str
    id: str
    run: str
    time: str
    stage: str | None = None
    key: str | None = None
    value: _Integer | float | None = None
    step: int | None = None
    unit: str | None = None
    degradation: Any = None


def is_degraded(row: Row) -> bool:
    """Return whether a row says that something was lost; as :func:`contexta.spi.summaries.is_degraded`."""
    return row.degradation is not None and row.degradation != "none"


_row_decoder = msgspec.json.Decoder(Row)


def decode_rows(lines: Sequence[Line]) -> tuple[Sequence[Row], Sequence[Line]]:
    """Decode the queried fields of lines.

    Args:
        lines: Whole lines.

    Returns:
        The rows, and the lines that they stand in; lines that are no flat record are left out of both.  The given
        lines themselves, when all of them were decoded at once.
    """
    try:
        rows = _row_decoder.decode_lines(b"\n".join([line for _, _, line in lines]))
    except _UNREADABLE:
        pass
    else:
        if all(map(_is_plain, rows)):
            return rows, lines
    return _decode_singly(lines)


def decode_verified_rows(lines: Sequence[bytes]) -> list[Row]:
    """Decode the queried fields of lines that need no second check.

    Args:
        lines: Whole lines, all of them flat records.

    Returns:
        The rows.
    """
    try:
        return _row_decoder.decode_lines(b"\n".join(lines))
    except _UNREADABLE:
        # Other types than metrics may hold anything under the names of a metric's fields.
        records = map(decode_record, lines)
        return [_row_of(record) for record in records if record is not None]


def _is_plain(row: Row) -> bool:
    """Whether a row is what an append of this version writes, so that no closer look is needed."""
    if row.type == "metric":
        if row.value is None or not row.key:
            return False
    elif row.type not in _OTHER_TYPES:
        return False
    return row.time[-1:] == "Z" and len(row.time) in _PLAIN_LENGTHS and row.id != "" and row.run != ""


def _is_plain_record(record: dict[str, Any]) -> bool:
    """The same for a whole record."""
    get = record.get
    time = get("time")
    if time.__class__ is not str or time[-1:] != "Z" or len(time) not in _PLAIN_LENGTHS:
        return False
    if (
        get("id").__class__ is not str
        or get("run").__class__ is not str
        or not record["id"]
        or not record["run"]
    ):
        return False
    # A metric has more that can be wrong with it, so it is one only with a number of its own kind.
    if get("type") != "metric":
        return get("type") in _OTHER_TYPES
    return (
        get("value").__class__ is float
        and get("key").__class__ is str
        and record["key"] != ""
        and get("step").__class__ in _STEPS
        and get("stage").__class__ in _TEXTS
        and get("unit").__class__ in _TEXTS
    )


_STEPS = frozenset({int, type(None)})
_TEXTS = frozenset({str, type(None)})
_OTHER_TYPES = frozenset({"event", "span", "degraded"})
_PLAIN_LENGTHS = frozenset({20, 27, 30})


def _decode_singly(lines: Sequence[Line]) -> tuple[Sequence[Row], Sequence[Line]]:
    """Decode lines one by one, leaving out what is no flat record."""
    rows, kept = [], []
    for line in lines:
        record = decode_record(line[2])
        if record is not None:
            rows.append(_row_of(record))
            kept.append(line)
    return rows, kept


def _row_of(record: FlatRecord) -> Row:
    """Take the queried fields out of a flat record; other types than metrics may use the rest as they like."""
    common = (record["type"], record["id"], record["run"], record["time"])
    if record["type"] != "metric":
        return Row(*common)
    get = record.get
    return Row(*common, get("stage"), get("key"), get("value"), get("step"), get("unit"), get("degradation"))


def decode_record(line: bytes) -> FlatRecord | None:
    """Decode one line.

    Args:
        line: A whole line, without its newline.

    Returns:
        The flat record without the line's number and checksum; None when the line holds none.
    """
    try:
        record: dict[str, Any] = _decode(line)
    except _UNREADABLE:
        return None
    if not _is_plain_record(record) and why_invalid(record) is not None:
        return None
    del record["n"], record["c"]
    return record

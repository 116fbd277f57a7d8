"""One flat record as a row, and back; a row that is not what was written is told apart by its checksum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec

from contexta.contract.timestamps import instant
from contexta.contract.vocabularies import RECORD_TYPES
from contexta.errors import ContextaError, ValidationError

if TYPE_CHECKING:
    from contexta.spi.records import FlatRecord

__all__ = ["COLUMNS", "decode_row", "encode_row"]

#: The columns that :func:`decode_row` takes, in its order.
COLUMNS = "sequence, id, run, type, key, stage, time, value, step, unit, rest, checksum"

_TEXTS = ("key", "stage", "unit")
_LEAST, _GREATEST = -(2**63), 2**63 - 1
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, Any])


def encode_row(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a record's columns, but for its sequence: as in ``COLUMNS``, with its microseconds behind ``time``.

    Raises:
        ValidationError: It is no flat record (``record_store_invalid_record``).
    """
    _check(record)
    rest = dict(record)
    values = {name: rest.pop(name) for name in ("id", "run", "type", "time")}
    for name in _TEXTS:
        values[name] = rest.pop(name) if isinstance(rest.get(name), str) else None
    values["value"] = rest.pop("value") if _fits(rest.get("value")) else None
    values["step"] = rest.pop("step") if type(rest.get("step")) is int and _fits(rest["step"]) else None
    try:
        text = (
            _encoder.encode(msgspec.to_builtins(rest, enc_hook=_plain, str_keys=True)).decode()
            if rest
            else None
        )
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise _invalid(f"a value that JSON cannot hold: {error}") from error
    if text is not None and "null" in text:
        _refuse_non_finite(rest)
    identity = (values["id"], values["run"], values["type"], values["key"], values["stage"], values["time"])
    numbers = (values["value"], values["step"], values["unit"], text)
    microseconds = instant(values["time"]) // 1000
    return (*identity, microseconds, *numbers, _checksum((*identity, *numbers)))


def decode_row(row: tuple[Any, ...]) -> FlatRecord | None:
    """Return the record of a row, or None for one that is damaged.

    Args:
        row: The values of ``COLUMNS``.
    """
    _, name, run, kind, key, stage, time, value, step, unit, rest, checksum = row
    if _checksum(row[1:-1]) != checksum:
        return None
    record: FlatRecord = {"type": kind, "id": name, "run": run}
    if stage is not None:
        record["stage"] = stage
    if key is not None:
        record["key"] = key
    if value is not None:
        record["value"] = value
    if step is not None:
        record["step"] = step
    record["time"] = time
    if unit is not None:
        record["unit"] = unit
    if rest is not None:
        record.update(_decoder.decode(rest))
    return record


def _checksum(values: tuple[Any, ...]) -> int:
    try:
        return crc32(_encoder.encode(values))
    except (TypeError, ValueError, UnicodeError, msgspec.MsgspecError):
        # A row whose text is no text any more has no checksum that could be right.
        return -1


def _fits(value: object) -> bool:
    """Whether a number comes back from SQLite as it is."""
    if type(value) is int:
        return _LEAST <= value <= _GREATEST
    return type(value) is float and (value != 0.0 or math.copysign(1.0, value) > 0)


def _check(record: object) -> None:
    """Refuse what is no flat record."""
    if not isinstance(record, Mapping):
        raise _invalid(f"the form of a {type(record).__name__} instead of a mapping")
    if record.get("type") not in RECORD_TYPES:
        raise _invalid(f"no known type: {record.get('type')!r}; use one of {', '.join(RECORD_TYPES)}")
    for name in ("id", "run"):
        if not isinstance(record.get(name), str) or not record[name]:
            raise _invalid(f"no {name}: {record.get(name)!r}")
    time = record.get("time")
    try:
        is_time = isinstance(time, str) and time.endswith("Z") and instant(time) is not None
    except ContextaError:
        is_time = False
    if not is_time:
        raise _invalid(f"no time in UTC: {time!r}; write it as '2026-01-31T12:00:00.123456Z'")
    if record["type"] == "metric":
        _check_metric(record)


def _check_metric(record: Mapping[str, Any]) -> None:
    if not isinstance(record.get("key"), str) or not record["key"]:
        raise _invalid(f"no key: {record.get('key')!r}")
    value, step = record.get("value"), record.get("step")
    if type(value) not in {int, float} or not _is_finite(value):
        raise _invalid(f"no finite number as its value: {value!r}")
    if step is not None and type(step) is not int:
        raise _invalid(f"a step that is no whole number: {step!r}")


def _is_finite(number: Any) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _refuse_non_finite(value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise _invalid(f"the number {value!r}, which JSON cannot hold")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_non_finite(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_non_finite(item)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _invalid(problem: str) -> ValidationError:
    return ValidationError(
        f"A flat record was to be appended, but it has {problem}.", code="record_store_invalid_record"
    )

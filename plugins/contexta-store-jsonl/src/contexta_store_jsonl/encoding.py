"""Flat records as the members of a line's JSON object: the queried fields first, then the others.

A line is readable with ``jq`` and starts alike for all records of a series::

    {"n":7,"type":"metric","id":"…","run":"run:p.r","key":"loss","value":0.5,"step":3,"time":"…","c":"1a2b3c4d"}
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from contexta.errors import ValidationError
from contexta_store_jsonl.validity import why_invalid

if TYPE_CHECKING:
    from contexta.spi.records import FlatRecord

__all__ = ["SeriesMembers", "encode_members", "encode_value", "point_members", "series_members"]

#: Fields that queries look at, in the order in which a line holds them.
QUERIED_FIELDS = ("type", "id", "run", "stage", "key", "value", "step", "time")
#: Members of the line's frame; a record cannot have fields of these names.
FRAME_FIELDS = frozenset({"n", "c"})
_QUERIED = frozenset(QUERIED_FIELDS)
_OF_A_POINT = frozenset({"id", "value", "step", "time"})
_UNENCODABLE = (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError)
_NOT_FINITE = "a number that is not finite"
_STEP = b',"step":'
_TIME = b',"time":'
_join = b"".join


def _plain(value: object) -> Any:
    """Give the encoder the mappings that are no dict and the texts that are more than text, references foremost."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str.__str__(value)
    message = f"{type(value).__name__} is not JSON data"
    raise TypeError(message)


#: Encodes one value; one encoder serves all threads.
encode_value = msgspec.json.Encoder(enc_hook=_plain).encode
# Sorted, so that one record always gives the same bytes: that is how a repetition is recognised.
_encode_sorted = msgspec.json.Encoder(enc_hook=_plain, order="sorted").encode


class SeriesMembers(NamedTuple):
    """What all points of a series have in common, encoded once.

    Attributes:
        head: From the type up to the text before the identifier.
        middle: From behind the identifier up to the text before the value.
        tail: The other fields, with a comma before each.
    """

    head: bytes
    middle: bytes
    tail: bytes


def encode_members(record: FlatRecord, *, deterministic: bool = True) -> bytes:
    """Encode a flat record as the members of a JSON object, without the braces.

    Args:
        record: The record; its unknown fields are kept.
        deterministic: Whether equal records give equal bytes.

    Returns:
        The members in the order of :data:`QUERIED_FIELDS`, the others behind them: sorted, or as they were given.

    Raises:
        ValidationError: It is no flat record, or holds what JSON cannot say (``record_store_invalid_record``).
    """
    reason = why_invalid(record)
    if reason is None and not FRAME_FIELDS.isdisjoint(record):
        reason = "fields named 'n' or 'c', which belong to the line it would stand in"
    if reason is not None:
        raise _refusal(record, reason)
    try:
        members = encode_value({name: record[name] for name in QUERIED_FIELDS if name in record})[1:-1]
    except _UNENCODABLE as error:
        raise _unencodable(record, error) from error
    # The encoder writes numbers that are not finite as null, so only records with a null are looked through.
    if b"null" in members and _holds_non_finite({name: record.get(name) for name in QUERIED_FIELDS}):
        raise _refusal(record, _NOT_FINITE)
    return members + _other_members(record, deterministic=deterministic)


def series_members(constants: FlatRecord, *, deterministic: bool = True) -> SeriesMembers:
    """Encode what the points of a series share.

    Args:
        constants: A flat metric record without ``id``, ``value``, ``time`` and ``step``.
        deterministic: Whether equal records give equal bytes.

    Returns:
        The three pieces around what differs.

    Raises:
        ValidationError: With a point these would be no flat record (``record_store_invalid_record``).
    """
    given = _OF_A_POINT.intersection(constants)
    if given:
        raise _refusal(constants, f"{', '.join(sorted(given))} among the constants of a series")
    # Checked as a whole record with stand-ins for what each point brings.
    probe = {**constants, "id": "-", "value": 0, "time": "1970-01-01T00:00:00Z"}
    if constants.get("type") != "metric":
        raise _refusal(constants, f"the type {constants.get('type')!r} instead of 'metric'")
    encode_members(probe)
    front = {name: constants[name] for name in ("run", "stage", "key") if name in constants}
    return SeriesMembers(
        head=b'"type":"metric","id":',
        middle=b',%b,"value":' % encode_value(front)[1:-1],
        tail=_other_members(constants, deterministic=deterministic),
    )


def point_members(series: SeriesMembers, record_id: str, value: float, time: str, step: int | None) -> bytes:
    """Compose the members of one point; the same bytes as :func:`encode_members` of the whole record.

    Args:
        series: What its series shares.
        record_id: Last component of the record's reference.
        value: A finite number.
        time: Canonical text.
        step: Its step, or None.

    Returns:
        The members.

    Raises:
        ValidationError: The value is not finite (``record_store_invalid_record``).
    """
    head, middle, tail = series
    try:
        finite = isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise _refusal({"id": record_id}, f"no finite number as its value: {value!r}")
    if step is None:
        return _join(
            (head, encode_value(record_id), middle, encode_value(value), _TIME, encode_value(time), tail)
        )
    return _join(
        (
            head, encode_value(record_id), middle, encode_value(value),
            _STEP, encode_value(step), _TIME, encode_value(time), tail,
        )
    )  # fmt: skip


def _other_members(record: FlatRecord, *, deterministic: bool) -> bytes:
    """Encode the fields behind the queried ones, with a comma before each."""
    others = {name: value for name, value in record.items() if name not in _QUERIED}
    if not others:
        return b""
    try:
        members = (_encode_sorted if deterministic else encode_value)(others)[1:-1]
    except _UNENCODABLE as error:
        raise _unencodable(record, error) from error
    if b"null" in members and _holds_non_finite(others):
        raise _refusal(record, _NOT_FINITE)
    return b"," + members


def _holds_non_finite(value: object) -> bool:
    """Whether a number anywhere in a value is not finite."""
    if isinstance(value, float):
        return not isfinite(value)
    if isinstance(value, Mapping):
        return any(map(_holds_non_finite, value.values()))
    return isinstance(value, (list, tuple, set, frozenset)) and any(map(_holds_non_finite, value))


def _unencodable(record: FlatRecord, error: BaseException) -> ValidationError:
    return _refusal(record, f"a value that JSON cannot hold: {error}", error)


def _refusal(record: FlatRecord, found: str, cause: BaseException | None = None) -> ValidationError:
    shown = record.get("id", "") if isinstance(record, Mapping) else ""
    return ValidationError(
        f"The record {shown!r} was to be appended, but it has {found}. Nothing was appended; correct it and try again.",
        code="record_store_invalid_record",
        details={"id": str(shown)},
        cause=cause,
    )

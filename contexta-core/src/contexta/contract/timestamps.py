"""Times as text, as instants, and back.

One instant has one canonical text: ISO 8601 in UTC with a closing ``Z``; no fraction on a whole second, six digits
down to the microsecond, nine where nanoseconds were given.  Texts of different length do not sort like the times
that they stand for, so compare :func:`instant`, never the text.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from contexta.contract.text import shown
from contexta.errors import ValidationError

__all__ = ["instant", "normalize_timestamp", "parse_timestamp", "text_from_ns", "utc_now_text"]

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - arithmetic on UTC fields without the cost of zones
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MINIMUM_SECOND = -62_135_596_800  # 0001-01-01T00:00:00Z
_MAXIMUM_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z
_MAXIMUM_TEXT_LENGTH = 64

_FRACTION = re.compile(r"[.,]([0-9]+)")
# [0-9] instead of \d: other scripts' digits are no ISO 8601.
_CANONICAL = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{6}|[0-9]{9}))?Z\Z"
)
_HOUR_24 = re.compile(r"[T ]24")

_MINUTE_LENGTH = len("1970-01-01T00:00")
_MOST_MINUTES = 1_024
# Minutes that the calendar has; the records of a run lie in few of them.
_valid_minutes: set[str] = set()

# One tuple, replaced whole: a reader in another thread sees the old pair or the new one, never a mixture.
_formatted_second: tuple[int, str] = (0, "1970-01-01T00:00:00")


def normalize_timestamp(value: datetime | str, *, field_name: str = "timestamp") -> str:
    """Bring a time into its canonical text.

    Args:
        value: A ``datetime``, or ISO 8601 text with ``Z``, with an offset, or with neither (taken as UTC).
        field_name: What the time is, for the error.

    Returns:
        The canonical text; fractions finer than a nanosecond are cut off.

    Raises:
        ValidationError: Not a time, or outside the years 1 to 9999 (``context_invalid_timestamp``).
    """
    if isinstance(value, str):
        canonical = _CANONICAL.match(value)
        # Most texts come from this library and are canonical already, unless their fraction could be shorter.
        if canonical is not None and not (canonical[7] or "1").endswith("000"):
            minute = canonical[0][:_MINUTE_LENGTH]
            if minute not in _valid_minutes or canonical[6] > "59":
                _instant_of_canonical(canonical, field_name)
                _keep_minute(minute)
            return str.__str__(value)
    return text_from_ns(instant(value, field_name=field_name))


def _keep_minute(minute: str) -> None:
    """Remember a minute that the calendar has."""
    if len(_valid_minutes) >= _MOST_MINUTES:
        _valid_minutes.clear()
    _valid_minutes.add(minute)


def parse_timestamp(value: datetime | str, *, field_name: str = "timestamp") -> datetime:
    """Turn a time into an aware ``datetime`` in UTC, cut to the microsecond.

    Raises:
        ValidationError: As for :func:`normalize_timestamp`.
    """
    return _EPOCH_UTC + timedelta(microseconds=instant(value, field_name=field_name) // 1000)


def instant(value: datetime | str, *, field_name: str = "timestamp") -> int:
    """Turn a time into nanoseconds since 1970-01-01T00:00:00Z, the form to compare and subtract.

    Args:
        value: What :func:`normalize_timestamp` accepts.
        field_name: What the time is, for the error.

    Returns:
        Nanoseconds since the epoch; negative before it.

    Raises:
        ValidationError: As for :func:`normalize_timestamp`.
    """
    if isinstance(value, str):
        canonical = _CANONICAL.match(value)
        if canonical is not None:
            return _instant_of_canonical(canonical, field_name)
        return _in_range(_instant_of_text(value, field_name), value, field_name)
    if isinstance(value, datetime):
        return _in_range(_instant_of_datetime(value), value, field_name)
    raise _invalid(value, field_name)


def utc_now_text() -> str:
    """Return the current time as canonical text with microseconds."""
    return text_from_ns(time.time_ns() // 1000 * 1000)


def text_from_ns(ns: int) -> str:
    """Format nanoseconds since the epoch as canonical text.

    Made for the capture path: the date and time of the last second are kept formatted, so that a call inside the
    same second formats nothing but its fraction.

    Args:
        ns: Nanoseconds since 1970-01-01T00:00:00Z, as from ``time.time_ns()``.

    Returns:
        The canonical text of that instant.

    Raises:
        ValidationError: Not an integer, or outside the years 1 to 9999 (``context_invalid_timestamp``).
    """
    global _formatted_second  # noqa: PLW0603 - the cache is the point of this function
    try:
        second = ns // _SECOND
        kept, prefix = _formatted_second
        if second != kept:
            if not _MINIMUM_SECOND <= second <= _MAXIMUM_SECOND:
                raise _invalid(ns, "timestamp")
            prefix = (_EPOCH + timedelta(seconds=second)).isoformat()
            _formatted_second = (second, prefix)
        fraction = ns - second * _SECOND
        if fraction % 1000:
            return f"{prefix}.{fraction:09d}Z"
        return f"{prefix}.{fraction // 1000:06d}Z" if fraction else f"{prefix}Z"
    except (TypeError, ValueError) as error:
        if isinstance(error, ValidationError):
            raise
        raise _invalid(ns, "timestamp", error) from error


def _instant_of_canonical(match: re.Match[str], field_name: str) -> int:
    """Read the common form without the general parser; the calendar still has its say."""
    year, month, day, hour, minute, second, fraction = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second))  # noqa: DTZ001
    except ValueError as error:
        raise _invalid(match[0], field_name, error) from error
    return _seconds(moment) * _SECOND + (int(fraction.ljust(9, "0")) if fraction else 0)


def _instant_of_text(text: str, field_name: str) -> int:
    """Read any ISO 8601 form; naive text is UTC."""
    body = text.strip()
    # The standard parser knows no nanoseconds and, by version, differs about 24:00; both are settled here.
    if not body or len(body) > _MAXIMUM_TEXT_LENGTH or not body.isascii() or _HOUR_24.search(body):
        raise _invalid(text, field_name)
    zulu = body[-1] in "Zz"
    if zulu:
        body = body[:-1]
    found = _FRACTION.search(body)
    nanoseconds = 0
    if found:
        nanoseconds = int(found[1][:9].ljust(9, "0"))
        body = body[: found.start()] + body[found.end() :]
    try:
        moment = datetime.fromisoformat(body)
    except ValueError as error:
        raise _invalid(text, field_name, error) from error
    if zulu and moment.tzinfo is not None:
        raise _invalid(text, field_name)
    return _instant_of_datetime(moment) + nanoseconds


def _instant_of_datetime(moment: datetime) -> int:
    """Convert without ``astimezone``, which overflows at the edges of the calendar."""
    offset = moment.utcoffset()
    result = _seconds(moment.replace(tzinfo=None)) * _SECOND + moment.microsecond * 1000
    if offset is None:
        return result
    return result - (offset.days * 86_400 + offset.seconds) * _SECOND - offset.microseconds * 1000


def _seconds(moment: datetime) -> int:
    """Whole seconds of a naive UTC time since the epoch."""
    distance = moment - _EPOCH
    return distance.days * 86_400 + distance.seconds


def _in_range(ns: int, value: object, field_name: str) -> int:
    """Refuse instants that an offset moved out of the calendar."""
    if not _MINIMUM_SECOND <= ns // _SECOND <= _MAXIMUM_SECOND:
        raise _invalid(value, field_name)
    return ns


def _invalid(value: object, field_name: str, cause: BaseException | None = None) -> ValidationError:
    """Build the one error of this module."""
    found = shown(value)
    return ValidationError(
        f"{field_name} must be a time between the years 1 and 9999, such as '2024-01-01T00:00:00Z' or a datetime; "
        f"found {found}.",
        code="context_invalid_timestamp",
        details={"field_name": field_name, "value": found, "type": type(value).__name__},
        cause=cause,
    )

"""Numbers, sizes, times and durations as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant, parse_timestamp, utc_now_text

if TYPE_CHECKING:
    from contexta.interpretation import RunRecord

__all__ = [
    "duration",
    "local_time",
    "number",
    "run_duration",
    "seconds_between",
    "short_run_id",
    "signed",
    "size",
    "value_text",
]

_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_NOTHING = "-"
_LONGEST_VALUE = 80


def number(value: float | None) -> str:
    """Return a number with five significant digits; whole ones as they are."""
    if value is None:
        return _NOTHING
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.5g}"


def signed(value: float | None) -> str:
    """Return a difference, always with its sign."""
    if value is None:
        return _NOTHING
    text = number(value)
    return text if text.startswith("-") or value == 0 else f"+{text}"


def size(count: int | None) -> str:
    """Return a number of bytes, in the unit that suits it (1 kB is 1000 B)."""
    if count is None:
        return _NOTHING
    amount = float(count)
    for unit in _SIZES:
        if amount < 1000 or unit == _SIZES[-1]:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return _NOTHING


def local_time(time: str | None) -> str:
    """Return a time (ISO 8601) to the second, in the time zone of this machine."""
    if time is None:
        return _NOTHING
    return parse_timestamp(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Return the seconds between two times (ISO 8601), or None where one is missing."""
    if start is None or end is None:
        return None
    return (instant(end) - instant(start)) / 1e9


def run_duration(run: RunRecord) -> str:
    """Return how long a run took; of one that is open, how long it has been going on."""
    if run.status == "open" and run.ended_at is None:
        return f"{duration(seconds_between(run.started_at, utc_now_text()))} so far"
    return duration(seconds_between(run.started_at, run.ended_at))


def duration(seconds: float | None) -> str:
    """Return a duration in its two greatest units: ``85 ms``, ``1.2 s``, ``3 m 05 s``, ``2 h 10 m``, ``4 d 06 h``."""
    if seconds is None:
        return _NOTHING
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{int(seconds * 10) / 10:.1f} s"
    whole = int(seconds)
    for unit, below, length, part in (("m", "s", 60, 1), ("h", "m", 3600, 60), ("d", "h", 86_400, 3600)):
        if whole < length * (24 if unit == "h" else 60) or unit == "d":
            return f"{whole // length} {unit} {whole % length // part:02d} {below}"
    return _NOTHING


def value_text(value: Any) -> str:
    """Return any JSON value on one line, cut where it is very long."""
    from contexta_cli.output.cells import cut
    from contexta_cli.output.json_text import to_jsonable

    if isinstance(value, str):
        return cut(value, _LONGEST_VALUE)
    if value is None:
        return _NOTHING
    if isinstance(value, float):
        return number(value)
    import json

    return cut(json.dumps(to_jsonable(value), ensure_ascii=False, sort_keys=True), _LONGEST_VALUE)


def short_run_id(run_id: str, *, with_project: bool) -> str:
    """Return what is enough to type for a run: its own part, and the project's where there are several."""
    value = run_id.partition(":")[2] or run_id
    return value if with_project else value.rpartition(".")[2]

"""Times as they are typed: a date, a moment, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from contexta_cli.failures import UsageFault

if TYPE_CHECKING:
    import click

__all__ = ["typed_time"]

_AGO = re.compile(r"(\d{1,6}) ?([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def typed_time(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Read a time, as the callback of an option.

    A time without a zone is local, as all times that are shown; ``30s``, ``10m``, ``2h`` and ``1d`` are so long ago.

    Args:
        ctx: The call.
        option: The option, for the message.
        value: What was typed.

    Returns:
        The time in ISO 8601, or None.

    Raises:
        UsageFault: It is no time.
    """
    del ctx
    if value is None:
        return None
    try:
        ago = _AGO.fullmatch(value.strip())
        if ago is not None:
            return (datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).isoformat()
        return datetime.fromisoformat(value.strip()).astimezone().isoformat()
    except (ValueError, OverflowError) as error:
        raise UsageFault(
            f"{option.opts[0]} takes a time such as 2026-01-31, '2026-01-31 14:30' or 10m (ago), not {value!r}",
            code="bad_time",
        ) from error

"""``contexta export csv``: the tables of ``contexta export``, always as CSV; the spelling of version 1.0.0."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from contexta_cli.commands import export
from contexta_cli.global_options import GLOBAL_OPTION, choose_format
from contexta_cli.lazy_group import LazyCommand

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["anomaly", "compare", "runs", "trend"]

_FORMAT = "csv"


def _as_csv(command: click.Command, *, example: str) -> LazyCommand:
    """Return a command that does the same as another, in one format.

    Args:
        command: One of ``contexta export``.
        example: A line to type.
    """
    write: Callable[..., Any] | None = command.callback
    if write is None:  # pragma: no cover - every command of the module does something
        raise TypeError(command.name)

    @wraps(write)
    def callback(*args: Any, **kwargs: Any) -> Any:
        choose_format(click.get_current_context(), _FORMAT)
        return write(*args, **kwargs)

    summary = (command.help or "").partition("\n\n")[0]
    return LazyCommand(
        command.name,
        params=[option for option in command.params if not hasattr(option, GLOBAL_OPTION)],
        callback=callback,
        help=f"{summary}\n\nThe same as contexta export {command.name}, and the file is CSV whatever its suffix is.",
        formats=(_FORMAT,),
        examples=(example,),
    )


runs = _as_csv(export.runs, example="contexta export csv runs --output runs.csv")
compare = _as_csv(
    export.compare,
    example="contexta export csv compare mlp-32-seed-0 mlp-64-seed-0 --output difference.csv",
)
trend = _as_csv(export.trend, example="contexta export csv trend val_accuracy --output trend.csv")
anomaly = _as_csv(export.anomaly, example="contexta export csv anomaly mlp-64-seed-0 --output anomalies.csv")

"""The option that lets a pipeline stop at what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])

__all__ = ["fail_on_option"]


def fail_on_option(*severities: str, what: str) -> Callable[[Function], Function]:
    """Return the option ``--fail-on``.

    Args:
        *severities: The severities that there are, from harmless to grave.
        what: What is found, for the help.
    """
    option: Callable[[Function], Function] = click.option(
        "--fail-on",
        "fail_on",
        type=click.Choice(severities),
        help=f"Exit with 1 where there is {what} at least so grave.",
    )
    return option

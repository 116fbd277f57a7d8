"""The pager: what is longer than the terminal is shown screen by screen."""

from __future__ import annotations

import os
import sys

import click

__all__ = ["show_paged", "wants_pager"]

#: Programs named in PAGER that only pass on what they get.
_NO_PAGERS = frozenset({"", "cat"})


def wants_pager() -> bool:
    """Whether somebody sits at a terminal, so that a pager has keys to read, and has not switched it off."""
    return (
        sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("PAGER", "less").strip() not in _NO_PAGERS
        and os.environ.get("TERM", "dumb") != "dumb"
    )


def show_paged(text: str, height: int) -> None:
    """Write text; through the pager of ``PAGER`` where it has more lines than the terminal.

    Args:
        text: The text, with the escape sequences of its colours.
        height: Lines of the terminal.
    """
    if text.count("\n") < height:
        sys.stdout.write(text)
        return
    click.echo_via_pager(text.rstrip("\n"))

"""The surface's SPI: a front through which people see their runs, such as a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Surface"]


@runtime_checkable
class Surface(Protocol):
    """A function from arguments to an exit code.

    It takes ``--help``.  What is wrong with the arguments is told on stderr; it does not raise for it, and ends no
    process.
    """

    def __call__(self, arguments: Sequence[str]) -> int:
        """Do what the arguments say.

        Args:
            arguments: What was typed after the program's name.

        Returns:
            The exit code: 0 where it did what was asked, help included; another number otherwise.
        """

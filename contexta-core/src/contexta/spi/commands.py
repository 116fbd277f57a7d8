"""The command line's SPI: what a command of a plugin is, and what it is called with.

The factory of a ``cli_command`` is a ``click.Command`` itself, named by its reference, so that it is imported when it
is called and not before::

    Provider("acme_push", "acme_tools.push:push", summary="Push runs to Acme.")

It is typed as ``contexta acme-push``.  The options that all commands share (``--workspace``, ``--format``, ``--output``
and so on) are added to it, unless it has one of that name, and ``click.pass_obj`` hands it a :class:`CommandCall`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.config import ResolvedConfig, UnifiedConfig

__all__ = ["CommandCall", "TextWriter"]


class TextWriter(Protocol):
    """What writes for people: on a terminal in colour, in a pipe plain; control characters appear escaped."""

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line.

        Args:
            text: The line.
            style: ``"title"``, ``"heading"``, ``"faint"``, ``"good"``, ``"bad"``, ``"warning"``, or nothing.
        """

    def heading(self, text: str) -> None:
        """Write a heading, with an empty line before it."""


class CommandCall(Protocol):
    """One call of a command: the configuration behind it, the workspace that is meant, and how it answers."""

    @property
    def config(self) -> UnifiedConfig:
        """The configuration: of the nearest workspace, unless options name another.

        Raises:
            ConfigurationError: It is wrong.
        """

    @property
    def resolved(self) -> ResolvedConfig:
        """The same configuration, with the origin of each value.

        Raises:
            ConfigurationError: It is wrong.
        """

    @property
    def output_format(self) -> str:
        """``"text"``, ``"json"``, ``"csv"`` or ``"ndjson"``."""

    @property
    def quiet(self) -> bool:
        """Whether progress and hints are left out."""

    def open_existing(self) -> Any:
        """Open the workspace to ask it something; where there is none, none is made.

        Returns:
            A ``contexta.Contexta``, to be closed by ``with``; untyped here, for the facade stands above this module.

        Raises:
            NotFoundError: There is none.
        """

    def answer(self, data: Any, show: Callable[[TextWriter], None], *, rows: Any = None) -> None:
        """Write the answer in the format that was asked for, to stdout or into the file of ``--output``.

        Args:
            data: The answer, whole, for JSON: mappings, sequences, dataclasses and plain values.
            show: Writes it for people.
            rows: What CSV and NDJSON hold of it: a sequence of objects; by default the one sequence in ``data``.
        """

"""One call of a command: what it was given, the configuration behind it, and how it answers."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from contexta_cli.global_options import given_options, remember_surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import click

    from contexta import Contexta
    from contexta.config import ResolvedConfig, UnifiedConfig
    from contexta.errors import ContextaError
    from contexta_cli.output.printer import Printer
    from contexta_cli.output.terminal import TerminalPrinter

__all__ = ["Invocation"]


class Invocation:
    """What a command needs to know and to do.

    Args:
        ctx: The call, as the parser sees it.
    """

    def __init__(self, ctx: click.Context) -> None:
        self._ctx = ctx
        self._given = given_options(ctx)

    @cached_property
    def config(self) -> UnifiedConfig:
        """The configuration of the workspace that is meant: the nearest one, unless another was named."""
        return self.resolved.config

    @cached_property
    def resolved(self) -> ResolvedConfig:
        """The configuration of the workspace that is meant, with the origin of each value."""
        resolved = self._resolve(walk_up=True)
        remember_surface(self._ctx, resolved.config.surfaces.cli)
        return resolved

    def bear_broken_configuration(self) -> ContextaError | None:
        """Go on with the defaults where the configuration here is wrong; for commands that tell what is wrong.

        Returns:
            What is wrong with it.
        """
        from contexta.config import ResolvedConfig, UnifiedConfig
        from contexta.errors import ContextaError

        try:
            self.resolved  # noqa: B018 - resolved and remembered here
        except ContextaError as error:
            self.resolved = ResolvedConfig(UnifiedConfig(), {})
            return error
        return None

    def _resolve(self, *, walk_up: bool) -> ResolvedConfig:
        from contexta_cli.configuration import resolve_with_origins

        return resolve_with_origins(
            workspace=self._given.get("workspace"),
            profile=self._given.get("profile"),
            config_file=self._given.get("config_file"),
            settings=self._given.get("settings", ()),
            walk_up=walk_up,
        )

    @property
    def output_format(self) -> str:
        """``"text"``, ``"json"``, ``"csv"`` or ``"ndjson"``: as typed, else as configured."""
        return str(self._given.get("output_format") or self.config.surfaces.cli.default_output_format)

    @property
    def typed_format(self) -> str | None:
        """The format that was typed; None where none was."""
        typed = self._given.get("output_format")
        return None if typed is None else str(typed)

    @property
    def quiet(self) -> bool:
        """Whether progress and hints are left out."""
        return bool(self._given.get("quiet")) or self.config.surfaces.cli.verbosity == "quiet"

    @property
    def output_path(self) -> Path | None:
        """The file that the answer goes to; None for stdout."""
        typed = self._given.get("output_path")
        return None if typed in {None, "-"} else Path(str(typed))

    @property
    def printer(self) -> Printer:
        """What writes for people: to a terminal in colour and fitted, into a pipe plain and whole."""
        return self.printer_for(sys.stdout)

    @cached_property
    def terminal(self) -> TerminalPrinter | None:
        """The printer of the terminal that text goes to; None where it goes elsewhere, or something else is asked for."""
        if self.output_format != "text" or self.output_path is not None or not sys.stdout.isatty():
            return None
        from contexta_cli.output.terminal import TerminalPrinter

        color = not self._given.get("no_color") and self.config.surfaces.cli.color
        return TerminalPrinter(quiet=self.quiet, color=color)

    def printer_for(self, stream: IO[str]) -> Printer:
        """Return what writes for people into the stream that :meth:`writing` gave."""
        if self.terminal is not None:
            return self.terminal
        from contexta_cli.output.printer import PlainPrinter

        return PlainPrinter(quiet=self.quiet, stream=stream)

    def answer(self, data: Any, show: Callable[[Printer], None], *, rows: Any = None) -> None:
        """Write the answer in the format that was asked for, to stdout or into the file that was named.

        Args:
            data: The answer, whole, for JSON.
            show: Writes it for people.
            rows: What CSV and NDJSON hold of it, where that is something else than the one sequence in ``data``, or
                ``data`` itself: a sequence of objects, or :class:`~contexta_cli.output.rows.Rows`.
        """
        from contexta_cli.output.answer import write_data

        path = self.output_path
        if self.output_format != "text":
            with self.writing() as stream:
                write_data(stream, self.output_format, data, data if rows is None else rows)
        elif path is not None:
            with self.writing() as stream:
                show(self.printer_for(stream))
            if not self.quiet:
                self.printer.line(f"Wrote output to {path}")
        else:
            self._show(show)

    @contextmanager
    def writing(self) -> Iterator[IO[str]]:
        """Give the stream that the answer goes to; a file takes its place once it is whole."""
        if self.output_path is None:
            yield sys.stdout
            return
        from contexta_cli.output.output_file import written_whole

        with written_whole(self.output_path) as stream:
            yield stream

    def _show(self, show: Callable[[Printer], None]) -> None:
        """Write for people; on a terminal what is longer than it goes through the pager."""
        from contexta_cli.output.paging import show_paged, wants_pager

        terminal = self.terminal
        if terminal is None or self._given.get("no_pager") or not wants_pager():
            show(self.printer)
            return
        with terminal.console.capture() as captured:
            show(terminal)
        show_paged(captured.get(), terminal.console.height)

    def warn_of_damage(self, contexta: Contexta) -> None:
        """Say on stderr what was passed over on the way to the answer; call it once the answer is written."""
        from contexta_cli.output.damage import damage_warnings

        for warning in damage_warnings(contexta.repository):
            print(f"contexta: warning: {warning}", file=sys.stderr)

    def open_existing(self) -> Contexta:
        """Open the workspace to ask it something; it is not made where there is none.

        The sinks of the configuration are not opened: nothing is captured, and a question must neither wait for a sink
        nor fail with it.

        Raises:
            NotFoundError: There is none.
        """
        from contexta import Contexta
        from contexta_cli.configuration import require_workspace

        require_workspace(self.config)
        return Contexta(config=self.config, sinks=())

    def require_existing(self) -> None:
        """Refuse to go on where there is no workspace; for commands that do not open it as a program does.

        Raises:
            NotFoundError: There is none.
        """
        from contexta_cli.configuration import require_workspace

        require_workspace(self.config)

    def open_here(self, project_name: str) -> Contexta:
        """Open a workspace to write to: the one that was named, else the one in the current directory.

        Args:
            project_name: The project of what is written.
        """
        from contexta import Contexta
        from contexta.config import replace_unified_config

        config = self._resolve(walk_up=False).config
        return Contexta(config=replace_unified_config(config, {"project_name": project_name}))

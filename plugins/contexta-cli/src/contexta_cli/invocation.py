"""One call of a command: what it was given, the configuration behind it, and how it answers."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contexta_cli.global_options import given_options, remember_format

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    from contexta import Contexta
    from contexta.config import ResolvedConfig, UnifiedConfig
    from contexta.errors import ContextaError
    from contexta_cli.output.printer import Printer

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
        remember_format(self._ctx, resolved.config.surfaces.cli.default_output_format)
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
        """``"text"``, ``"json"`` or, where a command has it, ``"csv"``: as typed, else as configured."""
        return str(self._given.get("output_format") or self.config.surfaces.cli.default_output_format)

    @property
    def quiet(self) -> bool:
        """Whether progress and hints are left out."""
        return bool(self._given.get("quiet")) or self.config.surfaces.cli.verbosity == "quiet"

    @cached_property
    def printer(self) -> Printer:
        """What writes for people: to a terminal in colour and fitted, into a pipe plain and whole."""
        if sys.stdout.isatty():
            from contexta_cli.output.terminal import TerminalPrinter

            color = not self._given.get("no_color") and self.config.surfaces.cli.color
            return TerminalPrinter(quiet=self.quiet, color=color)
        from contexta_cli.output.printer import PlainPrinter

        return PlainPrinter(quiet=self.quiet)

    def answer(self, data: Any, show: Callable[[Printer], None]) -> None:
        """Write the answer: the data as JSON, or what ``show`` makes of it for people."""
        if self.output_format == "json":
            from contexta_cli.output.json_text import json_text

            sys.stdout.write(f"{json_text(data)}\n")
        else:
            show(self.printer)

    def warn_of_damage(self, contexta: Contexta) -> None:
        """Say on stderr what was passed over on the way to the answer; call it once the answer is written."""
        from contexta_cli.output.damage import damage_warnings

        for warning in damage_warnings(contexta.repository):
            print(f"contexta: warning: {warning}", file=sys.stderr)

    def open_existing(self) -> Contexta:
        """Open the workspace to ask it something; it is not made where there is none.

        Raises:
            NotFoundError: There is none.
        """
        from contexta_cli.configuration import require_workspace

        require_workspace(self.config)
        return self._open(self.config)

    def open_here(self, project_name: str) -> Contexta:
        """Open a workspace to write to: the one that was named, else the one in the current directory.

        Args:
            project_name: The project of what is written.
        """
        from contexta.config import replace_unified_config

        config = self._resolve(walk_up=False).config
        return self._open(replace_unified_config(config, {"project_name": project_name}))

    def _open(self, config: UnifiedConfig) -> Contexta:
        from contexta import Contexta

        return Contexta(config=config)

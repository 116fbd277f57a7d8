"""Groups whose commands are imported when they are called, and commands that take the global options."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from contexta_cli.global_options import FORMATS, GLOBAL_OPTION, global_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from click.shell_completion import CompletionItem

__all__ = ["CommandEntry", "LazyCommand", "LazyGroup", "add_global_options"]

#: Column at which the explanation of an option begins at the latest.
_FIRST_COLUMN = 30


class CommandEntry(NamedTuple):
    """One command of a group before it is imported.

    Args:
        target: ``"package.module:attribute"`` of the command, or a function that makes it.
        summary: Its line in the group's help.
    """

    target: str | Callable[[], click.Command]
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        if not isinstance(self.target, str):
            return self.target()
        module, _, attribute = self.target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


class _Helpful(click.Command):
    """A command with the global options, each listed apart, and examples at the end of its help."""

    def __init__(
        self,
        *args: Any,
        examples: Sequence[str] = (),
        formats: Sequence[str] = FORMATS,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("context_settings", {}).setdefault("help_option_names", ["-h", "--help"])
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        add_global_options(self, formats)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then the global ones."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Global options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                title = "Global options" if hasattr(parameter, GLOBAL_OPTION) else "Options"
                sections[title].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=_FIRST_COLUMN)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        del ctx
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def add_global_options(command: click.Command, formats: Sequence[str] = FORMATS) -> None:
    """Give a command those of the global options that it does not have itself.

    Args:
        command: The command.
        formats: The formats in which it answers.
    """
    own = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
    command.params.extend(option for option in global_options(formats) if own.isdisjoint(option.opts))


class LazyCommand(_Helpful):
    """A command that does something."""


class LazyGroup(_Helpful, click.Group):
    """A group that knows names and helps of its commands, and imports one when it is called.

    Args:
        name: Its name.
        entries: Its commands by name, in the order of the help.
        find_more: Finds the commands that plugins add; asked for help, and for a name that is not among ``entries``.
        **kwargs: As of ``click.Group``, and ``examples``: lines to type.
    """

    def __init__(
        self,
        name: str,
        entries: Mapping[str, CommandEntry],
        *,
        find_more: Callable[[], Mapping[str, CommandEntry]] = dict,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, callback=_help_alone, invoke_without_command=True, **kwargs)
        self.subcommand_metavar = "COMMAND [ARGS]..."
        self._entries = dict(entries)
        self._find_more = find_more

    @cached_property
    def _added(self) -> dict[str, CommandEntry]:
        """What plugins add; a command of our own is not replaced."""
        return {name: entry for name, entry in self._find_more().items() if name not in self._entries}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands; nothing is imported."""
        del ctx
        return [*self._entries, *self._added]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        entry = self._entries.get(cmd_name) or self._added.get(cmd_name)
        return None if entry is None else entry.load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; a typing error is answered with what was probably meant."""
        name = args[0]
        if name not in self._entries and name not in self._added and not name.startswith("-"):
            from difflib import get_close_matches

            known = self.list_commands(ctx)
            close = get_close_matches(name, known, n=2)
            meant = " or ".join(repr(each) for each in close)
            hint = f"did you mean {meant}?" if close else f"there are {', '.join(known)}"
            ctx.fail(f"there is no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, importing none, or of an option."""
        from click.shell_completion import CompletionItem

        entries = {**self._entries, **self._added}
        return [
            *(
                CompletionItem(name, help=entry.summary)
                for name, entry in entries.items()
                if name.startswith(incomplete)
            ),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        for title, entries in (("Commands", self._entries), ("Commands of plugins", self._added)):
            if entries:
                with formatter.section(title):
                    formatter.write_dl([(name, entry.summary) for name, entry in entries.items()])
        super().format_options(ctx, formatter)


@click.pass_context
def _help_alone(ctx: click.Context) -> None:
    """Show the help of a group where no command was typed."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())

"""The entry point: reads the arguments, runs one command, and turns whatever happens into an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

import click

from contexta_cli.invocation import Invocation
from contexta_cli.root import root_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["main", "open_surface"]

EXIT_OK = 0
EXIT_ERROR = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None, *, prog: str = "contexta") -> int:
    """Run the command line.

    Args:
        arguments: What was typed after the program's name; the process's own when None.
        prog: The program's name, for help and messages.

    Returns:
        0 when it went well, 1 after an error or when something that was named was not found, 2 after a typing error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    _accept_any_text()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = _run(given, prog)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough, as in `contexta runs | head`.
        _forget_output()
        return EXIT_OK
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return EXIT_ERROR
    except OSError as error:
        from contexta_cli.failures import report

        _forget_output()
        return report(error, given, prog)
    return code


def open_surface(context: object = None, options: object = None) -> Callable[[Sequence[str]], int]:
    """Return the surface: a function from arguments to an exit code; the factory that the plugin names.

    Args:
        context: Not used; the command line opens the workspace that its arguments name.
        options: Not used; there are none.
    """
    del context, options
    return main


def _run(arguments: list[str], prog: str) -> int:
    command = root_group()
    if f"_{prog.upper()}_COMPLETE" in os.environ:
        # Shell completion is click's own; it answers and exits.
        command.main(arguments, prog_name=prog)
    meta: Mapping[str, Any] = {}
    try:
        # The parser takes its list apart, and the report of an error wants to see what was typed.
        with command.make_context(prog, list(arguments)) as ctx:
            meta = ctx.meta
            # What a command of a plugin gets by click.pass_obj, see contexta.spi.commands.
            ctx.obj = Invocation(ctx)
            command.invoke(ctx)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a message and not a traceback
        from contexta_cli.failures import report
        from contexta_cli.global_options import configured_surface

        return report(error, arguments, prog, surface=configured_surface(meta))
    return EXIT_OK


def _accept_any_text() -> None:
    """Let names in any script pass through a terminal that cannot show them, and bear closed streams (``>&-``)."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the process's life
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Drop what is still to be written, so that the interpreter does not try it again when it ends."""
    try:
        descriptor = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        # Not a file of the operating system: nothing is written at the end.
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _show_warning(message: Warning | str, *place: Any, **more: Any) -> None:
    """Write a warning as a line for people: where in the code it was raised does not help them."""
    del place, more
    from contexta.contract.text import display_safe

    print(f"contexta: warning: {display_safe(str(message))}", file=sys.stderr)

"""What the user is told when a command fails."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from contexta.contract.text import display_safe
from contexta.errors import ContextaError, FilterExpressionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.config.models import CLIConfig

__all__ = ["UsageFault", "report"]

#: Set to anything to see where in the code an error was raised.
DEBUG_VARIABLE = "CONTEXTA_DEBUG"


class UsageFault(click.UsageError):
    """What was typed cannot be meant.

    Args:
        message: What was typed, and what could be.
        code: Stable identifier.
    """

    def __init__(self, message: str, *, code: str = "usage_error") -> None:
        super().__init__(message, click.get_current_context(silent=True))
        self.code = code


def report(
    error: BaseException,
    arguments: Sequence[str],
    prog: str = "contexta",
    *,
    surface: CLIConfig | None = None,
) -> int:
    """Write an error to stderr, as text or as JSON.

    Args:
        error: What was raised.
        arguments: What was typed; it tells the format even where it could not be read to the end.
        prog: The program's name.
        surface: What the configuration says of the command line, where it was read: the format where none was typed,
            and with the verbosity ``debug`` the details as text too, with ``forensic`` also the traceback.

    Returns:
        The exit code: 2 for a typing error, else 1.
    """
    code, message, details = _described(error)
    verbosity = surface.verbosity if surface is not None else "normal"
    if os.environ.get(DEBUG_VARIABLE) or verbosity == "forensic":
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    output_format = _typed_format(arguments) or (surface.default_output_format if surface else "text")
    if output_format in {"json", "ndjson"}:
        from contexta_cli.output.json_text import json_line, json_text

        content = {"error": {"code": code, "message": message, "details": details}}
        print(json_text(content) if output_format == "json" else json_line(content), file=sys.stderr)
    else:
        print(f"{prog}: error: {display_safe(message, multiline=True)} [{code}]", file=sys.stderr)
        if details and verbosity in {"debug", "forensic"}:
            from contexta_cli.output.json_text import json_text

            print(json_text(details), file=sys.stderr)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            print(f"Try '{error.ctx.command_path} --help' for help.", file=sys.stderr)
    # An expression is typed as options are, though the service that understands it finds the error.
    return 2 if isinstance(error, click.UsageError | FilterExpressionError) else 1


def _described(error: BaseException) -> tuple[str, str, Any]:
    """Return code, message and details of an error."""
    if isinstance(error, ContextaError):
        return error.code, error.message, error.details
    if isinstance(error, click.ClickException):
        code = getattr(error, "code", "usage_error")
        return code, error.format_message(), None
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return "os_error", f"{place}{error.strerror or error}", {"errno": error.errno}
    kind = type(error).__name__
    message = f"{kind}: {error}; this is a fault of the program, and {DEBUG_VARIABLE}=1 shows where"
    return "internal_error", message, {"type": kind}


def _typed_format(arguments: Sequence[str]) -> str:
    """Return the format that was typed; the last ``--format`` counts, as for the parser."""
    chosen = ""
    for position, word in enumerate(arguments):
        if word == "--format":
            chosen = arguments[position + 1] if position + 1 < len(arguments) else ""
        elif word.startswith("--format="):
            chosen = word.partition("=")[2]
    return chosen

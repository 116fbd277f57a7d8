"""``python -m contexta``: runs the command line, which is a plugin like every other surface."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from contexta.errors import ContextaError
from contexta.plugins import default_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the installed surface ``cli``, whose component is a function from arguments to an exit code.

    Args:
        arguments: What was typed after the module's name; the process's own when None.

    Returns:
        The exit code; 1 where no such surface is installed or it cannot be loaded.
    """
    try:
        provider = default_host().resolve("surface", "cli", required_by="python -m contexta")
        command: Callable[[Sequence[str]], int] = provider.create(None)
    except ContextaError as error:
        print(f"contexta: error: {error} [{error.code}]", file=sys.stderr)  # noqa: T201 - the answer of a command
        return 1
    return command(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())

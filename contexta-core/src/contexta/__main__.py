"""``python -m contexta``: runs the command line, which is a plugin like every other surface.

The repair tools are no plugin: ``plugins doctor`` and ``plugins show`` are the kernel's own, and so is
``plugins list`` where no command line can be used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from contexta.errors import ContextaError
from contexta.plugins import default_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

_REPAIR = ("doctor", "show")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the installed surface ``cli``, whose component is a function from arguments to an exit code.

    Args:
        arguments: What was typed after the module's name; the process's own when None.

    Returns:
        The exit code; 1 where no such surface is installed or it cannot be loaded.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["plugins"] and given[1:2] in [[word] for word in _REPAIR]:
        return _kernel_command(given)
    try:
        provider = default_host().resolve("surface", "cli", required_by="python -m contexta")
        command: Callable[[Sequence[str]], int] = provider.create(None)
    except ContextaError as error:
        if given[:2] == ["plugins", "list"]:
            return _kernel_command(given)
        print(f"contexta: error: {error} [{error.code}]", file=sys.stderr)  # noqa: T201 - the answer of a command
        return 1
    return command(given)


def _kernel_command(arguments: Sequence[str]) -> int:
    from contexta.plugins.command import main as run

    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main())

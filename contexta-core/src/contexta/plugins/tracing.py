"""``CONTEXTA_TRACE_PLUGINS=1``: a line on standard error for each call of a plugin's hook."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TRACE_VARIABLE", "Tracer"]

#: Any value but an empty one, ``0`` and ``off`` switches the trace on.
TRACE_VARIABLE = "CONTEXTA_TRACE_PLUGINS"


class Tracer:
    """Writes which hook of which plugin is called, how long it took, and what it raised.

    Args:
        environ: Environment variables, of which ``CONTEXTA_TRACE_PLUGINS`` switches it on.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._is_on = environ.get(TRACE_VARIABLE, "").strip().lower() not in {"", "0", "off", "false", "no"}

    @contextmanager
    def around(self, plugin: str, action: str) -> Iterator[None]:
        """Trace one call.

        Args:
            plugin: The plugin that is called.
            action: The hook, or ``"import"``.
        """
        if not self._is_on:
            yield
            return
        started = perf_counter()
        outcome = ""
        try:
            yield
        except BaseException as error:
            outcome = f" raised {type(error).__name__}"
            raise
        finally:
            milliseconds = (perf_counter() - started) * 1_000
            print(f"contexta: plugin {plugin}: {action}{outcome} ({milliseconds:.1f} ms)", file=sys.stderr)  # noqa: T201 - what the switch asks for

"""Options of the stdout sink."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StdoutOptions"]


@dataclass(frozen=True, slots=True)
class StdoutOptions:
    """What ``[capture.sinks.options]`` may hold for ``use = "stdout"``.

    Args:
        stream: ``"stdout"`` or ``"stderr"``.
        indent: Spaces of indentation; None for one line.
    """

    stream: str = "stdout"
    indent: int | None = None

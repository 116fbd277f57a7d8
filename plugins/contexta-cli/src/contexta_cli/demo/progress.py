"""Telling how far the demo is: a bar on a terminal, a line for each run in a pipe."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Self, TextIO

from contexta_cli.output.cells import pad

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

__all__ = ["BarProgress", "LineProgress", "Progress", "SilentProgress"]

_NAME_WIDTH = 24


class Progress(AbstractContextManager["Progress"]):
    """Is told what the demo does.

    Args:
        runs: How many runs there will be.
    """

    def __init__(self, runs: int) -> None:
        self.runs = runs
        self.done = 0

    def begin(self, name: str, epochs: int) -> None:
        """Note that a run begins."""

    def epoch(self, number: int, accuracy: float) -> None:
        """Note that an epoch of the run has ended."""

    def end(self, name: str, accuracy: float, seconds: float) -> None:
        """Note that the run has ended."""
        del name, accuracy, seconds
        self.done += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop showing."""


class SilentProgress(Progress):
    """Shows nothing."""


class LineProgress(Progress):
    """Writes one line for each run.

    Args:
        runs: How many runs there will be.
        stream: Where to.
    """

    def __init__(self, runs: int, stream: TextIO | None = None) -> None:
        super().__init__(runs)
        self._stream = sys.stdout if stream is None else stream

    def end(self, name: str, accuracy: float, seconds: float) -> None:
        """Write the line of a run."""
        super().end(name, accuracy, seconds)
        self._stream.write(
            f"[{self.done:>2}/{self.runs}] {pad(name, _NAME_WIDTH)} val_accuracy {accuracy:.4f}  {seconds:.1f} s\n"
        )
        self._stream.flush()


class BarProgress(LineProgress):
    """Shows a bar for all runs and one for the epochs of this run, above them a line for each run that has ended.

    Args:
        runs: How many runs there will be.
        console: The terminal.
    """

    def __init__(self, runs: int, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        super().__init__(runs)
        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._all: Any = None
        self._epochs: Any = None

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bars.start()
        self._all = self._bars.add_task("runs", total=self.runs)
        self._epochs = self._bars.add_task("epochs", total=None)
        # rich stands between us and the terminal while its bars are shown.
        self._stream = sys.stdout
        return self

    def begin(self, name: str, epochs: int) -> None:
        """Begin the second bar."""
        self._bars.reset(self._epochs, total=epochs, description=pad(name, _NAME_WIDTH))

    def epoch(self, number: int, accuracy: float) -> None:
        """Move the second bar."""
        del accuracy
        self._bars.update(self._epochs, completed=number)

    def end(self, name: str, accuracy: float, seconds: float) -> None:
        """Move the first bar and write the line of the run."""
        super().end(name, accuracy, seconds)
        self._bars.update(self._all, completed=self.done)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bars away."""
        self._bars.stop()

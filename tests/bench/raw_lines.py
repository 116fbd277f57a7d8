"""The floor of every durable write: the standard library's JSON, one line, one system call."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RawLines"]


class RawLines:
    """A file that compact lines of about a hundred bytes are appended to.

    Args:
        path: The file; made when it is missing.
        synced: Whether each line is brought to stable storage.
    """

    def __init__(self, path: Path, *, synced: bool = False) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._synced = synced

    def metric(self, value: float, step: int) -> None:
        """Append one observation."""
        record = {"run": "run:bench.raw", "key": "loss", "value": value, "step": step, "time": time.time()}
        self.line(json.dumps(record).encode() + b"\n")

    def line(self, data: bytes) -> None:
        """Append one line that is encoded already, or many."""
        os.write(self._descriptor, data)
        if self._synced:
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

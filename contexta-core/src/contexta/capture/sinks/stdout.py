"""A sink that prints what it takes, one JSON object a line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from contexta.capture.sinks.base import BaseSink, payload_ref
from contexta.errors import ValidationError
from contexta.results import plain
from contexta.spi.sinks import PayloadFamily, SinkCaptureReceipt

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["StdoutSink"]


class StdoutSink(BaseSink):
    """Prints what it takes.

    Args:
        name: Name of the sink's deliveries.
        stream: ``"stdout"`` or ``"stderr"``; looked up at each capture, so redirection works.
        supported_families: The families that it takes; None for all.
        indent: Spaces of indentation; None for one line.

    Raises:
        ValidationError: Another word for the stream.
    """

    def __init__(
        self,
        *,
        name: str = "stdout",
        stream: str = "stdout",
        supported_families: Iterable[PayloadFamily | str] | None = None,
        indent: int | None = None,
    ) -> None:
        super().__init__(name=name, supported_families=supported_families)
        if stream not in {"stdout", "stderr"}:
            raise ValidationError(
                f"stream is {stream!r}; use 'stdout' or 'stderr'", code="stdout_sink_invalid_stream"
            )
        self.stream = stream
        self._indent = indent

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Print one payload."""
        line = {
            "sink": self.name,
            "family": str(PayloadFamily.of(family)),
            "payload_type": type(payload).__name__,
            "payload_ref": payload_ref(payload),
            "payload": plain(payload),
        }
        text = json.dumps(line, sort_keys=True, ensure_ascii=False, indent=self._indent)
        stream = getattr(sys, self.stream)
        stream.write(text + "\n")
        stream.flush()
        return SinkCaptureReceipt.success()

"""Sinks: where captured things go besides the workspace."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.capture.sinks.base import BaseSink as BaseSink
    from contexta.capture.sinks.buffered import BufferedSink as BufferedSink
    from contexta.capture.sinks.buffered import BufferStatistics as BufferStatistics
    from contexta.capture.sinks.memory import InMemorySink as InMemorySink
    from contexta.capture.sinks.memory import InMemorySinkEntry as InMemorySinkEntry
    from contexta.capture.sinks.stdout import StdoutSink as StdoutSink
    from contexta.spi.sinks import Sink as Sink
    from contexta.spi.sinks import SinkCaptureReceipt as SinkCaptureReceipt

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "BaseSink": "contexta.capture.sinks.base",
        "BufferStatistics": "contexta.capture.sinks.buffered",
        "BufferedSink": "contexta.capture.sinks.buffered",
        "InMemorySink": "contexta.capture.sinks.memory",
        "InMemorySinkEntry": "contexta.capture.sinks.memory",
        "Sink": "contexta.spi.sinks",
        "SinkCaptureReceipt": "contexta.spi.sinks",
        "StdoutSink": "contexta.capture.sinks.stdout",
    },
)

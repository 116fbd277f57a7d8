"""Capture: emissions, results, delivery to sinks."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.capture.dispatcher import AttachedSink as AttachedSink
    from contexta.capture.dispatcher import CaptureDispatcher as CaptureDispatcher
    from contexta.capture.emissions.artifact import (
        ArtifactRegistrationEmission as ArtifactRegistrationEmission,
    )
    from contexta.capture.emissions.event import EventEmission as EventEmission
    from contexta.capture.emissions.metric import MetricEmission as MetricEmission
    from contexta.capture.emissions.span import SpanEmission as SpanEmission
    from contexta.capture.results import BatchCaptureResult as BatchCaptureResult
    from contexta.capture.results import CaptureResult as CaptureResult
    from contexta.capture.sinks.memory import InMemorySink as InMemorySink
    from contexta.capture.sinks.stdout import StdoutSink as StdoutSink
    from contexta.results import ResultStatus as ResultStatus
    from contexta.spi.sinks import Delivery as Delivery
    from contexta.spi.sinks import DeliveryStatus as DeliveryStatus
    from contexta.spi.sinks import PayloadFamily as PayloadFamily
    from contexta.spi.sinks import Sink as Sink
    from contexta.spi.sinks import SinkCaptureReceipt as SinkCaptureReceipt

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "ArtifactRegistrationEmission": "contexta.capture.emissions.artifact",
        "AttachedSink": "contexta.capture.dispatcher",
        "BatchCaptureResult": "contexta.capture.results",
        "CaptureDispatcher": "contexta.capture.dispatcher",
        "CaptureResult": "contexta.capture.results",
        "Delivery": "contexta.spi.sinks",
        "DeliveryStatus": "contexta.spi.sinks",
        "EventEmission": "contexta.capture.emissions.event",
        "InMemorySink": "contexta.capture.sinks.memory",
        "MetricEmission": "contexta.capture.emissions.metric",
        "PayloadFamily": "contexta.spi.sinks",
        "ResultStatus": "contexta.results",
        "Sink": "contexta.spi.sinks",
        "SinkCaptureReceipt": "contexta.spi.sinks",
        "SpanEmission": "contexta.capture.emissions.span",
        "StdoutSink": "contexta.capture.sinks.stdout",
    },
)

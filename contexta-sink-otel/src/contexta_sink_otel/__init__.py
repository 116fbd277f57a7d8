"""Contexta's records to OpenTelemetry."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta_sink_otel.options import OTelOptions as OTelOptions
    from contexta_sink_otel.sink import OTelSink as OTelSink

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "OTelOptions": "contexta_sink_otel.options",
        "OTelSink": "contexta_sink_otel.sink",
    },
)

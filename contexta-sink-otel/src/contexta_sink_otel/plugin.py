"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_sinks"]


@hookimpl
def contexta_sinks() -> list[Provider]:
    """Offer the sink ``otel``."""
    return [
        Provider(
            name="otel",
            factory="contexta_sink_otel.sink:open_sink",
            options="contexta_sink_otel.options:OTelOptions",
            summary="Sends spans, metrics and events to a collector by OTLP.",
        )
    ]

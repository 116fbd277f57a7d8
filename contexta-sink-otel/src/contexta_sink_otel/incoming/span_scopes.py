"""A span processor that remembers the scope that each span is started in."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakSet

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor

from contexta_sink_otel.incoming.run_history import HISTORY

if TYPE_CHECKING:
    from typing import Any

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

__all__ = ["SpanScopes", "watch_spans"]

_watched: WeakSet[Any] = WeakSet()


class SpanScopes(SpanProcessor):
    """Remembers, on the thread that starts a span, which run and stage are active there."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's own
        """Remember the scope of a span; the program that starts it must go on, whatever happens here."""
        with suppress(Exception):
            context = span.get_span_context()
            if context is not None:
                HISTORY.span_started(context.trace_id, context.span_id)


def watch_spans() -> None:
    """Have the program's tracer provider tell of the spans that are started; of another one, times alone tell."""
    provider: Any = trace.get_tracer_provider()
    if provider not in _watched and callable(getattr(provider, "add_span_processor", None)):
        _watched.add(provider)
        provider.add_span_processor(SpanScopes())

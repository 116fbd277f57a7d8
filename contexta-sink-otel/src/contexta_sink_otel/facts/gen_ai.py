"""Metrics of GenAI calls, by OpenTelemetry's semantic conventions.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta_sink_otel.facts.points import PointFacts

if TYPE_CHECKING:
    from contexta_sink_otel.facts.spans import SpanFacts

__all__ = ["BOUNDS", "TOKEN_USAGE", "gen_ai_points"]

#: Tokens of one call, by ``gen_ai.token.type``.
TOKEN_USAGE = "gen_ai.client.token.usage"  # noqa: S105 - the name of a metric

#: Duration of one call, in seconds.
OPERATION_DURATION = "gen_ai.client.operation.duration"

_TOKEN_BOUNDS = tuple(float(4**power) for power in range(14))
_DURATION_BOUNDS = tuple(0.01 * 2**power for power in range(14))

#: Upper bounds of the buckets that the conventions ask for, by metric.
BOUNDS: dict[str, tuple[float, ...]] = {
    TOKEN_USAGE: _TOKEN_BOUNDS,
    OPERATION_DURATION: _DURATION_BOUNDS,
    "gen_ai.server.request.duration": _DURATION_BOUNDS,
}

#: Attributes of a span that its metrics share; others would split the series.
_SHARED = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.system",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
    "error.type",
)

_NANOSECONDS = 1_000_000_000


def gen_ai_points(span: SpanFacts) -> list[PointFacts]:
    """Return the points that a span of a GenAI call gives: its duration, and the tokens where they are known.

    Args:
        span: Any span; one that names no GenAI operation gives none.
    """
    if "gen_ai.operation.name" not in span.attributes:
        return []
    shared = {name: span.attributes[name] for name in _SHARED if name in span.attributes}
    shared["contexta.run_ref"] = span.run
    points: list[tuple[str, str, float, dict[str, Any]]] = [
        (OPERATION_DURATION, "s", (span.end - span.start) / _NANOSECONDS, shared)
    ]
    for kind in ("input", "output"):
        tokens = span.attributes.get(f"gen_ai.usage.{kind}_tokens")
        if isinstance(tokens, (int, float)):
            points.append((TOKEN_USAGE, "{token}", tokens, {**shared, "gen_ai.token.type": kind}))
    return [
        PointFacts(name, span.run, unit, value, span.end, attributes, BOUNDS[name])
        for name, unit, value, attributes in points
    ]

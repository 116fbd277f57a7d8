"""What a route does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta_sink_otel.facts.logs import LogFacts
    from contexta_sink_otel.facts.points import PointFacts
    from contexta_sink_otel.facts.spans import SpanFacts
    from contexta_sink_otel.routes.partial_success import Rejected

__all__ = ["Route"]


class Route(Protocol):
    """Brings facts out.  Each sending raises where it did not arrive, and returns what was rejected of it."""

    def send_spans(self, spans: Sequence[SpanFacts]) -> Rejected | None:
        """Send spans."""

    def send_points(self, points: Sequence[PointFacts]) -> Rejected | None:
        """Send values of metrics."""

    def send_logs(self, logs: Sequence[LogFacts]) -> Rejected | None:
        """Send log records."""

    def flush(self, timeout: float) -> None:
        """Wait until everything has left, at most so many seconds."""

    def close(self) -> None:
        """Let go of every resource."""

"""What the sink needs of OpenTelemetry's libraries, and what it says where they are missing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from contexta.errors import DependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["require_libraries", "without_instrumentation"]


def require_libraries() -> None:
    """Check that the SDK is there.

    Raises:
        DependencyError: It is not installed.
    """
    try:
        import opentelemetry.sdk.trace  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise DependencyError(
            f"OpenTelemetry needs the package opentelemetry-sdk ({error}): pip install 'contexta[otel]>=2'",
            code="otel_api_not_ready",
            cause=error,
        ) from error


@contextmanager
def without_instrumentation() -> Iterator[None]:
    """Keep the sink's own requests out of what an instrumented HTTP library traces: they would be sent in turn."""
    from opentelemetry import context

    # The key by which OpenTelemetry's own processors say so.
    token = context.attach(context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: SLF001 - it has no public name
    try:
        yield
    finally:
        context.detach(token)

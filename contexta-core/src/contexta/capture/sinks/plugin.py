"""The built-in sinks, registered through the same entry points as everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.capture.sinks.memory import InMemorySink
    from contexta.capture.sinks.stdout import StdoutSink
    from contexta.capture.sinks.stdout_options import StdoutOptions
    from contexta.spi.context import OpenContext

__all__ = ["contexta_sinks"]


@hookimpl
def contexta_sinks() -> Iterable[Provider]:
    """Return the built-in sinks."""
    return [
        Provider("memory", "contexta.capture.sinks.plugin:open_memory", summary="keeps payloads in memory"),
        Provider(
            "stdout",
            "contexta.capture.sinks.plugin:open_stdout",
            options="contexta.capture.sinks.stdout_options:StdoutOptions",
            summary="prints payloads as JSON lines",
        ),
    ]


def open_memory(context: OpenContext, options: None) -> InMemorySink:  # noqa: ARG001 - the factory's signature
    """Open the memory sink."""
    from contexta.capture.sinks.memory import InMemorySink

    return InMemorySink()


def open_stdout(context: OpenContext, options: StdoutOptions) -> StdoutSink:  # noqa: ARG001 - the factory's signature
    """Open the stdout sink."""
    from contexta.capture.sinks.stdout import StdoutSink

    return StdoutSink(stream=options.stream, indent=options.indent)

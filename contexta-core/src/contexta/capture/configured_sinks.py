"""Sinks that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contexta.capture.dispatcher import AttachedSink
from contexta.capture.sink_attempts import RetryPolicy
from contexta.errors import ContextaError, PluginLoadError
from contexta.spi.context import OpenContext
from contexta.spi.sinks import PayloadFamily, SupportsBatches

if TYPE_CHECKING:
    from contexta.config.models import SinkConfig, UnifiedConfig
    from contexta.plugins import PluginHost
    from contexta.spi.sinks import Sink

__all__ = ["open_configured_sinks"]


def open_configured_sinks(config: UnifiedConfig, host: PluginHost) -> tuple[AttachedSink, ...]:
    """Open the sinks of ``[[capture.sinks]]``, in their order.

    A sink that is not required and whose plugin is broken, or was written for another version, does not stop the
    session: it is logged, and every capture says that it is missing.

    Raises:
        MissingPluginError: No installed plugin has a name.
        PluginConflictError: Several have it.
        PluginError: A required sink cannot be opened; any sink, where failures of plugins are to be raised.
        ConfigurationError: An option is unknown or of another type.
        ValidationError: There is no such payload family.
    """
    workspace = Path(config.workspace.root_path)
    return tuple(
        _attached(entry, _opened(entry, f"capture.sinks[{position}]", workspace, host), config)
        for position, entry in enumerate(config.capture.sinks)
    )


def _attached(entry: SinkConfig, sink: Sink, config: UnifiedConfig) -> AttachedSink:
    from contexta.capture.sinks.unavailable import UnavailableSink

    is_there = not isinstance(sink, UnavailableSink)
    suspend_after = entry.suspend_after_failures if is_there else 0
    capacity = entry.queue_capacity
    if capacity is None and isinstance(sink, SupportsBatches) and not entry.required:
        capacity = sink.queue_capacity
    if capacity and is_there:
        from contexta.capture.sinks.buffered import BufferedSink

        sink = BufferedSink(
            sink,
            name=str(entry.id),
            capacity=capacity,
            deadline_seconds=entry.queue_deadline_seconds,
            when_full=entry.queue_when_full,
            policy=RetryPolicy(
                config.capture.retry_attempts,
                config.capture.retry_backoff_seconds,
                suspend_after,
                entry.suspension_seconds,
            ),
        )
    return AttachedSink(
        sink,
        str(entry.id),
        entry.required,
        tuple(PayloadFamily.of(word) for word in entry.families),
        entry.close_timeout_seconds,
        suspend_after,
        entry.suspension_seconds,
    )


def _opened(entry: SinkConfig, setting: str, workspace: Path, host: PluginHost) -> Sink:
    context = OpenContext(root=workspace / "sinks" / str(entry.id), workspace=workspace)
    try:
        sink: Sink = host.open(
            "sink",
            entry.use,
            context,
            options=entry.options,
            required_by=f"{setting}.use",
            path=f"{setting}.options",
        )
        _require_sink(sink, entry, setting)
    except ContextaError as error:
        from contexta.capture.sinks.unavailable import UnavailableSink, can_do_without

        if entry.required or not can_do_without(error, host):
            raise
        message = f"the sink {str(entry.id)!r} is left out: {error}"
        host.errors.warn(message, message)
        return UnavailableSink(str(entry.id), error)
    return sink


def _require_sink(sink: object, entry: SinkConfig, setting: str) -> None:
    lacking = [method for method in ("supports", "capture") if not callable(getattr(sink, method, None))]
    if lacking:
        raise PluginLoadError(
            f"{setting}.use = {entry.use!r} gave a {type(sink).__name__}, which is no sink: it lacks"
            f" {' and '.join(f'{method}()' for method in lacking)}; the plugin is at fault",
            code="plugin_wrong_component",
        )

"""Sinks that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contexta.capture.dispatcher import AttachedSink
from contexta.spi.context import OpenContext
from contexta.spi.sinks import PayloadFamily

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig
    from contexta.plugins import PluginHost

__all__ = ["open_configured_sinks"]


def open_configured_sinks(config: UnifiedConfig, host: PluginHost) -> tuple[AttachedSink, ...]:
    """Open the sinks of ``[[capture.sinks]]``, in their order.

    Raises:
        MissingPluginError: No installed plugin has a name.
        ConfigurationError: An option is unknown or of another type.
    """
    workspace = Path(config.workspace.root_path)
    attached = []
    for position, entry in enumerate(config.capture.sinks):
        setting = f"capture.sinks[{position}]"
        provider = host.resolve("sink", entry.use, required_by=f"{setting}.use")
        context = OpenContext(root=workspace / "sinks" / str(entry.id), workspace=workspace)
        sink = provider.create(context, entry.options, path=f"{setting}.options")
        families = tuple(PayloadFamily.of(word) for word in entry.families)
        attached.append(AttachedSink(sink, str(entry.id), entry.required, families))
    return tuple(attached)

"""What stands in for a configured sink that could not be opened: every capture says why it got nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import ConfigurationError, ContextaError, MissingPluginError, PluginConflictError
from contexta.spi.sinks import DeliveryStatus, PayloadFamily, SinkCaptureReceipt

if TYPE_CHECKING:
    from contexta.plugins import PluginHost

__all__ = ["UnavailableSink", "can_do_without"]


class UnavailableSink:
    """A sink that answers every capture with the reason why the real one is not there.

    Deliveries fail as they do when a sink is down, so the configured failure mode keeps them for replay.

    Args:
        name: Name of the configured sink.
        error: Why it could not be opened.
    """

    def __init__(self, name: str, error: ContextaError) -> None:
        self.name = name
        self.error = error
        self.supported_families: tuple[PayloadFamily, ...] = tuple(PayloadFamily)

    def supports(self, family: PayloadFamily | str) -> bool:
        """Return True: what the real sink takes is not known."""
        del family
        return True

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Answer with the failure; trying again in the same session does not help, so nothing is raised."""
        del family, payload
        facts = {
            "error_code": self.error.code,
            "error_type": type(self.error).__name__,
            "unavailable": True,
        }
        return SinkCaptureReceipt(DeliveryStatus.FAILURE, f"the sink is not available: {self.error}", facts)


def can_do_without(error: ContextaError, host: PluginHost) -> bool:
    """Tell whether a session may go on without a sink that could not be opened.

    A broken or unfit plugin spoils only itself.  A name that nobody offers, one that several offer, and options that
    the plugin does not know are mistakes in the configuration, which whoever wrote it wants to hear of at once.

    Args:
        error: Why it could not be opened.
        host: Its policy says whether failures of plugins are raised.
    """
    is_mistake = isinstance(error, (ConfigurationError, MissingPluginError, PluginConflictError))
    return not is_mistake and not host.errors.raises

"""What programs say by the standard library's means, as events: log messages, warnings, uncaught exceptions."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.runtime.logs.handler import CaptureHandler as CaptureHandler
    from contexta.runtime.logs.log_capture import LogCapture as LogCapture

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {"CaptureHandler": "contexta.runtime.logs.handler", "LogCapture": "contexta.runtime.logs.log_capture"},
)

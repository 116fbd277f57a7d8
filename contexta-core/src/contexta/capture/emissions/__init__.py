"""What is captured, before it has a place: emissions.

An emission is checked and normalised when it is made, so what reaches the stores is always well formed.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.capture.emissions.artifact import (
        ArtifactRegistrationEmission as ArtifactRegistrationEmission,
    )
    from contexta.capture.emissions.event import EventEmission as EventEmission
    from contexta.capture.emissions.metric import MetricEmission as MetricEmission
    from contexta.capture.emissions.span import SpanEmission as SpanEmission

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "ArtifactRegistrationEmission": "contexta.capture.emissions.artifact",
        "EventEmission": "contexta.capture.emissions.event",
        "MetricEmission": "contexta.capture.emissions.metric",
        "SpanEmission": "contexta.capture.emissions.span",
    },
)

"""Trends under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import TrendPolicy as TrendPolicy
    from contexta.errors import TrendError as TrendError
    from contexta.spi.trends import ArtifactSizePoint as ArtifactSizePoint
    from contexta.spi.trends import ArtifactSizeTrend as ArtifactSizeTrend
    from contexta.spi.trends import ChangePoint as ChangePoint
    from contexta.spi.trends import DurationTrend as DurationTrend
    from contexta.spi.trends import MetricTrend as MetricTrend
    from contexta.spi.trends import StageDurationPoint as StageDurationPoint
    from contexta.spi.trends import StepPoint as StepPoint
    from contexta.spi.trends import StepSeries as StepSeries
    from contexta.spi.trends import TrendPoint as TrendPoint

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "ArtifactSizePoint": "contexta.spi.trends",
        "ArtifactSizeTrend": "contexta.spi.trends",
        "ChangePoint": "contexta.spi.trends",
        "DurationTrend": "contexta.spi.trends",
        "MetricTrend": "contexta.spi.trends",
        "StageDurationPoint": "contexta.spi.trends",
        "StepPoint": "contexta.spi.trends",
        "StepSeries": "contexta.spi.trends",
        "TrendError": "contexta.errors",
        "TrendPoint": "contexta.spi.trends",
        "TrendPolicy": "contexta.config.models",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "TrendService"


def _offered() -> "list[str]":
    import contexta.interpretation as home

    return sorted([*_names, *({_SERVICE} & set(home.__all__))])


__all__ = _offered()  # noqa: PLE0605 - what is installed is known only when it is looked at


def __dir__() -> "list[str]":
    return list(__all__)


def __getattr__(name: str) -> object:
    if name != _SERVICE:
        return _from_table(name)
    import contexta.interpretation as home

    return getattr(home, name)

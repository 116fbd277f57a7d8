"""Comparisons under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import ComparisonPolicy as ComparisonPolicy
    from contexta.errors import ComparisonError as ComparisonError
    from contexta.spi.comparison import ArtifactChange as ArtifactChange
    from contexta.spi.comparison import ArtifactKindCountRow as ArtifactKindCountRow
    from contexta.spi.comparison import MetricDelta as MetricDelta
    from contexta.spi.comparison import MultiRunComparison as MultiRunComparison
    from contexta.spi.comparison import MultiRunMetricRow as MultiRunMetricRow
    from contexta.spi.comparison import ProvenanceComparison as ProvenanceComparison
    from contexta.spi.comparison import ReportComparison as ReportComparison
    from contexta.spi.comparison import RunComparison as RunComparison
    from contexta.spi.comparison import SectionDiff as SectionDiff
    from contexta.spi.comparison import StageComparison as StageComparison
    from contexta.spi.views import CompletenessNote as CompletenessNote

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "ArtifactChange": "contexta.spi.comparison",
        "ArtifactKindCountRow": "contexta.spi.comparison",
        "ComparisonError": "contexta.errors",
        "ComparisonPolicy": "contexta.config.models",
        "CompletenessNote": "contexta.spi.views",
        "MetricDelta": "contexta.spi.comparison",
        "MultiRunComparison": "contexta.spi.comparison",
        "MultiRunMetricRow": "contexta.spi.comparison",
        "ProvenanceComparison": "contexta.spi.comparison",
        "ReportComparison": "contexta.spi.comparison",
        "RunComparison": "contexta.spi.comparison",
        "SectionDiff": "contexta.spi.comparison",
        "StageComparison": "contexta.spi.comparison",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "CompareService"


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

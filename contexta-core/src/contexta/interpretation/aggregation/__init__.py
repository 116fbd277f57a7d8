"""Aggregations under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.errors import AggregationError as AggregationError
    from contexta.spi.aggregation import MetricAggregate as MetricAggregate
    from contexta.spi.aggregation import RunStatusDistribution as RunStatusDistribution
    from contexta.spi.aggregation import RunSummaryTable as RunSummaryTable
    from contexta.spi.aggregation import StageAggregate as StageAggregate
    from contexta.spi.aggregation import StatusCount as StatusCount

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "AggregationError": "contexta.errors",
        "MetricAggregate": "contexta.spi.aggregation",
        "RunStatusDistribution": "contexta.spi.aggregation",
        "RunSummaryTable": "contexta.spi.aggregation",
        "StageAggregate": "contexta.spi.aggregation",
        "StatusCount": "contexta.spi.aggregation",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "AggregationService"


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

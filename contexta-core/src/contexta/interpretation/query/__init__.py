"""Queries under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.spi.querying import MetricCondition as MetricCondition
    from contexta.spi.querying import RunListQuery as RunListQuery
    from contexta.spi.querying import RunSnapshot as RunSnapshot
    from contexta.spi.querying import TimeRange as TimeRange
    from contexta.spi.views import EvidenceLink as EvidenceLink

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "EvidenceLink": "contexta.spi.views",
        "MetricCondition": "contexta.spi.querying",
        "RunListQuery": "contexta.spi.querying",
        "RunSnapshot": "contexta.spi.querying",
        "TimeRange": "contexta.spi.querying",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "QueryService"


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

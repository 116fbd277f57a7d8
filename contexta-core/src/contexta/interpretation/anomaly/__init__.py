"""Anomalies under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import AnomalyPolicy as AnomalyPolicy
    from contexta.errors import AnomalyError as AnomalyError
    from contexta.spi.anomalies import AnomalyReport as AnomalyReport
    from contexta.spi.anomalies import AnomalyResult as AnomalyResult
    from contexta.spi.anomalies import MetricBaseline as MetricBaseline

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "AnomalyError": "contexta.errors",
        "AnomalyPolicy": "contexta.config.models",
        "AnomalyReport": "contexta.spi.anomalies",
        "AnomalyResult": "contexta.spi.anomalies",
        "MetricBaseline": "contexta.spi.anomalies",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "AnomalyService"


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

"""Alerts under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import AlertPolicy as AlertPolicy
    from contexta.errors import AlertError as AlertError
    from contexta.spi.alerts import AlertReport as AlertReport
    from contexta.spi.alerts import AlertResult as AlertResult
    from contexta.spi.alerts import AlertRule as AlertRule

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "AlertError": "contexta.errors",
        "AlertPolicy": "contexta.config.models",
        "AlertReport": "contexta.spi.alerts",
        "AlertResult": "contexta.spi.alerts",
        "AlertRule": "contexta.spi.alerts",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "AlertService"


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

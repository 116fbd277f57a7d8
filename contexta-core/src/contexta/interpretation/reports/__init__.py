"""Reports under the name that they had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.errors import RenderingError as RenderingError
    from contexta.spi.reports import ReportDocument as ReportDocument
    from contexta.spi.reports import ReportSection as ReportSection

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "RenderingError": "contexta.errors",
        "ReportDocument": "contexta.spi.reports",
        "ReportSection": "contexta.spi.reports",
    },
)

#: The class of the service, where the stock services are installed.
_SERVICE = "ReportBuilder"


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

"""Lineage under the name that it had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import LineagePolicy as LineagePolicy
    from contexta.errors import LineageError as LineageError
    from contexta.spi.lineage import LineageEdge as LineageEdge
    from contexta.spi.lineage import LineageTraversal as LineageTraversal

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "LineageEdge": "contexta.spi.lineage",
        "LineageError": "contexta.errors",
        "LineagePolicy": "contexta.config.models",
        "LineageTraversal": "contexta.spi.lineage",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "LineageService"


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

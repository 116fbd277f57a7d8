"""Provenance under the name that it had before version 2: the same objects as in ``contexta.interpretation``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.errors import ProvenanceError as ProvenanceError
    from contexta.spi.provenance import EnvironmentDiff as EnvironmentDiff
    from contexta.spi.provenance import EnvironmentDifference as EnvironmentDifference
    from contexta.spi.provenance import EnvironmentValueChange as EnvironmentValueChange
    from contexta.spi.provenance import ReproducibilityAudit as ReproducibilityAudit
    from contexta.spi.provenance import ReproducibilityCriterion as ReproducibilityCriterion
    from contexta.spi.provenance import RunOrigin as RunOrigin
    from contexta.spi.views import ProvenanceView as ProvenanceView

_from_table, _, _names = attach_lazy(
    __name__,
    {
        "EnvironmentDiff": "contexta.spi.provenance",
        "EnvironmentDifference": "contexta.spi.provenance",
        "EnvironmentValueChange": "contexta.spi.provenance",
        "ProvenanceError": "contexta.errors",
        "ProvenanceView": "contexta.spi.views",
        "ReproducibilityAudit": "contexta.spi.provenance",
        "ReproducibilityCriterion": "contexta.spi.provenance",
        "RunOrigin": "contexta.spi.provenance",
    },
)

#: The service class, where the stock services are installed.
_SERVICE = "ProvenanceService"


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

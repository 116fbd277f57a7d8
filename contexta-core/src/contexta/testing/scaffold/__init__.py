"""Complete projects of plugins to begin with: what ``contexta plugins new`` writes.

A project has everything that a plugin needs, works as it is, and its tests pass at once; they hold it to the contracts
of :mod:`contexta.testing`.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.testing.scaffold.kinds import PROJECT_KINDS as PROJECT_KINDS
    from contexta.testing.scaffold.writing import WrittenProject as WrittenProject
    from contexta.testing.scaffold.writing import write_project as write_project

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "PROJECT_KINDS": "contexta.testing.scaffold.kinds",
        "WrittenProject": "contexta.testing.scaffold.writing",
        "write_project": "contexta.testing.scaffold.writing",
    },
)

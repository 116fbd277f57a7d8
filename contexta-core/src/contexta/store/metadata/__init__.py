"""The metadata plane: projects, runs, stages and their like."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import MetadataStoreConfig as MetadataStoreConfig
    from contexta.spi.metadata import Entity as Entity
    from contexta.spi.metadata import EntityKind as EntityKind
    from contexta.spi.metadata import EntityQuery as EntityQuery
    from contexta.spi.metadata import Mutation as Mutation
    from contexta.store.integrity import IntegrityReport as IntegrityReport
    from contexta.store.metadata.store import MetadataStore as MetadataStore

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "Entity": "contexta.spi.metadata",
        "EntityKind": "contexta.spi.metadata",
        "EntityQuery": "contexta.spi.metadata",
        "IntegrityReport": "contexta.store.integrity",
        "MetadataStore": "contexta.store.metadata.store",
        "MetadataStoreConfig": "contexta.config.models",
        "Mutation": "contexta.spi.metadata",
    },
)

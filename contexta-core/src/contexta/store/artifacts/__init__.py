"""The artifact plane: bodies kept by content, manifests bound to them."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import ArtifactStoreConfig as ArtifactStoreConfig
    from contexta.store.artifacts.reading import artifact_exists as artifact_exists
    from contexta.store.artifacts.reading import get_artifact as get_artifact
    from contexta.store.artifacts.reading import iter_artifact_chunks as iter_artifact_chunks
    from contexta.store.artifacts.reading import list_refs as list_refs
    from contexta.store.artifacts.reading import open_artifact as open_artifact
    from contexta.store.artifacts.reading import read_artifact_bytes as read_artifact_bytes
    from contexta.store.artifacts.store import ArtifactHandle as ArtifactHandle
    from contexta.store.artifacts.store import ArtifactStore as ArtifactStore
    from contexta.store.integrity import IntegrityReport as IntegrityReport

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "ArtifactHandle": "contexta.store.artifacts.store",
        "ArtifactStore": "contexta.store.artifacts.store",
        "ArtifactStoreConfig": "contexta.config.models",
        "IntegrityReport": "contexta.store.integrity",
        "artifact_exists": "contexta.store.artifacts.reading",
        "get_artifact": "contexta.store.artifacts.reading",
        "iter_artifact_chunks": "contexta.store.artifacts.reading",
        "list_refs": "contexta.store.artifacts.reading",
        "open_artifact": "contexta.store.artifacts.reading",
        "read_artifact_bytes": "contexta.store.artifacts.reading",
    },
)

"""The plainest stores that keep every promise of the SPI: what the conformance kit itself is tried on.

They read everything for each question, so they are for tests, for programs that try a plugin out, and for whoever
wants to see how little a store has to do.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.testing.reference.artifacts import PlainArtifactStore as PlainArtifactStore
    from contexta.testing.reference.metadata import PlainMetadataStore as PlainMetadataStore
    from contexta.testing.reference.records import PlainRecordStore as PlainRecordStore

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "PlainArtifactStore": "contexta.testing.reference.artifacts",
        "PlainMetadataStore": "contexta.testing.reference.metadata",
        "PlainRecordStore": "contexta.testing.reference.records",
    },
)

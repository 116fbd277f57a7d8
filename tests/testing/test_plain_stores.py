"""The plain stores of the kit keep the contracts themselves."""

from __future__ import annotations

from contexta.testing.contracts import ArtifactStoreContract, MetadataStoreContract, RecordStoreContract
from contexta.testing.reference import PlainArtifactStore, PlainMetadataStore, PlainRecordStore


class TestPlainMetadata(MetadataStoreContract):
    """The plain metadata store."""

    capabilities = frozenset({"deletion"})

    def open_store(self, context):
        return PlainMetadataStore(context)


class TestPlainRecords(RecordStoreContract):
    """The plain record store."""

    def open_store(self, context):
        return PlainRecordStore(context)


class TestPlainArtifacts(ArtifactStoreContract):
    """The plain artifact store."""

    def open_store(self, context):
        return PlainArtifactStore(context)

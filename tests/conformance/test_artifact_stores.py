"""The artifact stores of this repository keep the contract of the kit."""

from __future__ import annotations

from contexta.testing.contracts import ArtifactStoreContract
from contexta_store_files.backend import open_backend as open_files


class TestFiles(ArtifactStoreContract):
    """The stock store."""

    capabilities = frozenset({"adopt", "garbage_collection", "repairs", "staged_ingest", "unbinding"})

    def open_store(self, context):
        return open_files(context)

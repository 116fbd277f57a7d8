"""The record stores of this repository keep the contract of the kit."""

from __future__ import annotations

from contexta.testing.contracts import RecordStoreContract
from contexta_store_jsonl.backend import open_backend as open_jsonl


class TestJsonl(RecordStoreContract):
    """The stock store."""

    capabilities = frozenset(
        {"series", "summaries", "pushdown", "outlines", "following", "compaction", "deletion", "repairs"}
    )

    def open_store(self, context):
        return open_jsonl(context)

"""Stores with the required methods alone, as the smallest plugin has them: a dictionary and a list.

They live as long as the object that offers them, so a workspace of theirs is opened once.  The plain stores of
``contexta.testing`` keep files and read them whole for each question, which takes the golden tests twenty times as long.
"""

from __future__ import annotations

import threading

from contexta.log.liveness import Liveness
from contexta.spi.entity_selection import select_entities
from contexta.spi.merge import document_of, merge_patch
from contexta.spi.metadata import Entity, MetadataBackend
from contexta.spi.participation import fold_participations
from contexta.spi.records import RecordBackend, StoredFlatRecord
from contexta.testing.workspaces import PlainStores

__all__ = ["memory_stores"]


class PlainMetadata(MetadataBackend):
    """A metadata store that is a dictionary."""

    def __init__(self):
        self._states = {}
        self._claims = set()
        self._clock = 0
        self._lock = threading.Lock()

    @property
    def writer(self):
        return "plain"

    def claim_run(self, run_ref):
        with self._lock:
            is_free = run_ref not in self._claims
            self._claims.add(run_ref)
            return is_free

    def apply(self, mutations):
        with self._lock:
            for mutation in mutations:
                self._clock += 1
                state = self._states.setdefault((mutation.kind, mutation.ref), {})
                merge_patch(state, f"{self._clock:020}", mutation.fields)

    def get(self, kind, ref):
        state = self._states.get((kind, ref))
        return None if state is None else self._entity(kind, ref, state)

    def find(self, query):
        return select_entities(
            [
                self._entity(kind, ref, state)
                for (kind, ref), state in sorted(self._states.items())
                if kind == query.kind
            ],
            query,
        )

    def _entity(self, kind, ref, state):
        return Entity(kind, ref, fold_participations(document_of(state), lambda _: Liveness.ALIVE))

    def check_integrity(self, *, full=True):
        return []

    def close(self):
        """Nothing is open."""


class PlainRecords(RecordBackend):
    """A record store that is a list, without any quick path."""

    def __init__(self):
        self._records = []

    def append(self, records):
        start = len(self._records)
        self._records.extend(records)
        return [StoredFlatRecord(each, "list", start + place) for place, each in enumerate(records)]

    def scan(self, scan_filter=None):
        for place, record in enumerate(list(self._records)):
            if scan_filter is None or scan_filter.matches(record):
                yield StoredFlatRecord(record, "list", place)

    def check_integrity(self):
        return []

    def close(self):
        """Nothing is open."""


def memory_stores():
    """Return the plugin of the kit with both under the name ``plain``; they live as long as it does."""
    metadata, records = PlainMetadata(), PlainRecords()
    return PlainStores(metadata=lambda _: metadata, records=lambda _: records)

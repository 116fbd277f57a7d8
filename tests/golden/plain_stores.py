"""Stores with the required methods alone, as the smallest plugin has them: a dictionary and a list.

They live as long as the object that offers them, so a workspace of theirs is opened once.  The plain stores of
``contexta.testing`` keep files and read them whole for each question, which takes the golden tests twenty times as long.
"""

from __future__ import annotations

import threading

from contexta.contract.timestamps import instant
from contexta.log.liveness import Liveness
from contexta.plugins import Provider, hookimpl
from contexta.spi.merge import document_of, merge_patch
from contexta.spi.metadata import Entity, MetadataBackend
from contexta.spi.participation import fold_participations
from contexta.spi.records import RecordBackend, StoredFlatRecord

__all__ = ["PlainMetadata", "PlainRecords", "PlainStores"]


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
        found = [
            self._entity(kind, ref, state)
            for (kind, ref), state in sorted(self._states.items())
            if kind == query.kind
        ]
        found = [each for each in found if _matches(each, query)]
        if query.order_by != "ref":
            having = [each for each in found if each.document.get(query.order_by) is not None]
            lacking = [each for each in found if each.document.get(query.order_by) is None]
            having.sort(key=lambda each: _place(each, query.order_by), reverse=query.descending)
            found = having + lacking
        elif query.descending:
            found.reverse()
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    def _entity(self, kind, ref, state):
        return Entity(kind, ref, fold_participations(document_of(state), lambda _: Liveness.ALIVE))

    def check_integrity(self, *, full=True):
        return []

    def close(self):
        """Nothing is open."""


def _place(entity, field):
    value = entity.document[field]
    return instant(value) if field.endswith("_at") else value


def _is_one_of(value, wanted):
    return value in wanted if isinstance(wanted, frozenset) else value == wanted


def _matches(entity, query):
    document = entity.document
    started = document.get("started_at")
    return (
        (query.refs is None or entity.ref in query.refs)
        and all(_is_one_of(document.get(name), wanted) for name, wanted in query.fields.items())
        and all((document.get("tags") or {}).get(name) == value for name, value in query.tags.items())
        and query.status in {None, document.get("status")}
        and all(document.get(name) is not None for name in query.present)
        and all(document.get(name) is None for name in query.absent)
        and (
            query.started_after is None
            or (started is not None and instant(started) >= instant(query.started_after))
        )
        and (
            query.started_before is None
            or (started is not None and instant(started) <= instant(query.started_before))
        )
    )


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


class PlainStores:
    """The plugin that offers both under the name ``plain``."""

    def __init__(self):
        self._metadata = PlainMetadata()
        self._records = PlainRecords()

    @hookimpl
    def contexta_metadata_stores(self):
        return [Provider("plain", lambda context, options: self._metadata)]

    @hookimpl
    def contexta_record_stores(self):
        return [Provider("plain", lambda context, options: self._records)]

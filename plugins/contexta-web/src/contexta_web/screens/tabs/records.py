"""The tab with the records of a run as they are kept."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from contexta.contract.vocabularies import RECORD_TYPES
from contexta.spi.dashboard import Page
from contexta.spi.records import ScanFilter
from contexta_web.screens.address import address_of, tab_path

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_records"]

_SIZE = 50
_MOST_OFFSET = 100_000_000


def show_records(contexta: Contexta, question: Question) -> Page:
    """Show a page of records in the order in which they are kept; what is not on it is not kept in memory."""
    run_id = question.path["run_id"]
    counts = contexta.repository.record_counts(run_id)
    asked = question.first("type") or ""
    record_type = asked if asked in RECORD_TYPES else None
    offset = question.count("offset", 0, _MOST_OFFSET)
    scan = contexta.record_store.scan(ScanFilter(run_ref=run_id, record_type=record_type))
    records = list(islice(scan, offset, offset + _SIZE + 1))
    address = address_of(tab_path(run_id, "records"), question)
    return Page(
        "run_records.html",
        {
            "records": records[:_SIZE],
            "types": [(each, counts.get(each, 0)) for each in sorted(RECORD_TYPES)],
            "type": record_type or "",
            "offset": offset,
            "count": sum(counts.values()) if record_type is None else counts.get(record_type, 0),
            "before": address.with_(offset=max(0, offset - _SIZE) or None) if offset else None,
            "after": address.with_(offset=offset + _SIZE) if len(records) > _SIZE else None,
        },
    )

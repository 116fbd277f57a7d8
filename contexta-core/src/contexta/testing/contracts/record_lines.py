"""Records to append and to look for, for the contract of record stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant, text_from_ns
from contexta.testing.contracts.stores import StoreContract

if TYPE_CHECKING:
    from contexta.spi.records import FlatRecord, RecordBackend, ScanFilter
    from contexta.testing.contracts.stores import Stores

__all__ = ["RecordLines", "at", "ids", "metric"]

_START = instant("2026-01-31T12:00:00Z")


def at(seconds: float) -> str:
    """Return the text of an instant that lies so many seconds behind the beginning."""
    return text_from_ns(_START + round(seconds * 1e9))


def metric(name: str, value: float, **fields: Any) -> FlatRecord:
    """Build a flat metric record."""
    record = {
        "type": "metric",
        "id": name,
        "run": "run:demo.r1",
        "key": "loss",
        "value": value,
        "time": at(0),
    }
    return record | fields


def ids(store: RecordBackend, scan_filter: ScanFilter | None = None) -> list[str]:
    """Return the ids of the records that a scan yields, in order."""
    return [stored.record["id"] for stored in store.scan(scan_filter)]


class RecordLines(StoreContract, contract=True):
    """One thing of a name is a metric."""

    def write(self, stores: Stores, store: RecordBackend, name: str) -> None:
        """Append a metric."""
        del stores
        store.append([metric(name, 0.5, stage="stage:demo.r1.fit")])

    def written(self, store: RecordBackend) -> list[str]:
        """List the metrics."""
        return ids(store)

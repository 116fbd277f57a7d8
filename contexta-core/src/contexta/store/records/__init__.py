"""The record plane: events, metrics, spans and degraded markers."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import RecordStoreConfig as RecordStoreConfig
    from contexta.spi.records import ScanFilter as ScanFilter
    from contexta.store.integrity import IntegrityReport as IntegrityReport
    from contexta.store.records.store import RecordStore as RecordStore
    from contexta.store.records.store import StoredRecord as StoredRecord
    from contexta.store.records.store import check_integrity as check_integrity

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "IntegrityReport": "contexta.store.integrity",
        "RecordStore": "contexta.store.records.store",
        "RecordStoreConfig": "contexta.config.models",
        "ScanFilter": "contexta.spi.records",
        "StoredRecord": "contexta.store.records.store",
        "check_integrity": "contexta.store.records.store",
    },
)

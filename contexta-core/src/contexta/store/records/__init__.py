"""The record plane: events, metrics, spans and degraded markers."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import RecordStoreConfig as RecordStoreConfig
    from contexta.spi.integrity import IntegrityFinding as IntegrityFinding
    from contexta.spi.pushdown import IndexReport as IndexReport
    from contexta.spi.records import CompactionReport as CompactionReport
    from contexta.spi.records import ScanFilter as ScanFilter
    from contexta.store.integrity import IntegrityReport as IntegrityReport
    from contexta.store.integrity import IntegrityState as IntegrityState
    from contexta.store.records.exporting import export_jsonl as export_jsonl
    from contexta.store.records.importing import ImportResult as ImportResult
    from contexta.store.records.importing import import_jsonl as import_jsonl
    from contexta.store.records.receipts import AppendReceipt as AppendReceipt
    from contexta.store.records.receipts import AppendRejection as AppendRejection
    from contexta.store.records.receipts import AppendResult as AppendResult
    from contexta.store.records.receipts import DurabilityStatus as DurabilityStatus
    from contexta.store.records.repair import RepairCandidate as RepairCandidate
    from contexta.store.records.repair import RepairOutcome as RepairOutcome
    from contexta.store.records.repair import RepairPlan as RepairPlan
    from contexta.store.records.repair import RepairPreview as RepairPreview
    from contexta.store.records.repair import RepairResult as RepairResult
    from contexta.store.records.repair import apply_repairs as apply_repairs
    from contexta.store.records.repair import plan_repairs as plan_repairs
    from contexta.store.records.repair import repair_truncated_tails as repair_truncated_tails
    from contexta.store.records.replaying import KnownGap as KnownGap
    from contexta.store.records.replaying import ReplayMode as ReplayMode
    from contexta.store.records.replaying import ReplayResult as ReplayResult
    from contexta.store.records.replaying import iter_replay as iter_replay
    from contexta.store.records.replaying import replay as replay
    from contexta.store.records.store import RecordStore as RecordStore
    from contexta.store.records.store import check_integrity as check_integrity
    from contexta.store.records.store import rebuild_indexes as rebuild_indexes
    from contexta.store.records.stored import StoredRecord as StoredRecord

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "AppendReceipt": "contexta.store.records.receipts",
        "AppendRejection": "contexta.store.records.receipts",
        "AppendResult": "contexta.store.records.receipts",
        "CompactionReport": "contexta.spi.records",
        "DurabilityStatus": "contexta.store.records.receipts",
        "ImportResult": "contexta.store.records.importing",
        "IndexReport": "contexta.spi.pushdown",
        "IntegrityFinding": "contexta.spi.integrity",
        "IntegrityReport": "contexta.store.integrity",
        "IntegrityState": "contexta.store.integrity",
        "KnownGap": "contexta.store.records.replaying",
        "RecordStore": "contexta.store.records.store",
        "RecordStoreConfig": "contexta.config.models",
        "RepairCandidate": "contexta.store.records.repair",
        "RepairOutcome": "contexta.store.records.repair",
        "RepairPlan": "contexta.store.records.repair",
        "RepairPreview": "contexta.store.records.repair",
        "RepairResult": "contexta.store.records.repair",
        "ReplayMode": "contexta.store.records.replaying",
        "ReplayResult": "contexta.store.records.replaying",
        "ScanFilter": "contexta.spi.records",
        "StoredRecord": "contexta.store.records.stored",
        "apply_repairs": "contexta.store.records.repair",
        "check_integrity": "contexta.store.records.store",
        "export_jsonl": "contexta.store.records.exporting",
        "import_jsonl": "contexta.store.records.importing",
        "iter_replay": "contexta.store.records.replaying",
        "plan_repairs": "contexta.store.records.repair",
        "rebuild_indexes": "contexta.store.records.store",
        "repair_truncated_tails": "contexta.store.records.repair",
        "replay": "contexta.store.records.replaying",
    },
)

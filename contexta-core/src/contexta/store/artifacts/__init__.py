"""The artifact plane: bodies kept by content, manifests bound to them."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import ArtifactStoreConfig as ArtifactStoreConfig
    from contexta.spi.artifacts import ArtifactRepair as ArtifactRepair
    from contexta.spi.artifacts import CollectedGarbage as CollectedGarbage
    from contexta.store.artifacts.binding import ArtifactBinding as ArtifactBinding
    from contexta.store.artifacts.binding import ArtifactHandle as ArtifactHandle
    from contexta.store.artifacts.binding import ArtifactPutReceipt as ArtifactPutReceipt
    from contexta.store.artifacts.exporting import ExportReceipt as ExportReceipt
    from contexta.store.artifacts.exporting import export_artifact as export_artifact
    from contexta.store.artifacts.exporting import save_artifact as save_artifact
    from contexta.store.artifacts.importing import ImportConflictPolicy as ImportConflictPolicy
    from contexta.store.artifacts.importing import ImportOutcome as ImportOutcome
    from contexta.store.artifacts.importing import ImportReceipt as ImportReceipt
    from contexta.store.artifacts.importing import import_artifact as import_artifact
    from contexta.store.artifacts.importing import import_export_package as import_export_package
    from contexta.store.artifacts.ingesting import IngestMode as IngestMode
    from contexta.store.artifacts.ingesting import IngestSession as IngestSession
    from contexta.store.artifacts.ingesting import abort_staged_ingest as abort_staged_ingest
    from contexta.store.artifacts.ingesting import begin_staged_ingest as begin_staged_ingest
    from contexta.store.artifacts.ingesting import commit_staged_ingest as commit_staged_ingest
    from contexta.store.artifacts.ingesting import put_artifact as put_artifact
    from contexta.store.artifacts.ingesting import put_artifact_from_stream as put_artifact_from_stream
    from contexta.store.artifacts.ingesting import write_chunk as write_chunk
    from contexta.store.artifacts.migrating import ArtifactMigrationPlan as ArtifactMigrationPlan
    from contexta.store.artifacts.migrating import migrate_bindings as migrate_bindings
    from contexta.store.artifacts.migrating import plan_migration as plan_migration
    from contexta.store.artifacts.packages import PACKAGE_FORMAT_VERSION as PACKAGE_FORMAT_VERSION
    from contexta.store.artifacts.reading import artifact_exists as artifact_exists
    from contexta.store.artifacts.reading import get_artifact as get_artifact
    from contexta.store.artifacts.reading import iter_artifact_chunks as iter_artifact_chunks
    from contexta.store.artifacts.reading import list_refs as list_refs
    from contexta.store.artifacts.reading import open_artifact as open_artifact
    from contexta.store.artifacts.reading import read_artifact_bytes as read_artifact_bytes
    from contexta.store.artifacts.repairing import RepairPlan as RepairPlan
    from contexta.store.artifacts.repairing import apply_repairs as apply_repairs
    from contexta.store.artifacts.repairing import build_repair_plan as build_repair_plan
    from contexta.store.artifacts.repairing import collect_garbage as collect_garbage
    from contexta.store.artifacts.repairing import preview_repairs as preview_repairs
    from contexta.store.artifacts.repairing import quarantine_bound_artifact as quarantine_bound_artifact
    from contexta.store.artifacts.repairing import quarantine_orphan_body as quarantine_orphan_body
    from contexta.store.artifacts.repairing import remove_abandoned_staging as remove_abandoned_staging
    from contexta.store.artifacts.retaining import RetentionAction as RetentionAction
    from contexta.store.artifacts.retaining import RetentionCandidate as RetentionCandidate
    from contexta.store.artifacts.retaining import RetentionPlan as RetentionPlan
    from contexta.store.artifacts.retaining import RetentionResult as RetentionResult
    from contexta.store.artifacts.retaining import RetentionRule as RetentionRule
    from contexta.store.artifacts.retaining import apply_retention as apply_retention
    from contexta.store.artifacts.retaining import plan_retention as plan_retention
    from contexta.store.artifacts.retaining import preview_retention as preview_retention
    from contexta.store.artifacts.store import ArtifactStore as ArtifactStore
    from contexta.store.artifacts.store import VaultConfig as VaultConfig
    from contexta.store.artifacts.verification import StoreSummary as StoreSummary
    from contexta.store.artifacts.verification import SweepReport as SweepReport
    from contexta.store.artifacts.verification import VerificationMode as VerificationMode
    from contexta.store.artifacts.verification import VerificationRecord as VerificationRecord
    from contexta.store.artifacts.verification import VerificationReport as VerificationReport
    from contexta.store.artifacts.verification import VerificationStatus as VerificationStatus
    from contexta.store.artifacts.verifying import inspect_store as inspect_store
    from contexta.store.artifacts.verifying import refresh_verification as refresh_verification
    from contexta.store.artifacts.verifying import verify_all as verify_all
    from contexta.store.artifacts.verifying import verify_artifact as verify_artifact
    from contexta.store.integrity import IntegrityReport as IntegrityReport

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "ArtifactBinding": "contexta.store.artifacts.binding",
        "ArtifactHandle": "contexta.store.artifacts.binding",
        "ArtifactMigrationPlan": "contexta.store.artifacts.migrating",
        "ArtifactPutReceipt": "contexta.store.artifacts.binding",
        "ArtifactRepair": "contexta.spi.artifacts",
        "ArtifactStore": "contexta.store.artifacts.store",
        "ArtifactStoreConfig": "contexta.config.models",
        "CollectedGarbage": "contexta.spi.artifacts",
        "ExportReceipt": "contexta.store.artifacts.exporting",
        "ImportConflictPolicy": "contexta.store.artifacts.importing",
        "ImportOutcome": "contexta.store.artifacts.importing",
        "ImportReceipt": "contexta.store.artifacts.importing",
        "IngestMode": "contexta.store.artifacts.ingesting",
        "IngestSession": "contexta.store.artifacts.ingesting",
        "IntegrityReport": "contexta.store.integrity",
        "PACKAGE_FORMAT_VERSION": "contexta.store.artifacts.packages",
        "RepairPlan": "contexta.store.artifacts.repairing",
        "RetentionAction": "contexta.store.artifacts.retaining",
        "RetentionCandidate": "contexta.store.artifacts.retaining",
        "RetentionPlan": "contexta.store.artifacts.retaining",
        "RetentionResult": "contexta.store.artifacts.retaining",
        "RetentionRule": "contexta.store.artifacts.retaining",
        "StoreSummary": "contexta.store.artifacts.verification",
        "SweepReport": "contexta.store.artifacts.verification",
        "VaultConfig": "contexta.store.artifacts.store",
        "VerificationMode": "contexta.store.artifacts.verification",
        "VerificationRecord": "contexta.store.artifacts.verification",
        "VerificationReport": "contexta.store.artifacts.verification",
        "VerificationStatus": "contexta.store.artifacts.verification",
        "abort_staged_ingest": "contexta.store.artifacts.ingesting",
        "apply_repairs": "contexta.store.artifacts.repairing",
        "apply_retention": "contexta.store.artifacts.retaining",
        "artifact_exists": "contexta.store.artifacts.reading",
        "begin_staged_ingest": "contexta.store.artifacts.ingesting",
        "build_repair_plan": "contexta.store.artifacts.repairing",
        "collect_garbage": "contexta.store.artifacts.repairing",
        "commit_staged_ingest": "contexta.store.artifacts.ingesting",
        "export_artifact": "contexta.store.artifacts.exporting",
        "get_artifact": "contexta.store.artifacts.reading",
        "import_artifact": "contexta.store.artifacts.importing",
        "import_export_package": "contexta.store.artifacts.importing",
        "inspect_store": "contexta.store.artifacts.verifying",
        "iter_artifact_chunks": "contexta.store.artifacts.reading",
        "list_refs": "contexta.store.artifacts.reading",
        "migrate_bindings": "contexta.store.artifacts.migrating",
        "open_artifact": "contexta.store.artifacts.reading",
        "plan_migration": "contexta.store.artifacts.migrating",
        "plan_retention": "contexta.store.artifacts.retaining",
        "preview_repairs": "contexta.store.artifacts.repairing",
        "preview_retention": "contexta.store.artifacts.retaining",
        "put_artifact": "contexta.store.artifacts.ingesting",
        "put_artifact_from_stream": "contexta.store.artifacts.ingesting",
        "quarantine_bound_artifact": "contexta.store.artifacts.repairing",
        "quarantine_orphan_body": "contexta.store.artifacts.repairing",
        "read_artifact_bytes": "contexta.store.artifacts.reading",
        "refresh_verification": "contexta.store.artifacts.verifying",
        "remove_abandoned_staging": "contexta.store.artifacts.repairing",
        "save_artifact": "contexta.store.artifacts.exporting",
        "verify_all": "contexta.store.artifacts.verifying",
        "verify_artifact": "contexta.store.artifacts.verifying",
        "write_chunk": "contexta.store.artifacts.ingesting",
    },
)

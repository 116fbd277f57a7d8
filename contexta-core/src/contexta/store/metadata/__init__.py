"""The metadata plane: projects, runs, stages and their like."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models import MetadataStoreConfig as MetadataStoreConfig
    from contexta.spi.metadata import Entity as Entity
    from contexta.spi.metadata import EntityKind as EntityKind
    from contexta.spi.metadata import EntityQuery as EntityQuery
    from contexta.spi.metadata import Mutation as Mutation
    from contexta.store.integrity import IntegrityReport as IntegrityReport
    from contexta.store.metadata.frames import DuckDBAdapter as DuckDBAdapter
    from contexta.store.metadata.frames import FrameAdapterProtocol as FrameAdapterProtocol
    from contexta.store.metadata.frames import PandasAdapter as PandasAdapter
    from contexta.store.metadata.frames import PolarsAdapter as PolarsAdapter
    from contexta.store.metadata.migration import (
        CURRENT_METADATA_STORE_SCHEMA_VERSION as CURRENT_METADATA_STORE_SCHEMA_VERSION,
    )
    from contexta.store.metadata.migration import MigrationHistoryRow as MigrationHistoryRow
    from contexta.store.metadata.migration import MigrationPlan as MigrationPlan
    from contexta.store.metadata.migration import MigrationResult as MigrationResult
    from contexta.store.metadata.migration import MigrationStep as MigrationStep
    from contexta.store.metadata.migration import SchemaInspection as SchemaInspection
    from contexta.store.metadata.migration import dry_run_migration_for as dry_run_migration_for
    from contexta.store.metadata.migration import inspect_schema as inspect_schema
    from contexta.store.metadata.migration import migrate_for as migrate_for
    from contexta.store.metadata.migration import plan_migration_for as plan_migration_for
    from contexta.store.metadata.repair import RepairCandidate as RepairCandidate
    from contexta.store.metadata.repair import RepairOutcome as RepairOutcome
    from contexta.store.metadata.repair import RepairPlan as RepairPlan
    from contexta.store.metadata.repair import RepairPreview as RepairPreview
    from contexta.store.metadata.repair import RepairResult as RepairResult
    from contexta.store.metadata.repair import check_integrity as check_integrity
    from contexta.store.metadata.repair import plan_repairs as plan_repairs
    from contexta.store.metadata.repair import preview_repairs as preview_repairs
    from contexta.store.metadata.snapshot import RunSnapshot as RunSnapshot
    from contexta.store.metadata.snapshot import build_run_snapshot as build_run_snapshot
    from contexta.store.metadata.store import MetadataStore as MetadataStore
    from contexta.store.metadata.transaction import MetadataTransaction as MetadataTransaction

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "CURRENT_METADATA_STORE_SCHEMA_VERSION": "contexta.store.metadata.migration",
        "DuckDBAdapter": "contexta.store.metadata.frames",
        "FrameAdapterProtocol": "contexta.store.metadata.frames",
        "MigrationHistoryRow": "contexta.store.metadata.migration",
        "MigrationPlan": "contexta.store.metadata.migration",
        "MigrationResult": "contexta.store.metadata.migration",
        "MigrationStep": "contexta.store.metadata.migration",
        "PandasAdapter": "contexta.store.metadata.frames",
        "PolarsAdapter": "contexta.store.metadata.frames",
        "RepairCandidate": "contexta.store.metadata.repair",
        "RepairOutcome": "contexta.store.metadata.repair",
        "RepairPlan": "contexta.store.metadata.repair",
        "RepairPreview": "contexta.store.metadata.repair",
        "RepairResult": "contexta.store.metadata.repair",
        "SchemaInspection": "contexta.store.metadata.migration",
        "check_integrity": "contexta.store.metadata.repair",
        "dry_run_migration_for": "contexta.store.metadata.migration",
        "inspect_schema": "contexta.store.metadata.migration",
        "migrate_for": "contexta.store.metadata.migration",
        "plan_migration_for": "contexta.store.metadata.migration",
        "plan_repairs": "contexta.store.metadata.repair",
        "preview_repairs": "contexta.store.metadata.repair",
        "Entity": "contexta.spi.metadata",
        "EntityKind": "contexta.spi.metadata",
        "EntityQuery": "contexta.spi.metadata",
        "IntegrityReport": "contexta.store.integrity",
        "MetadataStore": "contexta.store.metadata.store",
        "MetadataStoreConfig": "contexta.config.models",
        "MetadataTransaction": "contexta.store.metadata.transaction",
        "Mutation": "contexta.spi.metadata",
        "RunSnapshot": "contexta.store.metadata.snapshot",
        "build_run_snapshot": "contexta.store.metadata.snapshot",
    },
)

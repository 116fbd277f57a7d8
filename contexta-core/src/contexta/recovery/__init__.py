"""Recovery: backups, restoring them, replaying what sinks could not take, and the care of a workspace."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.capture.outbox_entries import EntryState as EntryState
    from contexta.capture.outbox_entries import OutboxEntry as OutboxEntry
    from contexta.errors import BackupError as BackupError
    from contexta.errors import ReplayError as ReplayError
    from contexta.errors import RestoreError as RestoreError
    from contexta.recovery.archive import export_backup as export_backup
    from contexta.recovery.backup import create_workspace_backup as create_workspace_backup
    from contexta.recovery.backup import plan_workspace_backup as plan_workspace_backup
    from contexta.recovery.backup_models import BackupInfo as BackupInfo
    from contexta.recovery.backup_models import BackupPlan as BackupPlan
    from contexta.recovery.backup_models import BackupResult as BackupResult
    from contexta.recovery.checking import WorkspaceReport as WorkspaceReport
    from contexta.recovery.checking import verify_workspace as verify_workspace
    from contexta.recovery.copying import WorkspaceCopy as WorkspaceCopy
    from contexta.recovery.copying import copy_workspace as copy_workspace
    from contexta.recovery.copying import workspace_digest as workspace_digest
    from contexta.recovery.garbage import WorkspaceGarbage as WorkspaceGarbage
    from contexta.recovery.garbage import collect_garbage as collect_garbage
    from contexta.recovery.listing import list_backups as list_backups
    from contexta.recovery.migration import MigrationReport as MigrationReport
    from contexta.recovery.migration import migrate_workspace as migrate_workspace
    from contexta.recovery.models import RecoveryResult as RecoveryResult
    from contexta.recovery.outbox import find_outbox_entry as find_outbox_entry
    from contexta.recovery.outbox import list_outbox as list_outbox
    from contexta.recovery.outbox import requeue_outbox as requeue_outbox
    from contexta.recovery.privacy import PrivacyFinding as PrivacyFinding
    from contexta.recovery.privacy import scan_workspace as scan_workspace
    from contexta.recovery.repairing import WorkspaceRepair as WorkspaceRepair
    from contexta.recovery.repairing import apply_workspace_repairs as apply_workspace_repairs
    from contexta.recovery.repairing import plan_workspace_repairs as plan_workspace_repairs
    from contexta.recovery.replay import replay_outbox as replay_outbox
    from contexta.recovery.replay_results import ReplayBatchResult as ReplayBatchResult
    from contexta.recovery.replay_results import ReplayEntryResult as ReplayEntryResult
    from contexta.recovery.restore import plan_restore as plan_restore
    from contexta.recovery.restore import restore_workspace as restore_workspace
    from contexta.recovery.restore_models import RestorePlan as RestorePlan
    from contexta.recovery.restore_models import RestoreResult as RestoreResult
    from contexta.recovery.retention import ExpiredFile as ExpiredFile
    from contexta.recovery.retention import RetentionPlan as RetentionPlan
    from contexta.recovery.retention import RetentionResult as RetentionResult
    from contexta.recovery.retention import apply_retention as apply_retention
    from contexta.recovery.retention import plan_retention as plan_retention
    from contexta.recovery.verifying import verify_backup as verify_backup

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "BackupError": "contexta.errors",
        "BackupInfo": "contexta.recovery.backup_models",
        "BackupPlan": "contexta.recovery.backup_models",
        "BackupResult": "contexta.recovery.backup_models",
        "EntryState": "contexta.capture.outbox_entries",
        "ExpiredFile": "contexta.recovery.retention",
        "MigrationReport": "contexta.recovery.migration",
        "OutboxEntry": "contexta.capture.outbox_entries",
        "PrivacyFinding": "contexta.recovery.privacy",
        "RecoveryResult": "contexta.recovery.models",
        "ReplayBatchResult": "contexta.recovery.replay_results",
        "ReplayEntryResult": "contexta.recovery.replay_results",
        "ReplayError": "contexta.errors",
        "RestoreError": "contexta.errors",
        "RestorePlan": "contexta.recovery.restore_models",
        "RestoreResult": "contexta.recovery.restore_models",
        "RetentionPlan": "contexta.recovery.retention",
        "RetentionResult": "contexta.recovery.retention",
        "WorkspaceCopy": "contexta.recovery.copying",
        "WorkspaceGarbage": "contexta.recovery.garbage",
        "WorkspaceRepair": "contexta.recovery.repairing",
        "WorkspaceReport": "contexta.recovery.checking",
        "apply_retention": "contexta.recovery.retention",
        "apply_workspace_repairs": "contexta.recovery.repairing",
        "collect_garbage": "contexta.recovery.garbage",
        "copy_workspace": "contexta.recovery.copying",
        "create_workspace_backup": "contexta.recovery.backup",
        "export_backup": "contexta.recovery.archive",
        "find_outbox_entry": "contexta.recovery.outbox",
        "list_backups": "contexta.recovery.listing",
        "list_outbox": "contexta.recovery.outbox",
        "migrate_workspace": "contexta.recovery.migration",
        "plan_restore": "contexta.recovery.restore",
        "plan_retention": "contexta.recovery.retention",
        "plan_workspace_backup": "contexta.recovery.backup",
        "plan_workspace_repairs": "contexta.recovery.repairing",
        "replay_outbox": "contexta.recovery.replay",
        "requeue_outbox": "contexta.recovery.outbox",
        "restore_workspace": "contexta.recovery.restore",
        "scan_workspace": "contexta.recovery.privacy",
        "verify_backup": "contexta.recovery.verifying",
        "verify_workspace": "contexta.recovery.checking",
        "workspace_digest": "contexta.recovery.copying",
    },
)

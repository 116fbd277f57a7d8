"""Recovery: backups, restoring them, and replaying what sinks could not take."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.capture.outbox_entries import EntryState as EntryState
    from contexta.capture.outbox_entries import OutboxEntry as OutboxEntry
    from contexta.errors import BackupError as BackupError
    from contexta.errors import ReplayError as ReplayError
    from contexta.errors import RestoreError as RestoreError
    from contexta.recovery.models import RecoveryResult as RecoveryResult
    from contexta.recovery.outbox import find_outbox_entry as find_outbox_entry
    from contexta.recovery.outbox import list_outbox as list_outbox
    from contexta.recovery.outbox import requeue_outbox as requeue_outbox
    from contexta.recovery.replay import replay_outbox as replay_outbox
    from contexta.recovery.replay_results import ReplayBatchResult as ReplayBatchResult
    from contexta.recovery.replay_results import ReplayEntryResult as ReplayEntryResult

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "BackupError": "contexta.errors",
        "EntryState": "contexta.capture.outbox_entries",
        "OutboxEntry": "contexta.capture.outbox_entries",
        "RecoveryResult": "contexta.recovery.models",
        "ReplayBatchResult": "contexta.recovery.replay_results",
        "ReplayEntryResult": "contexta.recovery.replay_results",
        "ReplayError": "contexta.errors",
        "RestoreError": "contexta.errors",
        "find_outbox_entry": "contexta.recovery.outbox",
        "list_outbox": "contexta.recovery.outbox",
        "replay_outbox": "contexta.recovery.replay",
        "requeue_outbox": "contexta.recovery.outbox",
    },
)

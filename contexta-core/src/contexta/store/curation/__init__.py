"""What people do with runs afterwards: tags, notes, names, the archive, and deletion."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.store.curation.curator import RunCurator as RunCurator
    from contexta.store.curation.deleting import delete_runs as delete_runs
    from contexta.store.curation.deletion import DeletionRefusal as DeletionRefusal
    from contexta.store.curation.deletion import PlannedRunDeletion as PlannedRunDeletion
    from contexta.store.curation.deletion import RunDeletionPlan as RunDeletionPlan
    from contexta.store.curation.deletion import RunDeletionResult as RunDeletionResult
    from contexta.store.curation.deletion import SharedArtifact as SharedArtifact
    from contexta.store.curation.planning import plan_run_deletion as plan_run_deletion

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "DeletionRefusal": "contexta.store.curation.deletion",
        "PlannedRunDeletion": "contexta.store.curation.deletion",
        "RunCurator": "contexta.store.curation.curator",
        "RunDeletionPlan": "contexta.store.curation.deletion",
        "RunDeletionResult": "contexta.store.curation.deletion",
        "SharedArtifact": "contexta.store.curation.deletion",
        "delete_runs": "contexta.store.curation.deleting",
        "plan_run_deletion": "contexta.store.curation.planning",
    },
)

"""Canonical models in the metadata store: one repository for each kind of entity."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.store.metadata.repositories.kinds import BatchRepository as BatchRepository
    from contexta.store.metadata.repositories.kinds import DeploymentRepository as DeploymentRepository
    from contexta.store.metadata.repositories.kinds import EnvironmentRepository as EnvironmentRepository
    from contexta.store.metadata.repositories.kinds import ProjectRepository as ProjectRepository
    from contexta.store.metadata.repositories.kinds import RunRepository as RunRepository
    from contexta.store.metadata.repositories.kinds import SampleRepository as SampleRepository
    from contexta.store.metadata.repositories.kinds import StageRepository as StageRepository
    from contexta.store.metadata.repositories.lineage import ProvenanceRepository as ProvenanceRepository
    from contexta.store.metadata.repositories.lineage import RelationRepository as RelationRepository

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "BatchRepository": "contexta.store.metadata.repositories.kinds",
        "DeploymentRepository": "contexta.store.metadata.repositories.kinds",
        "EnvironmentRepository": "contexta.store.metadata.repositories.kinds",
        "ProjectRepository": "contexta.store.metadata.repositories.kinds",
        "ProvenanceRepository": "contexta.store.metadata.repositories.lineage",
        "RelationRepository": "contexta.store.metadata.repositories.lineage",
        "RunRepository": "contexta.store.metadata.repositories.kinds",
        "SampleRepository": "contexta.store.metadata.repositories.kinds",
        "StageRepository": "contexta.store.metadata.repositories.kinds",
    },
)

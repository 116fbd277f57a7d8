"""The nine repositories by their names, each made when it is first used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contexta.store.metadata.repositories.kinds import (
        BatchRepository,
        DeploymentRepository,
        EnvironmentRepository,
        ProjectRepository,
        RunRepository,
        SampleRepository,
        StageRepository,
    )
    from contexta.store.metadata.repositories.lineage import ProvenanceRepository, RelationRepository
    from contexta.store.metadata.repositories.repository import EntityAccess

__all__ = ["RepositoryAccess"]


class RepositoryAccess(ABC):
    """Something whose entities are read and written as canonical models."""

    @property
    @abstractmethod
    def _entities(self) -> EntityAccess:
        """Where the repositories read and write."""

    # The models are loaded with the first repository: who only asks for entities does not pay for them.

    @property
    def projects(self) -> ProjectRepository:
        """Projects."""
        from contexta.store.metadata.repositories.kinds import ProjectRepository

        return ProjectRepository(self._entities)

    @property
    def runs(self) -> RunRepository:
        """Runs."""
        from contexta.store.metadata.repositories.kinds import RunRepository

        return RunRepository(self._entities)

    @property
    def deployments(self) -> DeploymentRepository:
        """Deployments."""
        from contexta.store.metadata.repositories.kinds import DeploymentRepository

        return DeploymentRepository(self._entities)

    @property
    def stages(self) -> StageRepository:
        """Stages of runs."""
        from contexta.store.metadata.repositories.kinds import StageRepository

        return StageRepository(self._entities)

    @property
    def batches(self) -> BatchRepository:
        """Batches of stages."""
        from contexta.store.metadata.repositories.kinds import BatchRepository

        return BatchRepository(self._entities)

    @property
    def samples(self) -> SampleRepository:
        """Samples of stages and batches."""
        from contexta.store.metadata.repositories.kinds import SampleRepository

        return SampleRepository(self._entities)

    @property
    def environments(self) -> EnvironmentRepository:
        """What surrounded runs."""
        from contexta.store.metadata.repositories.kinds import EnvironmentRepository

        return EnvironmentRepository(self._entities)

    @property
    def relations(self) -> RelationRepository:
        """Relations between things."""
        from contexta.store.metadata.repositories.lineage import RelationRepository

        return RelationRepository(self._entities)

    @property
    def provenance(self) -> ProvenanceRepository:
        """Assertions about relations."""
        from contexta.store.metadata.repositories.lineage import ProvenanceRepository

        return ProvenanceRepository(self._entities)

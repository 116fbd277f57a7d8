"""Everything that is recorded of what one run was made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contexta.spi.provenance import RunOrigin
from contexta.spi.relation_flow import came_from
from contexta.spi.repository import SupportsEnvironments
from contexta_interpretation.given_configuration import given_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ArtifactRecord, EnvironmentView, ProvenanceView, RunRecord

__all__ = ["RunEvidence"]

#: An artifact whose kind has this word in it is data that the run was made from.
_DATA_KIND = "dataset"


@dataclass(frozen=True)
class RunEvidence:
    """What is recorded of the making of one run; each part is read when it is looked at.

    Args:
        repository: The read model.
        run: The run.
    """

    repository: CompositeRepository
    run: RunRecord

    @property
    def knows_environments(self) -> bool:
        """Whether the repository can tell what surrounded runs at all."""
        return isinstance(self.repository, SupportsEnvironments)

    @cached_property
    def environment(self) -> EnvironmentView | None:
        """What surrounded the run, or None."""
        if not isinstance(self.repository, SupportsEnvironments):
            return None
        return self.repository.get_environment(self.run.run_id)

    @cached_property
    def provenance(self) -> ProvenanceView | None:
        """The newest recorded assertion about a relation of the run, or None."""
        return self.repository.get_provenance(self.run.run_id)

    @cached_property
    def artifacts(self) -> Sequence[ArtifactRecord]:
        """The artifacts of the run."""
        return self.repository.list_artifacts(run_id=self.run.run_id)

    @property
    def code(self) -> Mapping[str, Any]:
        """Revision, branch, dirty flag and diff, as far as they were captured."""
        return {} if self.environment is None else self.environment.code

    @property
    def code_revision(self) -> str | None:
        """Revision of the code: what the caller gave, else what was found around the program."""
        return self.run.code_revision or self.code.get("revision")

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The configuration of the run, else its parameters."""
        return given_configuration(self.environment) or self.run.parameters

    @cached_property
    def data_refs(self) -> tuple[str, ...]:
        """What the run took in: the primary dataset, what relations name, datasets among its artifacts."""
        found = [self.run.dataset_ref] if self.run.dataset_ref else []
        own = {self.run.run_id, *(each.artifact_ref for each in self.artifacts)}
        for relation in self.repository.list_relations(self.run.run_id):
            later, earlier = came_from(relation.relation_type, relation.source_ref, relation.target_ref)
            if self._is_own(later, own) and not self._is_own(earlier, own):
                found.append(earlier)
        found += [each.artifact_ref for each in self.artifacts if _DATA_KIND in each.kind]
        return tuple(dict.fromkeys(found))

    def _is_own(self, ref: str, known: set[str]) -> bool:
        """Whether a reference is the run or of something inside it."""
        inside = self.run.run_id.partition(":")[2] or self.run.run_id
        return ref in known or (ref.partition(":")[2] or ref).startswith(f"{inside}.")

    def origin(self) -> RunOrigin:
        """Return all of it as one model."""
        view = self.environment
        return RunOrigin(
            code_revision=self.code_revision,
            code_dirty=self.code.get("dirty"),
            environment_ref=None if view is None else view.environment_ref,
            python_version=None if view is None else view.python_version,
            platform=None if view is None else view.platform,
            packages={} if view is None else view.packages,
            environment_variables={} if view is None else view.environment_variables,
            config_snapshot={} if view is None else view.config_snapshot,
            data_refs=self.data_refs,
        )

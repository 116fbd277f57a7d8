"""What belongs to what: stages and batches to runs, artifacts to what made them, deployments to what they deploy."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from contexta.spi.repository import SupportsBulkQueries
from contexta_interpretation.lineage.arc import derived_arc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from contexta.spi.repository import CompositeRepository, RelationLookup
    from contexta.spi.views import ArtifactRecord
    from contexta_interpretation.lineage.arc import Arc

__all__ = ["Structure"]

#: Kinds of references in a workspace whose text names the run that they belong to.
_WITHIN_RUN = frozenset({"stage", "batch", "sample", "op", "artifact", "environment", "record"})
#: Kinds of references that name their stage, where they are inside of one.
_WITHIN_STAGE = frozenset({"batch", "sample", "op"})


class Structure:
    """Reads what belongs to what, one run at a time, and each run once.

    Args:
        repository: The read model.
        lookup: What tells which runs name a dataset; where there is none, all runs are listed for it.
    """

    def __init__(self, repository: CompositeRepository, lookup: RelationLookup | None) -> None:
        self._repository = repository
        self._lookup = lookup
        self._asked_users: dict[str, list[Arc]] = {}
        # A repository of the user's may use any identifiers; those of a workspace's stores tell what they are.
        self._has_refs = isinstance(repository, SupportsBulkQueries)
        self._read: set[str] = set()
        self._owners: dict[str, list[Arc]] = {}
        self._parts: dict[str, list[Arc]] = defaultdict(list)
        self._products: dict[str, list[Arc]] = defaultdict(list)

    def owners(self, ref: str) -> list[Arc]:
        """Return the arcs to what a thing is a part or a product of, or a deployment of."""
        self._read_around(ref)
        known = self._owners.get(ref)
        if known is None:
            known = self._owners[ref] = self._named_owner(ref)
        return known

    def parts(self, ref: str) -> list[Arc]:
        """Return the arcs from the stages of a run, or the batches of a stage."""
        self._read_around(ref)
        return self._parts.get(ref, [])

    def products(self, ref: str) -> list[Arc]:
        """Return the arcs from artifacts that were made there, and from deployments of a run or artifact."""
        self._read_around(ref)
        return [*self._products.get(ref, ()), *self._deployments.get(ref, ())]

    def datasets(self, ref: str) -> list[Arc]:
        """Return the arcs from a run to the dataset that it names as its primary one."""
        if self.run_of(ref) != ref:
            return []
        try:
            run = self._repository.get_run(ref)
        except LookupError:
            return []
        if run is None or not run.dataset_ref or run.dataset_ref == ref:
            return []
        return [derived_arc("used", ref, run.dataset_ref)]

    def prepare_dataset_users(self, refs: Collection[str]) -> None:
        """Read, together, which runs name these as their primary dataset."""
        unknown = [ref for ref in refs if ref not in self._asked_users]
        if self._lookup is not None and unknown:
            found = self._lookup.dataset_users(unknown)
            for ref in unknown:
                users = (run_id for run_id in found.get(ref, ()) if run_id != ref)
                self._asked_users[ref] = [derived_arc("used", run_id, ref) for run_id in users]

    def dataset_users(self, ref: str) -> list[Arc]:
        """Return the arcs from the runs that name something as their primary dataset."""
        if self._lookup is None:
            return self._dataset_users.get(ref, [])
        self.prepare_dataset_users((ref,))
        return self._asked_users[ref]

    def containers(self, ref: str) -> list[str]:
        """Return what a thing is inside of, from the inside out: batch, stage, run."""
        found: list[str] = []
        while True:
            above = next((arc.earlier for arc in self.owners(ref) if arc.kind != "deployed_from"), None)
            if above is None or above in found:
                return found
            found.append(above)
            ref = above

    def run_of(self, ref: str) -> str | None:
        """Return the run that a thing is, or is inside of; None where it is of none."""
        if not self._has_refs:
            return self._run_ids.get(ref)
        kind, _, value = ref.partition(":")
        if kind == "run":
            return ref
        return f"run:{'.'.join(value.split('.')[:2])}" if kind in _WITHIN_RUN else None

    def _read_around(self, ref: str) -> None:
        run_id = self.run_of(ref)
        if run_id is not None and run_id not in self._read:
            self._read.add(run_id)
            try:
                self._read_run(run_id)
            except LookupError:
                # A relation may name what this workspace does not have.
                return
        if ref.startswith("deployment:") or not self._has_refs:
            # Arcs from a deployment are known with all of them.
            _ = self._deployments

    def _read_run(self, run_id: str) -> None:
        repository = self._repository
        for stage in repository.list_stages(run_id):
            self._add_part(stage.stage_id, run_id)
        for batch in repository.list_batches(run_id):
            self._add_part(batch.batch_id, batch.stage_id)
        for artifact in self._artifacts_of(run_id):
            arc = derived_arc("produced_by", artifact.artifact_ref, artifact.stage_id or run_id)
            self._owners[arc.later] = [arc]
            self._products[arc.earlier].append(arc)

    def _artifacts_of(self, run_id: str) -> Iterable[ArtifactRecord]:
        if self._has_refs:
            return self._repository.list_artifacts(run_id=run_id)
        return [each for each in self._all_artifacts if each.run_id == run_id]

    def _add_part(self, part: str, owner: str) -> None:
        arc = derived_arc("part_of", part, owner)
        self._owners[part] = [arc]
        self._parts[owner].append(arc)

    def _named_owner(self, ref: str) -> list[Arc]:
        """Return what a reference itself says that it is inside of: samples and operations are not listed."""
        kind, _, value = ref.partition(":")
        names = value.split(".")
        if not self._has_refs or kind not in _WITHIN_RUN or len(names) < 3:
            return []
        if kind in _WITHIN_STAGE and len(names) > 3:
            return [derived_arc("part_of", ref, f"stage:{'.'.join(names[:3])}")]
        word = "produced_by" if kind == "artifact" else "part_of"
        return [derived_arc(word, ref, f"run:{'.'.join(names[:2])}")]

    @cached_property
    def _deployments(self) -> dict[str, list[Arc]]:
        """Arcs from deployments, by what is deployed."""
        found: dict[str, list[Arc]] = defaultdict(list)
        for each in self._repository.list_deployments():
            for deployed in (each.artifact_ref, each.run_id):
                if deployed is not None:
                    arc = derived_arc("deployed_from", each.deployment_id, deployed)
                    found[deployed].append(arc)
                    self._owners.setdefault(each.deployment_id, []).append(arc)
        return found

    @cached_property
    def _dataset_users(self) -> dict[str, list[Arc]]:
        found: dict[str, list[Arc]] = defaultdict(list)
        for run in self._repository.list_runs():
            if run.dataset_ref and run.dataset_ref != run.run_id:
                found[run.dataset_ref].append(derived_arc("used", run.run_id, run.dataset_ref))
        return found

    @cached_property
    def _all_artifacts(self) -> list[ArtifactRecord]:
        return list(self._repository.list_artifacts())

    @cached_property
    def _run_ids(self) -> dict[str, str]:
        """The run of everything in a repository whose identifiers do not tell it."""
        found: dict[str, str] = {}
        for run in self._repository.list_runs():
            found[run.run_id] = run.run_id
            found |= {stage.stage_id: run.run_id for stage in self._repository.list_stages(run.run_id)}
            found |= {batch.batch_id: run.run_id for batch in self._repository.list_batches(run.run_id)}
        return found | {each.artifact_ref: each.run_id for each in self._all_artifacts}

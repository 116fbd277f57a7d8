"""The recorded relations that a walk passes: read as it comes to them, or all at once where they cannot be asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from typing import TYPE_CHECKING

from contexta.spi.relation_flow import came_from
from contexta.spi.relation_lookup import is_inside
from contexta.spi.repository import SupportsRelationLookups
from contexta_interpretation.lineage.arc import Arc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from contexta.spi.repository import CompositeRepository, RelationLookup
    from contexta.spi.views import RelationRecord

__all__ = ["Relations", "lookup_of", "relations_of_repository"]


class Relations(ABC):
    """Arcs of recorded relations, by what they start or end at."""

    def __init__(self) -> None:
        self._arcs: dict[str, Arc] = {}

    @abstractmethod
    def prepare_inputs(self, refs: Collection[str]) -> None:
        """Read, together, what says what these came from."""

    @abstractmethod
    def prepare_outputs(self, refs: Collection[str]) -> None:
        """Read, together, what says what came from these."""

    @abstractmethod
    def relation(self, ref: str) -> Arc | None:
        """Return a recorded relation, or None."""

    @abstractmethod
    def inputs(self, ref: str) -> Iterable[Arc]:
        """Return the relations that say what a thing came from."""

    @abstractmethod
    def outputs(self, ref: str) -> Iterable[Arc]:
        """Return the relations that say what came from a thing."""

    @abstractmethod
    def takers_of_run(self, run_id: str) -> Iterable[str]:
        """Return what is a run or of one, and took something in as relations say."""

    def _arc(self, relation: RelationRecord) -> Arc:
        ref = relation.relation_ref
        known = self._arcs.get(ref)
        if known is None:
            kind, source, target = relation.relation_type, relation.source_ref, relation.target_ref
            later, earlier = came_from(kind, source, target)
            known = self._arcs[ref] = Arc(ref, kind, source, target, later, earlier, relation.recorded_at)
        return known


def lookup_of(repository: CompositeRepository) -> RelationLookup | None:
    """Return what finds relations by their ends, or None where they can only be listed.

    Args:
        repository: The read model.
    """
    return repository.relation_lookup() if isinstance(repository, SupportsRelationLookups) else None


def relations_of_repository(
    repository: CompositeRepository, lookup: RelationLookup | None, run_of: Callable[[str], str | None]
) -> Relations:
    """Return the relations of a repository, in the way that it can give them.

    Args:
        repository: The read model.
        lookup: What finds them by their ends; None lists them all.
        run_of: Tells of a thing the run that it is, or is of.
    """
    if lookup is None:
        return _ListedRelations(repository.list_relations(), run_of)
    return _AskedRelations(lookup, run_of)


class _ListedRelations(Relations):
    """All relations of a repository.

    Args:
        relations: The relations.
        run_of: Tells of a thing the run that it is, or is of.
    """

    def __init__(self, relations: Iterable[RelationRecord], run_of: Callable[[str], str | None]) -> None:
        super().__init__()
        self._run_of = run_of
        self._by_run: dict[str, list[str]] | None = None
        # Kept as they are until somebody walks there: most questions look at a few of very many.
        self._relations: dict[str, RelationRecord] = {}
        self._inputs: dict[str, list[RelationRecord]] = defaultdict(list)
        self._outputs: dict[str, list[RelationRecord]] = defaultdict(list)
        for each in relations:
            # Of a relation that is listed twice, or leads back to where it starts, nothing new is learnt.
            if each.relation_ref not in self._relations and each.source_ref != each.target_ref:
                self._relations[each.relation_ref] = each
                later, earlier = came_from(each.relation_type, each.source_ref, each.target_ref)
                self._inputs[later].append(each)
                self._outputs[earlier].append(each)

    def prepare_inputs(self, refs: Collection[str]) -> None:
        """Do nothing: all were read."""

    def prepare_outputs(self, refs: Collection[str]) -> None:
        """Do nothing: all were read."""

    def relation(self, ref: str) -> Arc | None:
        """Return a recorded relation, or None."""
        found = self._relations.get(ref)
        return None if found is None else self._arc(found)

    def inputs(self, ref: str) -> Iterable[Arc]:
        """Return the relations that say what a thing came from."""
        return [self._arc(each) for each in self._inputs.get(ref, ())]

    def outputs(self, ref: str) -> Iterable[Arc]:
        """Return the relations that say what came from a thing."""
        return [self._arc(each) for each in self._outputs.get(ref, ())]

    def takers_of_run(self, run_id: str) -> Iterable[str]:
        """Return what is a run or of one, and took something in as relations say."""
        if self._by_run is None:
            self._by_run = defaultdict(list)
            for later in self._inputs:
                run = self._run_of(later)
                if run is not None:
                    self._by_run[run].append(later)
        return self._by_run.get(run_id, ())


class _AskedRelations(Relations):
    """The relations of what a walk came to, asked for together.

    Args:
        lookup: What finds them; its references tell what is inside of what.
        run_of: Tells of a thing the run that it is, or is of.
    """

    def __init__(self, lookup: RelationLookup, run_of: Callable[[str], str | None]) -> None:
        super().__init__()
        self._lookup = lookup
        self._run_of = run_of
        self._inputs: dict[str, list[Arc]] = {}
        self._outputs: dict[str, list[Arc]] = {}
        self._takers: dict[str, list[str]] = {}

    def prepare_inputs(self, refs: Collection[str]) -> None:
        """Read, together, what says what these came from."""
        wanted = {ref for ref in refs if ref not in self._inputs}
        if wanted:
            self._take_in_inputs(self._lookup.relations_of(wanted, "later"), wanted)

    def prepare_outputs(self, refs: Collection[str]) -> None:
        """Read, together, what says what came from these."""
        wanted = {ref for ref in refs if ref not in self._outputs}
        if wanted:
            self._outputs.update((ref, []) for ref in wanted)
            for each in self._lookup.relations_of(wanted, "earlier"):
                if not _is_loop(each):
                    arc = self._arc(each)
                    self._outputs[arc.earlier].append(arc)

    def relation(self, ref: str) -> Arc | None:
        """Return a recorded relation, or None."""
        found = self._lookup.get_relation(ref)
        return None if found is None or _is_loop(found) else self._arc(found)

    def inputs(self, ref: str) -> Iterable[Arc]:
        """Return the relations that say what a thing came from."""
        self.prepare_inputs((ref,))
        return self._inputs[ref]

    def outputs(self, ref: str) -> Iterable[Arc]:
        """Return the relations that say what came from a thing."""
        self.prepare_outputs((ref,))
        return self._outputs[ref]

    def takers_of_run(self, run_id: str) -> Iterable[str]:
        """Return what is a run or of one, and took something in as relations say."""
        known = self._takers.get(run_id)
        if known is None:
            found = self._lookup.relations_inside(run_id)
            takers = dict.fromkeys(self._arc(each).later for each in found if not _is_loop(each))
            inside = [taker for taker in takers if is_inside(taker, run_id)]
            # Whatever one of these came from was read with the run.
            self._take_in_inputs(found, {taker for taker in inside if taker not in self._inputs})
            known = self._takers[run_id] = [taker for taker in inside if self._run_of(taker) == run_id]
        return known

    def _take_in_inputs(self, relations: Iterable[RelationRecord], asked: set[str]) -> None:
        """Keep what says what things came from, where all of it was read, in the order of reading."""
        self._inputs.update((ref, []) for ref in asked)
        for each in relations:
            if not _is_loop(each):
                arc = self._arc(each)
                if arc.later in asked:
                    self._inputs[arc.later].append(arc)


def _is_loop(relation: RelationRecord) -> bool:
    """Tell whether a relation leads back to where it starts: nothing is learnt of it."""
    return relation.source_ref == relation.target_ref

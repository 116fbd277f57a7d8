"""Recorded relations and what belongs to what, as one graph with a direction: what came from what.

A run or stage is two things in one: what it was begun with, and what came of it as a whole.  A stage comes from its
run, but not from what another stage of that run took in; an artifact of the run comes from all that its stages took in.
:class:`Side` keeps the two apart, so that upstream and downstream answer the same question from its two ends.
"""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from contexta.spi.relation_flow import came_from
from contexta_interpretation.lineage.arc import Arc, derived_arc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contexta.spi.views import RelationRecord
    from contexta_interpretation.lineage.structure import Structure

__all__ = ["LineageGraph", "Side", "Step"]


class Side(IntEnum):
    """How much of a run, stage or batch is meant; each side has the steps of those before it."""

    #: Only that it is one: one of its products took something in, of which nothing else of it came.
    NAME = 0
    #: Upstream what it was begun with, downstream what came of it as a whole: reached from inside it.
    FRAME = 1
    #: With everything inside it.
    WHOLE = 2
    #: The subject of the question: what its products took in counts too.
    SUBJECT = 3


#: An arc, what it leads to, and how much of that is meant.
Step = tuple[Arc, str, Side]


class LineageGraph:
    """Steps from a thing to what it came from, or to what came from it.

    Args:
        relations: The recorded relations.
        structure: What belongs to what.
    """

    def __init__(self, relations: Iterable[RelationRecord], structure: Structure) -> None:
        self._structure = structure
        self._inside_by_run: dict[str, dict[str, list[str]]] = {}
        # Kept as they are until somebody walks there: most questions look at a few of very many.
        self._relations: dict[str, RelationRecord] = {}
        self._recorded_inputs: dict[str, list[RelationRecord]] = defaultdict(list)
        self._recorded_outputs: dict[str, list[RelationRecord]] = defaultdict(list)
        self._arcs: dict[str, Arc] = {}
        for each in relations:
            # Of a relation that is listed twice, or leads back to where it starts, nothing new is learnt.
            if each.relation_ref not in self._relations and each.source_ref != each.target_ref:
                self._relations[each.relation_ref] = each
                later, earlier = came_from(each.relation_type, each.source_ref, each.target_ref)
                self._recorded_inputs[later].append(each)
                self._recorded_outputs[earlier].append(each)

    def relation(self, ref: str) -> Arc | None:
        """Return a recorded relation, or None."""
        found = self._relations.get(ref)
        return None if found is None else self._arc(found)

    def _inputs(self, ref: str) -> list[Arc]:
        """Return the relations that say what a thing came from."""
        return [self._arc(each) for each in self._recorded_inputs.get(ref, ())]

    def _outputs(self, ref: str) -> list[Arc]:
        """Return the relations that say what came from a thing."""
        return [self._arc(each) for each in self._recorded_outputs.get(ref, ())]

    def _arc(self, relation: RelationRecord) -> Arc:
        ref, kind = relation.relation_ref, relation.relation_type
        known = self._arcs.get(ref)
        if known is None:
            source, target = relation.source_ref, relation.target_ref
            later, earlier = came_from(kind, source, target)
            known = Arc(ref, kind, source, target, later, earlier, relation.recorded_at)
            self._arcs[ref] = known
        return known

    def before(self, ref: str, side: Side) -> Iterator[Step]:
        """Yield the steps to what a thing came from."""
        for arc in self._inputs(ref):
            yield arc, arc.earlier, Side.WHOLE
        for arc in self._structure.datasets(ref):
            if not self._is_recorded(arc):
                yield arc, arc.earlier, Side.WHOLE
        for arc in self._structure.owners(ref):
            yield arc, arc.earlier, Side.FRAME if arc.kind == "part_of" else Side.WHOLE
        if side >= Side.WHOLE:
            for arc in self._taken_in_inside(ref, side):
                yield arc, arc.earlier, Side.WHOLE

    def after(self, ref: str, side: Side) -> Iterator[Step]:
        """Yield the steps to what came from a thing."""
        if side is Side.NAME:
            return
        for arc in self._outputs(ref):
            yield arc, arc.later, Side.WHOLE
            yield from self._around(arc)
        for arc in self._structure.dataset_users(ref):
            if not self._is_recorded(arc):
                yield arc, arc.later, Side.WHOLE
        for arc in self._structure.products(ref):
            yield arc, arc.later, Side.WHOLE
        if side >= Side.WHOLE:
            for arc in self._structure.parts(ref):
                yield arc, arc.later, Side.WHOLE

    def _is_recorded(self, derived: Arc) -> bool:
        """Whether a recorded relation says already that one thing came from the other."""
        return any(arc.earlier == derived.earlier for arc in self._inputs(derived.later))

    def _taken_in_inside(self, ref: str, side: Side) -> Iterator[Arc]:
        """Yield the relations by which something inside a run or stage took something in from outside."""
        for later in self._ends_inside(ref):
            if side is Side.SUBJECT or not self._is_product(later):
                yield from (arc for arc in self._inputs(later) if ref in self._containers_taking_in(arc))

    def _ends_inside(self, ref: str) -> Iterable[str]:
        """Return what is inside a run, stage or batch and took something in, as relations say."""
        run_id = self._structure.run_of(ref)
        if run_id is None:
            return ()
        inside = self._inside_by_run.get(run_id)
        if inside is None:
            # Once for each run: asking for the containers of everything at every step would be quadratic.
            inside = self._inside_by_run[run_id] = defaultdict(list)
            for later in self._ends_by_run.get(run_id, ()):
                for container in self._structure.containers(later):
                    inside[container].append(later)
        return inside.get(ref, ())

    def _around(self, taken: Arc) -> Iterator[Step]:
        """Yield the steps to the stages and runs inside of which something was taken in."""
        inside = taken.later
        side = Side.NAME if self._is_product(inside) else Side.FRAME
        for container in self._containers_taking_in(taken):
            owners = self._structure.owners(inside)
            arc = next((each for each in owners if each.earlier == container), None)
            yield arc or derived_arc("part_of", inside, container), container, side
            inside = container

    def _containers_taking_in(self, taken: Arc) -> list[str]:
        """Return what the later end is inside of and the earlier is not, from the inside out."""
        around = self._structure.containers(taken.later)
        if not around:
            return around
        own = {taken.earlier, *self._structure.containers(taken.earlier)}
        return [each for each in around if each not in own]

    def _is_product(self, ref: str) -> bool:
        return any(arc.kind == "produced_by" for arc in self._structure.owners(ref))

    @cached_property
    def _ends_by_run(self) -> dict[str, list[str]]:
        """Everything that a relation says took something in, by its run."""
        found: dict[str, list[str]] = defaultdict(list)
        for later in self._recorded_inputs:
            run_id = self._structure.run_of(later)
            if run_id is not None:
                found[run_id].append(later)
        return found

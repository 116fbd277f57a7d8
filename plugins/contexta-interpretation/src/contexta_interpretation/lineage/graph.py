"""Recorded relations and what belongs to what, as one graph with a direction: what came from what.

A run or stage is two things in one: what it was begun with, and what came of it as a whole.  A stage comes from its
run, but not from what another stage of that run took in; an artifact of the run comes from all that its stages took in.
:class:`Side` keeps the two apart, so that upstream and downstream answer the same question from its two ends.
"""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum
from typing import TYPE_CHECKING

from contexta_interpretation.lineage.arc import Arc, derived_arc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from contexta_interpretation.lineage.relations import Relations
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

    def __init__(self, relations: Relations, structure: Structure) -> None:
        self._relations = relations
        self._structure = structure
        self._inside_by_run: dict[str, dict[str, list[str]]] = {}

    def prepare(self, refs: Collection[str], direction: str) -> None:
        """Read what the steps from some things need, together.

        Args:
            refs: The things.
            direction: ``upstream`` or ``downstream``.
        """
        if direction == "upstream":
            self._relations.prepare_inputs(refs)
        else:
            self._relations.prepare_outputs(refs)
            self._structure.prepare_dataset_users(refs)
            users = {arc.later for ref in refs for arc in self._structure.dataset_users(ref)}
            self._relations.prepare_inputs(users)

    def relation(self, ref: str) -> Arc | None:
        """Return a recorded relation, or None."""
        return self._relations.relation(ref)

    def before(self, ref: str, side: Side) -> Iterator[Step]:
        """Yield the steps to what a thing came from."""
        for arc in self._relations.inputs(ref):
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
        for arc in self._relations.outputs(ref):
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
        return any(arc.earlier == derived.earlier for arc in self._relations.inputs(derived.later))

    def _taken_in_inside(self, ref: str, side: Side) -> Iterator[Arc]:
        """Yield the relations by which something inside a run or stage took something in from outside."""
        for later in self._ends_inside(ref):
            if side is Side.SUBJECT or not self._is_product(later):
                yield from (
                    arc for arc in self._relations.inputs(later) if ref in self._containers_taking_in(arc)
                )

    def _ends_inside(self, ref: str) -> Iterable[str]:
        """Return what is inside a run, stage or batch and took something in, as relations say."""
        run_id = self._structure.run_of(ref)
        if run_id is None:
            return ()
        inside = self._inside_by_run.get(run_id)
        if inside is None:
            # Once for each run: asking for the containers of everything at every step would be quadratic.
            inside = self._inside_by_run[run_id] = defaultdict(list)
            for later in self._relations.takers_of_run(run_id):
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

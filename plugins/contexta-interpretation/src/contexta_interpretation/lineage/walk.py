"""Following a graph from one subject, the nearest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contexta_interpretation.lineage.graph import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contexta_interpretation.lineage.arc import Arc
    from contexta_interpretation.lineage.graph import LineageGraph, Step

__all__ = ["Passed", "Walk", "walk"]


class Passed(NamedTuple):
    """An arc on the way.

    Args:
        arc: The arc.
        direction: ``upstream`` or ``downstream``.
        depth: How many edges away from the subject its far end is.
    """

    arc: Arc
    direction: str
    depth: int


class Walk(NamedTuple):
    """What was passed and reached in one direction.

    Args:
        passed: The arcs, each once, in the order of passing.
        reached: What was reached, with the number of edges to it, the nearest first.
        is_cut: Whether more lies beyond the greatest depth.
    """

    passed: dict[str, Passed]
    reached: dict[str, int]
    is_cut: bool


def walk(graph: LineageGraph, root: str, direction: str, max_depth: int | None) -> Walk:
    """Follow a graph from one subject in one direction.

    Args:
        graph: The graph.
        root: The subject; a relation is followed from the end that the direction leads to.
        direction: ``upstream`` or ``downstream``.
        max_depth: At most so many edges away; None for no end.
    """
    follow = graph.before if direction == "upstream" else graph.after
    passed: dict[str, Passed] = {}
    reached = {root: 0}
    sides = {root: Side.SUBJECT}
    level: list[tuple[str, Side]] = [(root, Side.SUBJECT)]
    depth = 0
    while level:
        graph.prepare([ref for ref, _ in level], direction)
        if depth == max_depth:
            return Walk(passed, reached, any(_leads_on(each, follow, passed, reached) for each in level))
        depth += 1
        further: list[tuple[str, Side]] = []
        for ref, side in level:
            for arc, far, far_side in _steps(graph, follow, ref, side, direction):
                if arc.ref not in passed:
                    passed[arc.ref] = Passed(arc, direction, depth)
                reached.setdefault(far, depth)
                # More of a thing may be meant on a longer way; what follows from less of it is then known already.
                if far_side > sides.get(far, -1):
                    sides[far] = far_side
                    further.append((far, far_side))
        level = further
    return Walk(passed, reached, is_cut=False)


def _steps(
    graph: LineageGraph,
    follow: Callable[[str, Side], Iterator[Step]],
    ref: str,
    side: Side,
    direction: str,
) -> Iterator[Step]:
    relation = graph.relation(ref)
    if relation is None:
        yield from follow(ref, side)
    else:
        yield relation, relation.earlier if direction == "upstream" else relation.later, Side.WHOLE


def _leads_on(
    state: tuple[str, Side],
    follow: Callable[[str, Side], Iterator[Step]],
    passed: dict[str, Passed],
    reached: dict[str, int],
) -> bool:
    return any(far not in reached or arc.ref not in passed for arc, far, _ in follow(*state))

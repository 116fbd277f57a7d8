"""A traversal of the lineage as a drawing: what came before to the left, what came after to the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.lineage import LineageEdge, LineageTraversal

__all__ = ["Arrow", "Drawing", "Node", "draw_lineage"]

_NODE_WIDTH, _NODE_HEIGHT = 190, 40
_GAP_X, _GAP_Y = 60, 14
_MARGIN = 8
_MOST_LETTERS = 21


@dataclass(frozen=True, slots=True)
class Node:
    """One thing.

    Args:
        ref: Its reference.
        layer: How many edges after the subject it is; negative before it.
        x: Its left edge.
        y: Its upper edge.
    """

    ref: str
    layer: int
    x: int
    y: int

    @property
    def kind(self) -> str:
        """What it is: the first part of its reference; nothing where it has none."""
        return self.ref.partition(":")[0] if ":" in self.ref else ""

    @property
    def label(self) -> str:
        """Its name without the kind, short enough for its box: the end tells more than the beginning."""
        name = self.ref.partition(":")[2] or self.ref
        return name if len(name) <= _MOST_LETTERS else "…" + name[-_MOST_LETTERS:]


@dataclass(frozen=True, slots=True)
class Arrow:
    """One relation.

    Args:
        edge: The relation.
        path: Its path in SVG.
    """

    edge: LineageEdge
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A lineage as it is drawn.

    Args:
        nodes: The things, by layer, and in each from above.
        arrows: The relations between them.
        width: Width of the drawing.
        height: Its height.
        left_out: How many things are not drawn.
    """

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    left_out: int

    @property
    def layers(self) -> list[tuple[int, list[Node]]]:
        """The nodes of each layer."""
        found: dict[int, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.layer, []).append(node)
        return sorted(found.items())


def draw_lineage(traversal: LineageTraversal, most: int) -> Drawing:
    """Return the drawing of a traversal.

    Args:
        traversal: The subject and the edges, the nearest first.
        most: So many things are drawn, the nearest.
    """
    layer_of = _layers(traversal)
    kept = list(layer_of)[:most]
    rows = _ordered({ref: layer_of[ref] for ref in kept}, traversal.edges)
    first = min(rows)
    tallest = max(len(refs) for refs in rows.values())
    height = 2 * _MARGIN + tallest * (_NODE_HEIGHT + _GAP_Y) - _GAP_Y
    nodes: dict[str, Node] = {}
    for layer, refs in sorted(rows.items()):
        x = _MARGIN + (layer - first) * (_NODE_WIDTH + _GAP_X)
        top = (height - (len(refs) * (_NODE_HEIGHT + _GAP_Y) - _GAP_Y)) // 2
        for place, ref in enumerate(refs):
            nodes[ref] = Node(ref, layer, x, top + place * (_NODE_HEIGHT + _GAP_Y))
    arrows = [
        Arrow(edge, _path(nodes[edge.source_ref], nodes[edge.target_ref]))
        for edge in traversal.edges
        if edge.source_ref in nodes and edge.target_ref in nodes
    ]
    width = 2 * _MARGIN + (max(rows) - first + 1) * (_NODE_WIDTH + _GAP_X) - _GAP_X
    return Drawing(tuple(nodes.values()), tuple(arrows), width, height, len(layer_of) - len(kept))


def _layers(traversal: LineageTraversal) -> dict[str, int]:
    """Return the layer of each thing, the nearest to the subject first."""
    layer_of = {traversal.root_ref: 0}
    for edge in traversal.edges:
        step = -1 if edge.direction == "upstream" else 1
        for near, far in ((edge.source_ref, edge.target_ref), (edge.target_ref, edge.source_ref)):
            if near in layer_of and far not in layer_of:
                layer_of[far] = layer_of[near] + step
    return layer_of


def _ordered(layer_of: dict[str, int], edges: Sequence[LineageEdge]) -> dict[int, list[str]]:
    """Return the things of each layer; each stands near the middle of those it is related to, nearer the subject."""
    rows: dict[int, list[str]] = {}
    for ref, layer in layer_of.items():
        rows.setdefault(layer, []).append(ref)
    near: dict[str, list[str]] = {ref: [] for ref in layer_of}
    for edge in edges:
        if edge.source_ref in near and edge.target_ref in near:
            near[edge.source_ref].append(edge.target_ref)
            near[edge.target_ref].append(edge.source_ref)
    place = dict.fromkeys(rows[0], 0.0)
    for layer in sorted(rows, key=abs):
        refs = rows[layer]
        middle = {ref: _mean([place[each] for each in near[ref] if each in place]) for ref in refs}
        refs.sort(key=lambda ref: (middle[ref], ref))
        place |= {ref: number - (len(refs) - 1) / 2 for number, ref in enumerate(refs)}
    return rows


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _path(source: Node, target: Node) -> str:
    """Return a curve between two boxes: from side to side, or beside those of one column."""
    y1, y2 = source.y + _NODE_HEIGHT // 2, target.y + _NODE_HEIGHT // 2
    if source.layer == target.layer:
        x = source.x + _NODE_WIDTH
        return f"M{x} {y1} C{x + _GAP_X // 2} {y1} {x + _GAP_X // 2} {y2} {x} {y2}"
    if source.layer < target.layer:
        x1, x2 = source.x + _NODE_WIDTH, target.x
    else:
        x1, x2 = source.x, target.x + _NODE_WIDTH
    bend = (x1 + x2) // 2
    return f"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}"

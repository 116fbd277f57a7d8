"""A lineage as the text of a Mermaid flowchart, which many editors and forges draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contexta.export.lineage_things import things_of
from contexta.spi.relation_flow import came_from

if TYPE_CHECKING:
    from contexta.spi.lineage import LineageTraversal

__all__ = ["lineage_mermaid"]

#: What may stand in a label as it is; Mermaid takes everything else by its number.
_MEANS_SOMETHING = re.compile(r"[^A-Za-z0-9 _.,:/-]")


def lineage_mermaid(traversal: LineageTraversal) -> str:
    """Return a lineage as a flowchart from what was first to what came from it.

    Relations that follow from what belongs to what are dotted, those that were recorded are drawn through.

    Args:
        traversal: The lineage, as :meth:`contexta.Contexta.traverse_lineage` returns it.
    """
    refs = things_of(traversal)
    names = {ref: f"n{number}" for number, ref in enumerate(refs)}
    lines = ["flowchart LR", *(f'    {name}["{_label(ref)}"]' for ref, name in names.items())]
    for edge in traversal.edges:
        later, earlier = came_from(edge.relation_type, edge.source_ref, edge.target_ref)
        line = "-.->" if edge.origin == "derived" else "-->"
        lines.append(f'    {names[earlier]} {line}|"{_label(edge.relation_type)}"| {names[later]}')
    lines.append(f"    style {names[traversal.root_ref]} stroke-width:3px")
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return _MEANS_SOMETHING.sub(lambda found: f"#{ord(found[0])};", text)

"""Which end of a recorded relation the other one came from."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["came_from"]

_End = TypeVar("_End")

#: Relations that say what became of the source: it was first, and the target came from it.
_FROM_THE_SOURCE = frozenset({"consumed_by", "reported_by"})


def came_from(relation_type: str, source_ref: _End, target_ref: _End) -> tuple[_End, _End]:
    """Return what came from what: the later thing, then the one that it came from.

    ``model derived_from dataset``, ``report generated_from run``, ``model produced_by stage``, ``run used dataset``:
    the source came from the target, and so for every word that is not known.  ``dataset consumed_by run`` and
    ``result reported_by report`` tell it from the other end.

    Args:
        relation_type: What the relation says.
        source_ref: Where it starts.
        target_ref: Where it ends.
    """
    if relation_type in _FROM_THE_SOURCE:
        return target_ref, source_ref
    return source_ref, target_ref

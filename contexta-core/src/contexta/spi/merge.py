"""The merge rule of the metadata plane: last writer wins, field by field, under a hybrid clock.

A document's state remembers the clock of every field.  A patch sets a field only where its clock is greater than the
one that the field was last set under; for a *first* field (when something was created) only where it is smaller.
Clocks are unique texts that sort by time (:class:`contexta.log.HybridClock`, followed by the writer), so merging is
commutative, associative and idempotent: every reader arrives at the same document, whatever order the journals are
read in.

Map fields are merged key by key, so that two processes may tag one run at once; None for a whole map removes the keys
that were set before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["FIRST_FIELDS", "MAP_FIELDS", "DocumentState", "document_of", "merge_patch"]

#: Fields whose value is a mapping that is merged key by key; one level deep, deeper values are replaced whole.
MAP_FIELDS = frozenset({"annotations", "metadata", "parameters", "participants", "tags"})

#: Fields that the first writer decides.
FIRST_FIELDS = frozenset({"created_at", "order_index"})

#: ``name`` or ``name\0key`` (for a key of a map field) to ``[clock, value]``; None as value marks a removal.
#: Plain JSON data, so that a backend may store it as it is.
DocumentState = dict[str, list[Any]]

_SEPARATOR = "\0"


def merge_patch(state: DocumentState, clock: str, fields: Mapping[str, Any]) -> bool:
    """Merge one patch into a document's state, in place.

    Args:
        state: The state to change.
        clock: The clock of the patch; a text that sorts by time and is unique to the mutation.
        fields: The fields of the mutation.

    Returns:
        Whether the state changed.
    """
    changed = False
    for name, value in fields.items():
        if name not in MAP_FIELDS or value is None:
            changed |= _set(state, name, clock, value)
        # Anything but a mapping is left out: one faulty writer must not spoil the keys of the others.
        elif isinstance(value, Mapping):
            for key, entry in value.items():
                changed |= _set(state, f"{name}{_SEPARATOR}{key}", clock, entry)
    return changed


def _set(state: DocumentState, slot: str, clock: str, value: Any) -> bool:
    known = state.get(slot)
    if known is not None and (known[0] <= clock if slot in FIRST_FIELDS else known[0] >= clock):
        return False
    state[slot] = [clock, value]
    return True


def document_of(state: DocumentState) -> dict[str, Any]:
    """Return the plain document of a state; a removed field or key is absent."""
    document: dict[str, Any] = {}
    for slot, (clock, value) in state.items():
        if value is None:
            continue
        name, separator, key = slot.partition(_SEPARATOR)
        if not separator:
            document[name] = value
        elif name not in state or state[name][0] < clock:
            document.setdefault(name, {})[key] = value
    return document

"""The merge rules of the metadata plane: field by field, under a hybrid clock.

A document's state remembers the clock of every field.  Clocks are unique texts that sort by time
(:class:`contexta.log.HybridClock`, followed by the writer), and each rule looks at nothing but clocks, so merging is
commutative, associative and idempotent: every reader arrives at the same document, whatever order the journals are
read in.  The rule depends on the field alone, not on the kind of the entity (:func:`merge_rule`):

* ``last``: the patch with the greatest clock decides; None removes the field.
* ``first``: the patch with the smallest clock decides, as when something was created.
* ``keys``: the field is a mapping whose keys are merged one by one, each as ``last``, so that two processes may tag
  one run at once; None for a key removes it, and None for the whole map removes the keys that were set before it.
  A null that is to be kept, such as a parameter ``max_depth=None``, goes through :func:`keeping_nulls`.
* ``final``: as ``first``, and nothing removes it.  ``deleted_at`` is final: an entity that has it is gone for ever,
  and whatever else was or will be said of it, by whomever, counts no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = [
    "DELETION_FIELD",
    "FINAL_FIELDS",
    "FIRST_FIELDS",
    "MAP_FIELDS",
    "DocumentState",
    "document_of",
    "keeping_nulls",
    "merge_patch",
    "merge_rule",
]

#: Fields whose value is a mapping that is merged key by key; one level deep, deeper values are replaced whole.
MAP_FIELDS = frozenset({"annotations", "metadata", "parameters", "participants", "tags"})

#: Fields that the first writer decides.
FIRST_FIELDS = frozenset({"created_at", "order_index"})

#: The field that makes an entity read as absent.
DELETION_FIELD = "deleted_at"

#: Fields that the first writer decides and nobody takes back: that an entity was deleted, and that nothing of what
#: belonged to it is left in the other stores.
FINAL_FIELDS = frozenset({DELETION_FIELD, "purged_at"})

#: ``name`` or ``name\0key`` (for a key of a map field) to ``[clock, value]``; None as value marks a removal.
#: Plain JSON data, so that a backend may store it as it is.
DocumentState = dict[str, list[Any]]

_SEPARATOR = "\0"

#: Stands in a mutation for a null that is a value of a map's key, and no removal.
_NULL = {"$null": True}


def merge_rule(field_name: str) -> Literal["last", "first", "keys", "final"]:
    """Return the rule that a top-level field is merged by, in an entity of any kind."""
    if field_name in MAP_FIELDS:
        return "keys"
    if field_name in FINAL_FIELDS:
        return "final"
    return "first" if field_name in FIRST_FIELDS else "last"


def keeping_nulls(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of a map field for a mutation that keeps the mapping's nulls instead of removing their keys."""
    return {key: dict(_NULL) if value is None else value for key, value in mapping.items()}


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
    is_deleted = DELETION_FIELD in state
    for name, value in fields.items():
        if name in FINAL_FIELDS:
            changed |= value is not None and _set(state, name, clock, value)
        elif is_deleted:
            continue
        elif name not in MAP_FIELDS or value is None:
            changed |= _set(state, name, clock, value)
        # Anything but a mapping is left out: one faulty writer must not spoil the keys of the others.
        elif isinstance(value, Mapping):
            for key, entry in value.items():
                changed |= _set(state, f"{name}{_SEPARATOR}{key}", clock, entry)
    if not is_deleted and DELETION_FIELD in state:
        # Forgotten, so that the state does not depend on what was read before the deletion.
        for slot in state.keys() - FINAL_FIELDS:
            del state[slot]
    return changed


def _set(state: DocumentState, slot: str, clock: str, value: Any) -> bool:
    known = state.get(slot)
    keeps_first = slot in FIRST_FIELDS or slot in FINAL_FIELDS
    if known is not None and (known[0] <= clock if keeps_first else known[0] >= clock):
        return False
    state[slot] = [clock, value]
    return True


def document_of(state: DocumentState) -> dict[str, Any]:
    """Return the plain document of a state; a removed field or key is absent.

    Of a deleted entity only its final fields are left, and ``status`` says ``"deleted"``.
    """
    document: dict[str, Any] = {"status": "deleted"} if DELETION_FIELD in state else {}
    for slot, (clock, value) in state.items():
        if value is None:
            continue
        name, separator, key = slot.partition(_SEPARATOR)
        if not separator:
            document[name] = value
        elif name not in state or state[name][0] < clock:
            document.setdefault(name, {})[key] = None if value == _NULL else value
    return document

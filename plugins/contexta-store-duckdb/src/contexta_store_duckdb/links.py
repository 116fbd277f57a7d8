"""The fields by which entities are found without looking at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LINK_FIELDS", "link_fields", "links_of"]

_BY_OWNER = ("project_ref", "run_ref")
_BY_KIND: dict[str, tuple[str, ...]] = {
    EntityKind.RELATION: ("source_ref", "target_ref"),
    EntityKind.PROVENANCE: ("relation_ref",),
}

#: All of them; a generation has a column for each.
LINK_FIELDS = (*_BY_OWNER, *(field for fields in _BY_KIND.values() for field in fields))


def link_fields(kind: str) -> tuple[str, ...]:
    """Return the fields of a kind; of two the last is the narrower."""
    return _BY_KIND.get(kind, _BY_OWNER)


def links_of(fields: tuple[str, ...], document: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return the values of such fields; None for what is missing or no text."""
    values = (document.get(field) for field in fields)
    return tuple(value if isinstance(value, str) else None for value in values)

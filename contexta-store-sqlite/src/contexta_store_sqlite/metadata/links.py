"""Where relations and assertions lead to, kept beside them so that they are found without reading all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contexta.spi.merge import document_of
from contexta.spi.metadata import EntityKind
from contexta_store_sqlite.metadata.rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.merge import DocumentState
    from contexta_store_sqlite.database import Connection

__all__ = ["AT", "INSIDE", "asked", "write"]

_FIELDS: dict[str, tuple[str, ...]] = {
    EntityKind.RELATION: ("source_ref", "target_ref"),
    EntityKind.PROVENANCE: ("relation_ref",),
}
_WRITE = "INSERT OR IGNORE INTO links (kind, value, target, ref) VALUES (?, ?, ?, ?)"
_TARGETS = (
    "SELECT links.ref FROM json_each(:asked) AS asked CROSS JOIN links"
    " WHERE links.kind = :kind AND links.value = json_extract(asked.value, '$[0]')"
    " AND links.target = json_extract(asked.value, '$[1]')"
)
# A slash is what comes behind a dot.
_PARTS = (
    "SELECT links.ref FROM json_each(:asked) AS asked CROSS JOIN links"
    " WHERE links.kind = :kind AND links.value > json_extract(asked.value, '$[0]') || '.'"
    " AND links.value < json_extract(asked.value, '$[0]') || '/'"
)
_ENTITIES = f"SELECT {COLUMNS} FROM entities WHERE kind = :kind AND ref IN ({{}})"

#: Statements that find the entities of ``:kind`` that lead to one of the targets ``:asked``, in the form of
#: :func:`asked`; some led there once only.
AT = _ENTITIES.format(_TARGETS)
#: The same, and those that lead to something inside of one.
INSIDE = _ENTITIES.format(f"{_TARGETS} UNION {_PARTS}")


def write(connection: Connection, kind: str, ref: str, state: DocumentState) -> None:
    """Note where an entity leads to; of kinds that nobody looks up so, nothing."""
    fields = _FIELDS.get(kind)
    if fields is None:
        return
    document = document_of(state)
    targets = {target for field in fields if isinstance(target := document.get(field), str)}
    connection.executemany(_WRITE, [(kind, _value(target), target, ref) for target in targets])


def asked(targets: Iterable[str]) -> str:
    """Return targets as the statements take them."""
    return json.dumps([(_value(target), target) for target in targets])


def _value(target: str) -> str:
    return target.partition(":")[2]

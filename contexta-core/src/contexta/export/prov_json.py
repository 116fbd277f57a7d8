"""A lineage as PROV-JSON, the JSON of the W3C's data model for provenance.

What it is made of is written down in https://www.w3.org/submissions/prov-json/, what the words mean in
https://www.w3.org/TR/prov-dm/.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from contexta.export.lineage_things import things_of
from contexta.spi.relation_flow import came_from

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.lineage import LineageEdge, LineageTraversal

__all__ = ["lineage_prov_json"]

_NAMESPACE = "urn:contexta:"
#: References of these kinds are of something that happens; all others are things.
_ACTIVITIES = frozenset({"run", "stage", "batch", "op", "deployment"})
#: Prefixes that mean something else.
_TAKEN = frozenset({"contexta", "prov", "xsd"})
#: Relations in which nothing is made from, or by, anything.
_LOOSE = frozenset({"part_of", "observed_in", "evaluated_on"})


class _Relation(NamedTuple):
    """A relation of PROV, and what it calls the later and the earlier end."""

    name: str
    later: str
    earlier: str


_USED = _Relation("used", "prov:activity", "prov:entity")
_GENERATED = _Relation("wasGeneratedBy", "prov:entity", "prov:activity")
_DERIVED = _Relation("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity")
_INFORMED = _Relation("wasInformedBy", "prov:informed", "prov:informant")
_INFLUENCED = _Relation("wasInfluencedBy", "prov:influencee", "prov:influencer")


def lineage_prov_json(traversal: LineageTraversal) -> str:
    """Return a lineage as PROV-JSON.

    Runs, stages, batches, operations and deployments are activities, everything else is an entity.  The name of a
    thing is its reference, with the kind as its namespace; characters that such a name cannot hold are percent-encoded.
    What the relation was called here stands beside each as ``contexta:relation``.

    Args:
        traversal: The lineage, as :meth:`contexta.Contexta.traverse_lineage` returns it.
    """
    refs = things_of(traversal)
    document: dict[str, Any] = {"prefix": _prefixes(refs)}
    for ref in refs:
        document.setdefault("activity" if _is_activity(ref) else "entity", {})[_name(ref)] = {
            "contexta:ref": ref
        }
    for number, edge in enumerate(traversal.edges, start=1):
        relation, described = _described(edge)
        document.setdefault(relation, {})[f"_:r{number}"] = described
    return json.dumps(document, indent=2) + "\n"


def _described(edge: LineageEdge) -> tuple[str, dict[str, str]]:
    later, earlier = came_from(edge.relation_type, edge.source_ref, edge.target_ref)
    relation = _relation(edge.relation_type, later, earlier)
    described = {
        relation.later: _name(later),
        relation.earlier: _name(earlier),
        "contexta:relation": edge.relation_type,
        "contexta:origin": edge.origin,
    }
    if edge.recorded_at:
        described["contexta:recordedAt"] = edge.recorded_at
    return relation.name, described


def _relation(relation_type: str, later: str, earlier: str) -> _Relation:
    """Return the narrowest relation of PROV that holds."""
    happens = _is_activity(later), _is_activity(earlier)
    if happens == (True, False):
        return _USED
    if relation_type in _LOOSE:
        return _INFLUENCED
    return {(False, True): _GENERATED, (False, False): _DERIVED}.get(happens, _INFORMED)


def _is_activity(ref: str) -> bool:
    return _kind(ref) in _ACTIVITIES


def _kind(ref: str) -> str:
    """Return the kind of a reference; of one that has none, or none that can be a prefix, the word ``thing``."""
    kind, colon, _ = ref.partition(":")
    return kind if colon and kind.isascii() and kind.isidentifier() and kind not in _TAKEN else "thing"


def _name(ref: str) -> str:
    """Return a reference as a qualified name."""
    kind = _kind(ref)
    local = ref if kind == "thing" else ref.partition(":")[2]
    quoted = quote(local, safe="")
    # A name may neither begin nor end with these.
    if quoted[:1] in {".", "-"}:
        quoted = f"%{ord(quoted[0]):02X}{quoted[1:]}"
    if quoted.endswith("."):
        quoted = quoted[:-1] + "%2E"
    return f"{kind}:{quoted}"


def _prefixes(refs: Iterable[str]) -> dict[str, str]:
    kinds = sorted({_kind(ref) for ref in refs})
    return {"contexta": _NAMESPACE} | {kind: f"{_NAMESPACE}{kind}:" for kind in kinds}

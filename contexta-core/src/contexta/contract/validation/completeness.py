"""Warnings about valid models that tell less than they could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Warned", "warnings_about"]


class Warned(NamedTuple):
    """One warning: which code, about which field of the model, and why."""

    code: str
    field: str
    message: str


#: Model to its fields that had better be given: field, code and what is missing without it.
_WANTED: Final[Mapping[str, tuple[Warned, ...]]] = {
    "metric_payload": (
        Warned("metric.unit_missing", "unit", "The metric has no unit; its values can be mistaken."),
    ),
    "artifact_manifest": (
        Warned(
            "artifact.hash_value_missing", "hash_value", "The artifact has no hash; damage cannot be noticed."
        ),
        Warned("artifact.size_bytes_missing", "size_bytes", "The artifact's size is not known."),
    ),
    "lineage_edge": (
        Warned("lineage.evidence_refs_missing", "evidence_refs", "Nothing is named that supports the edge."),
    ),
    "provenance_record": (
        Warned("provenance.policy_ref_missing", "policy_ref", "No policy is named that the record follows."),
        Warned("provenance.evidence_bundle_ref_missing", "evidence_bundle_ref", "No evidence is named."),
    ),
}


def warnings_about(model_name: str, fields: Mapping[str, Any]) -> list[Warned]:
    """List what the valid fields of a model leave out.

    Args:
        model_name: The model's ``contract_name``.
        fields: Its valid fields, with defaults filled in; a broken field is missing here and gives no warning.

    Returns:
        The warnings.
    """
    found = [
        wanted
        for wanted in _WANTED.get(model_name, ())
        if wanted.field in fields and fields[wanted.field] in (None, ())
    ]
    if fields.get("confidence_marker") == "low" and fields.get("evidence_refs") == ():
        message = "The confidence is low, and no evidence is named."
        found.append(Warned("lineage.low_confidence_without_provenance", "confidence_marker", message))
    return found

"""Lineage edges, and the provenance of their assertion."""

from __future__ import annotations

from typing import ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_optional_ref,
    as_optional_token,
    as_ref,
    as_refs,
    as_time,
    as_version,
    as_word,
    bind_fields,
    rule,
)
from contexta.contract.patterns import DOT_TOKEN_PATTERN
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import (
    ASSERTION_MODES,
    CONFIDENCE_MARKERS,
    LINEAGE_ORIGIN_MARKERS,
    RELATION_TYPES,
)
from contexta.errors import ValidationError

__all__ = [
    "ASSERTION_MODES",
    "CONFIDENCE_MARKERS",
    "LINEAGE_ORIGIN_MARKERS",
    "RELATION_TYPES",
    "LineageEdge",
    "ProvenanceRecord",
]


def _check_distinct(source: StableRef, target: StableRef) -> None:
    """Check that an edge leads somewhere else."""
    if source == target:
        raise ValidationError(
            f"source_ref and target_ref must differ; both are {source.text}.",
            code="lineage_self_relation",
            details={"field_name": "target_ref", "value": target.text},
        )


@attrs.frozen(field_transformer=bind_fields)
class LineageEdge(ContractModel):
    """A relation between two things that were recorded.

    Args:
        relation_ref: ``relation:<relation>``.
        relation_type: One of ``RELATION_TYPES``.
        source_ref: Where the edge starts.
        target_ref: Where it ends; another ref than the source.
        recorded_at: When it was recorded.
        origin_marker: One of ``LINEAGE_ORIGIN_MARKERS``.
        confidence_marker: One of ``CONFIDENCE_MARKERS``.
        operation_context_ref: The operation that made it, if any.
        evidence_refs: What supports it.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "lineage_edge"

    relation_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("relation",)))
    relation_type: str = attrs.field(converter=as_word, metadata=rule(words=RELATION_TYPES))
    source_ref: StableRef = attrs.field(converter=as_ref)
    target_ref: StableRef = attrs.field(converter=as_ref)
    recorded_at: str = attrs.field(converter=as_time)
    origin_marker: str = attrs.field(converter=as_word, metadata=rule(words=LINEAGE_ORIGIN_MARKERS))
    confidence_marker: str = attrs.field(converter=as_word, metadata=rule(words=CONFIDENCE_MARKERS))
    operation_context_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("op",))
    )
    evidence_refs: tuple[StableRef, ...] = attrs.field(default=(), converter=as_refs)
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (FieldsRule(("source_ref", "target_ref"), _check_distinct),)


@attrs.frozen(field_transformer=bind_fields)
class ProvenanceRecord(ContractModel):
    """Who asserted a lineage edge, when, and on what grounds.

    Args:
        provenance_ref: ``provenance:<provenance>``.
        relation_ref: The edge that it is about.
        assertion_mode: One of ``ASSERTION_MODES``.
        asserted_at: When it was asserted.
        formation_context_ref: Where the assertion was formed.
        policy_ref: The policy that it follows.
        evidence_bundle_ref: The artifact that holds the evidence.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "provenance_record"

    provenance_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("provenance",)))
    relation_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("relation",)))
    assertion_mode: str = attrs.field(converter=as_word, metadata=rule(words=ASSERTION_MODES))
    asserted_at: str = attrs.field(converter=as_time)
    formation_context_ref: StableRef | None = attrs.field(default=None, converter=as_optional_ref)
    policy_ref: str | None = attrs.field(
        default=None,
        converter=as_optional_token,
        metadata=rule(pattern=DOT_TOKEN_PATTERN, code="lineage_invalid_policy_ref"),
    )
    evidence_bundle_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("artifact",))
    )
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

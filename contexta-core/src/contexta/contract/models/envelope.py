"""The envelope of a record: when, by whom and in which scope it was made."""

from __future__ import annotations

from typing import ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_model,
    as_optional_ref,
    as_optional_text,
    as_ref,
    as_time,
    as_token,
    as_version,
    as_word,
    bind_fields,
    part,
    rule,
)
from contexta.contract.nesting import scope_rules, time_order_rule, under_rule
from contexta.contract.patterns import PRODUCER_REF_PATTERN
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import COMPLETENESS_MARKERS, DEGRADATION_MARKERS, RECORD_TYPES

__all__ = ["CorrelationRefs", "RecordEnvelope"]


@attrs.frozen(field_transformer=bind_fields)
class CorrelationRefs(ContractModel):
    """Ids that tie a record to what other systems saw.

    Args:
        trace_id: The trace it belongs to.
        session_id: The session it belongs to.
    """

    contract_name: ClassVar[str] = "correlation_refs"

    trace_id: str | None = attrs.field(default=None, converter=as_optional_text)
    session_id: str | None = attrs.field(default=None, converter=as_optional_text)


@attrs.frozen(field_transformer=bind_fields)
class RecordEnvelope(ContractModel):
    """The envelope of a record.

    Args:
        record_ref: ``record:<project>.<run>.<record>``.
        record_type: One of ``RECORD_TYPES``.
        recorded_at: When it was recorded; not before it was observed.
        observed_at: When what it tells happened.
        producer_ref: Who made it, ``sdk.python.local``.
        run_ref: The run that it belongs to.
        deployment_execution_ref: The deployment it was made in, if any.
        stage_execution_ref: The stage it was made in, if any.
        batch_execution_ref: The batch it was made in, if any; needs a stage.
        sample_observation_ref: The sample it is about, if any; needs a stage.
        operation_context_ref: The operation it was made in, if any; needs a stage.
        correlation_refs: Ids of other systems.
        completeness_marker: One of ``COMPLETENESS_MARKERS``.
        degradation_marker: One of ``DEGRADATION_MARKERS``.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "record_envelope"

    record_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("record",)))
    record_type: str = attrs.field(converter=as_word, metadata=rule(words=RECORD_TYPES))
    recorded_at: str = attrs.field(converter=as_time)
    observed_at: str = attrs.field(converter=as_time)
    producer_ref: str = attrs.field(
        converter=as_token, metadata=rule(pattern=PRODUCER_REF_PATTERN, code="record_invalid_producer_ref")
    )
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    deployment_execution_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("deployment",))
    )
    stage_execution_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("stage",))
    )
    batch_execution_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("batch",))
    )
    sample_observation_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("sample",))
    )
    operation_context_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("op",))
    )
    correlation_refs: CorrelationRefs = attrs.field(
        default=CorrelationRefs(),
        converter=as_model,
        metadata=part(CorrelationRefs, code="record_invalid_correlation_refs"),
    )
    completeness_marker: str = attrs.field(
        default="complete", converter=as_word, metadata=rule(words=COMPLETENESS_MARKERS)
    )
    degradation_marker: str = attrs.field(
        default="none", converter=as_word, metadata=rule(words=DEGRADATION_MARKERS)
    )
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        under_rule("record_ref", "run_ref", code="record_ref_prefix_mismatch"),
        time_order_rule("observed_at", "recorded_at", code="record_invalid_time_order"),
        *scope_rules(prefix_code="record_ref_prefix_mismatch", missing_code="record_missing_stage_context"),
    )

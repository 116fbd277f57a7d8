"""Samples and operations: the innermost scopes, each of a stage or of a batch of it."""

from __future__ import annotations

from typing import ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_component,
    as_optional_ref,
    as_optional_text,
    as_ref,
    as_time,
    as_version,
    bind_fields,
    rule,
)
from contexta.contract.nesting import named_rule, under_rule
from contexta.contract.refs import StableRef

__all__ = ["OperationContext", "SampleObservation"]


@attrs.frozen(field_transformer=bind_fields)
class SampleObservation(ContractModel):
    """A sample that was looked at.

    Args:
        sample_observation_ref: ``sample:`` and the value of its batch (or stage) and ``sample_name``.
        run_ref: The run that it belongs to.
        stage_execution_ref: The stage that it belongs to.
        sample_name: The last component of the ref.
        observed_at: When it was observed.
        batch_execution_ref: The batch that it belongs to, if any.
        retention_class: How long it is kept.
        redaction_profile: How it was redacted.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "sample_observation"

    sample_observation_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("sample",)))
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    stage_execution_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("stage",)))
    sample_name: str = attrs.field(converter=as_component)
    observed_at: str = attrs.field(converter=as_time)
    batch_execution_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("batch",))
    )
    retention_class: str | None = attrs.field(default=None, converter=as_optional_text)
    redaction_profile: str | None = attrs.field(default=None, converter=as_optional_text)
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        under_rule("stage_execution_ref", "run_ref"),
        under_rule("batch_execution_ref", "stage_execution_ref"),
        named_rule("sample_observation_ref", ("batch_execution_ref", "stage_execution_ref"), "sample_name"),
    )


@attrs.frozen(field_transformer=bind_fields)
class OperationContext(ContractModel):
    """An operation inside a stage.

    Args:
        operation_context_ref: ``op:`` and the value of its batch (or stage) and ``operation_name``.
        run_ref: The run that it belongs to.
        stage_execution_ref: The stage that it belongs to.
        operation_name: The last component of the ref.
        observed_at: When it was observed.
        batch_execution_ref: The batch that it belongs to, if any.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "operation_context"

    operation_context_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("op",)))
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    stage_execution_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("stage",)))
    operation_name: str = attrs.field(converter=as_component)
    observed_at: str = attrs.field(converter=as_time)
    batch_execution_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("batch",))
    )
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        under_rule("stage_execution_ref", "run_ref"),
        under_rule("batch_execution_ref", "stage_execution_ref"),
        named_rule("operation_context_ref", ("batch_execution_ref", "stage_execution_ref"), "operation_name"),
    )

"""Stages of a run, and batches of a stage."""

from __future__ import annotations

from typing import ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_component,
    as_optional_time,
    as_ref,
    as_time,
    as_version,
    as_word,
    bind_fields,
    rule,
)
from contexta.contract.nesting import lifecycle_rules, named_rule, under_rule
from contexta.contract.numbers import as_optional_count
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import RUN_STAGE_STATUSES

__all__ = ["BatchExecution", "StageExecution"]


@attrs.frozen(field_transformer=bind_fields)
class StageExecution(ContractModel):
    """A stage of a run: prepare, train, evaluate.

    Args:
        stage_execution_ref: ``stage:<project>.<run>.<stage_name>``.
        run_ref: The run that it belongs to.
        stage_name: The last component of the ref.
        status: One of ``RUN_STAGE_STATUSES``; only ``open`` has no end.
        started_at: When it started.
        ended_at: When it ended, if it did.
        order_index: Its place among the run's stages.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "stage_execution"

    stage_execution_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("stage",)))
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    stage_name: str = attrs.field(converter=as_component)
    status: str = attrs.field(
        converter=as_word, metadata=rule(words=RUN_STAGE_STATUSES, code="context_invalid_status")
    )
    started_at: str = attrs.field(converter=as_time)
    ended_at: str | None = attrs.field(default=None, converter=as_optional_time)
    order_index: int | None = attrs.field(
        default=None, converter=as_optional_count, metadata=rule(code="context_invalid_order_index")
    )
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        *lifecycle_rules(),
        named_rule("stage_execution_ref", ("run_ref",), "stage_name"),
    )


@attrs.frozen(field_transformer=bind_fields)
class BatchExecution(ContractModel):
    """A batch of a stage.

    Args:
        batch_execution_ref: ``batch:<project>.<run>.<stage>.<batch_name>``.
        run_ref: The run that it belongs to.
        stage_execution_ref: The stage that it belongs to.
        batch_name: The last component of the ref.
        status: One of ``RUN_STAGE_STATUSES``; only ``open`` has no end.
        started_at: When it started.
        ended_at: When it ended, if it did.
        order_index: Its place among the stage's batches.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "batch_execution"

    batch_execution_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("batch",)))
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    stage_execution_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("stage",)))
    batch_name: str = attrs.field(converter=as_component)
    status: str = attrs.field(
        converter=as_word, metadata=rule(words=RUN_STAGE_STATUSES, code="context_invalid_status")
    )
    started_at: str = attrs.field(converter=as_time)
    ended_at: str | None = attrs.field(default=None, converter=as_optional_time)
    order_index: int | None = attrs.field(
        default=None, converter=as_optional_count, metadata=rule(code="context_invalid_order_index")
    )
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        *lifecycle_rules(),
        under_rule("stage_execution_ref", "run_ref"),
        named_rule("batch_execution_ref", ("stage_execution_ref",), "batch_name"),
    )

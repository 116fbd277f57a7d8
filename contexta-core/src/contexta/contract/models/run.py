"""The run: one execution that is observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_json,
    as_name,
    as_optional_ref,
    as_optional_text,
    as_optional_time,
    as_ref,
    as_strings,
    as_time,
    as_version,
    as_word,
    bind_fields,
    rule,
)
from contexta.contract.limits import MAX_RUN_PARAMETERS
from contexta.contract.nesting import lifecycle_rules, under_rule
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import RUN_STAGE_STATUSES

__all__ = ["MAX_RUN_PARAMETERS", "Run"]


@attrs.frozen(field_transformer=bind_fields)
class Run(ContractModel):
    """A run of a project.

    Args:
        run_ref: ``run:<project>.<run>``.
        project_ref: The project that it belongs to.
        name: What people call it.
        status: One of ``RUN_STAGE_STATUSES``; only ``open`` has no end.
        started_at: When it started.
        ended_at: When it ended, if it did.
        description: What it is about.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.
        tags: Text to text.
        metadata: JSON values.
        dataset_ref: The primary dataset: its stable ref, or what else names it.
        code_revision: The revision of the code that ran.
        config_snapshot_ref: The artifact that holds the configuration.
        parameters: What the run was called with: dotted key to JSON value.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "run"

    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    project_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("project",)))
    name: str = attrs.field(converter=as_name)
    status: str = attrs.field(
        converter=as_word, metadata=rule(words=RUN_STAGE_STATUSES, code="context_invalid_status")
    )
    started_at: str = attrs.field(converter=as_time)
    ended_at: str | None = attrs.field(default=None, converter=as_optional_time)
    description: str | None = attrs.field(default=None, converter=as_optional_text)
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)
    # Absent from the payload while empty, so that a plain run reads as it did before these fields existed.
    tags: Mapping[str, str] = attrs.field(default=None, converter=as_strings, metadata={"omit_empty": True})
    metadata: Mapping[str, Any] = attrs.field(
        default=None,
        converter=as_json,
        metadata={"omit_empty": True, **rule(code="context_invalid_mapping")},
    )
    dataset_ref: str | None = attrs.field(default=None, converter=as_optional_text)
    code_revision: str | None = attrs.field(default=None, converter=as_optional_text)
    config_snapshot_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("artifact",))
    )
    parameters: Mapping[str, Any] = attrs.field(
        default=None,
        converter=as_json,
        metadata={"omit_empty": True, **rule(code="context_invalid_mapping", max_keys=MAX_RUN_PARAMETERS)},
    )

    rules: ClassVar[tuple[FieldsRule, ...]] = (*lifecycle_rules(), under_rule("run_ref", "project_ref"))

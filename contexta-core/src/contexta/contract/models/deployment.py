"""The deployment: something of a project put to use."""

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
    as_optional_time,
    as_ref,
    as_time,
    as_version,
    as_word,
    bind_fields,
    rule,
)
from contexta.contract.nesting import lifecycle_rules, named_rule, same_project_rule, under_rule
from contexta.contract.numbers import as_optional_count
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import RUN_STAGE_STATUSES

__all__ = ["DeploymentExecution"]


@attrs.frozen(field_transformer=bind_fields)
class DeploymentExecution(ContractModel):
    """A deployment.

    Args:
        deployment_execution_ref: ``deployment:<project>.<deployment_name>``.
        project_ref: The project that it belongs to.
        deployment_name: The last component of the ref.
        status: One of ``RUN_STAGE_STATUSES``; only ``open`` has no end.
        started_at: When it started.
        ended_at: When it ended, if it did.
        order_index: Its place among its siblings.
        run_ref: The run that made what is deployed.
        artifact_ref: What is deployed.
        environment_snapshot_ref: Where it is deployed.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "deployment_execution"

    deployment_execution_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("deployment",)))
    project_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("project",)))
    deployment_name: str = attrs.field(converter=as_component)
    status: str = attrs.field(
        converter=as_word, metadata=rule(words=RUN_STAGE_STATUSES, code="context_invalid_status")
    )
    started_at: str = attrs.field(converter=as_time)
    ended_at: str | None = attrs.field(default=None, converter=as_optional_time)
    order_index: int | None = attrs.field(
        default=None, converter=as_optional_count, metadata=rule(code="context_invalid_order_index")
    )
    run_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("run",))
    )
    artifact_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("artifact",))
    )
    environment_snapshot_ref: StableRef | None = attrs.field(
        default=None, converter=as_optional_ref, metadata=rule(kinds=("environment",))
    )
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        *lifecycle_rules(),
        named_rule("deployment_execution_ref", ("project_ref",), "deployment_name"),
        same_project_rule("run_ref", "project_ref"),
        same_project_rule("artifact_ref", "project_ref"),
        # Without a run there is no run to lie under, but another project's environment is wrong all the same.
        same_project_rule("environment_snapshot_ref", "project_ref"),
        under_rule("environment_snapshot_ref", "run_ref"),
    )

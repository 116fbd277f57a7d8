"""The environment snapshot: where a run ran."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import attrs

from contexta.contract.between_fields import FieldsRule
from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_ref,
    as_strings,
    as_text,
    as_time,
    as_version,
    bind_fields,
    rule,
)
from contexta.contract.nesting import under_rule
from contexta.contract.refs import StableRef

__all__ = ["EnvironmentSnapshot"]


@attrs.frozen(field_transformer=bind_fields)
class EnvironmentSnapshot(ContractModel):
    """Python, platform, packages and chosen environment variables of a run.

    The model keeps what it is given: secrets must be taken out before, as the capture side does.

    Args:
        environment_snapshot_ref: ``environment:<project>.<run>.<snapshot>``.
        run_ref: The run that it belongs to.
        captured_at: When it was taken.
        python_version: The version of Python.
        platform: The operating system and machine.
        packages: Distribution to version.
        environment_variables: Variable to value; values may be empty.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "environment_snapshot"

    environment_snapshot_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("environment",)))
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    captured_at: str = attrs.field(converter=as_time)
    python_version: str = attrs.field(converter=as_text)
    platform: str = attrs.field(converter=as_text)
    packages: Mapping[str, str] = attrs.field(default=None, converter=as_strings)
    environment_variables: Mapping[str, str] = attrs.field(default=None, converter=as_strings)
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (under_rule("environment_snapshot_ref", "run_ref"),)

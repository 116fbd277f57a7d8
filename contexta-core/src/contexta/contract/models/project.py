"""The project: what runs belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import attrs

from contexta.contract.contract_model import ContractModel
from contexta.contract.extensions import ExtensionFieldSet, as_extensions
from contexta.contract.fields import (
    DEFAULT_CONTRACT_SCHEMA_VERSION,
    as_name,
    as_optional_text,
    as_ref,
    as_strings,
    as_time,
    as_version,
    bind_fields,
    rule,
)
from contexta.contract.refs import StableRef

__all__ = ["Project"]


@attrs.frozen(field_transformer=bind_fields)
class Project(ContractModel):
    """A project.

    Args:
        project_ref: ``project:<project>``.
        name: What people call it.
        created_at: When it was created.
        description: What it is about.
        tags: Text to text.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "project"

    project_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("project",)))
    name: str = attrs.field(converter=as_name)
    created_at: str = attrs.field(converter=as_time)
    description: str | None = attrs.field(default=None, converter=as_optional_text)
    tags: Mapping[str, str] = attrs.field(default=None, converter=as_strings)
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

"""The artifact manifest: what an artifact is, where it lies and who made it."""

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
    as_optional_ref,
    as_ref,
    as_text,
    as_time,
    as_token,
    as_version,
    bind_fields,
    rule,
)
from contexta.contract.nesting import scope_rules, under_rule
from contexta.contract.numbers import as_optional_count
from contexta.contract.patterns import (
    HASH_VALUE_PATTERN,
    LOWER_SNAKE_PATTERN,
    PRODUCER_REF_PATTERN,
    schema_pattern,
)
from contexta.contract.refs import StableRef
from contexta.contract.vocabularies import ARTIFACT_KINDS
from contexta.errors import ValidationError

__all__ = ["ARTIFACT_KINDS", "ArtifactManifest"]

_HASH_SCHEMA = {"schema": {"type": ["string", "null"], "pattern": schema_pattern(HASH_VALUE_PATTERN)}}


def _as_hash(value: str | None, field_name: str = "hash_value") -> str | None:
    """Require None, or digits with or without the algorithm's name before a colon."""
    if value is None:
        return None
    text = as_text(value, field_name)
    if HASH_VALUE_PATTERN.match(text):
        return text
    raise ValidationError(
        f"{field_name} must be digits such as 'sha256:9f86d0…'; found {text[:80]!r}.",
        code="artifact_invalid_hash_value",
        details={"field_name": field_name, "value": text[:80]},
    )


@attrs.frozen(field_transformer=bind_fields)
class ArtifactManifest(ContractModel):
    """The manifest of an artifact of a run.

    Args:
        artifact_ref: ``artifact:<project>.<run>.<artifact>``.
        artifact_kind: A lower_snake word; ``ARTIFACT_KINDS`` lists customary ones.
        created_at: When it was created.
        producer_ref: Who made the manifest, ``sdk.python.local``.
        run_ref: The run that made the artifact.
        location_ref: Where the content lies.
        deployment_execution_ref: The deployment it was made in, if any.
        stage_execution_ref: The stage it was made in, if any.
        batch_execution_ref: The batch it was made in, if any.
        sample_observation_ref: The sample it belongs to, if any.
        operation_context_ref: The operation that made it, if any.
        hash_value: Hash of the content, with or without the algorithm before a colon.
        size_bytes: Size of the content in bytes.
        attributes: JSON values.
        schema_version: Version of the contract that wrote it.
        extensions: Fields of other namespaces.

    Raises:
        ValidationError: A field breaks its rule; the first that does is reported.
    """

    contract_name: ClassVar[str] = "artifact_manifest"

    artifact_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("artifact",)))
    artifact_kind: str = attrs.field(
        converter=as_token, metadata=rule(pattern=LOWER_SNAKE_PATTERN, code="artifact_invalid_artifact_kind")
    )
    created_at: str = attrs.field(converter=as_time)
    producer_ref: str = attrs.field(
        converter=as_token, metadata=rule(pattern=PRODUCER_REF_PATTERN, code="artifact_invalid_producer_ref")
    )
    run_ref: StableRef = attrs.field(converter=as_ref, metadata=rule(kinds=("run",)))
    location_ref: str = attrs.field(converter=as_text)
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
    hash_value: str | None = attrs.field(default=None, converter=_as_hash, metadata=_HASH_SCHEMA)
    size_bytes: int | None = attrs.field(
        default=None, converter=as_optional_count, metadata=rule(code="artifact_invalid_size_bytes")
    )
    attributes: Mapping[str, Any] = attrs.field(default=None, converter=as_json)
    schema_version: str = attrs.field(default=DEFAULT_CONTRACT_SCHEMA_VERSION, converter=as_version)
    extensions: tuple[ExtensionFieldSet, ...] = attrs.field(default=(), converter=as_extensions)

    rules: ClassVar[tuple[FieldsRule, ...]] = (
        under_rule("artifact_ref", "run_ref", code="artifact_ref_prefix_mismatch"),
        *scope_rules(
            prefix_code="artifact_ref_prefix_mismatch", missing_code="artifact_missing_stage_context"
        ),
    )

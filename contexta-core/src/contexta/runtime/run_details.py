"""What the caller of ``ctx.run(...)`` says of the run, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.config.problems import shown
from contexta.contract.json_values import freeze_json_mapping
from contexta.contract.text import check_characters
from contexta.errors import LifecycleError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RunDetails", "tags_of", "text_of"]

#: Longest name of a run, stage or other scope, in characters.
MAX_NAME_LENGTH = 256


def text_of(value: object, field_name: str) -> str:
    """Return stripped text.

    Raises:
        LifecycleError: Not text, or blank.
        ValidationError: Too long, or with characters that nothing can store.
    """
    if not isinstance(value, str) or not value.strip():
        raise LifecycleError(
            f"{field_name} must be text that is not blank, not {shown(value)}",
            code="runtime_invalid_value",
            details={"field_name": field_name},
        )
    stripped = value.strip()
    if len(stripped) > MAX_NAME_LENGTH:
        raise ValidationError(
            f"{field_name} has {len(stripped)} characters; at most {MAX_NAME_LENGTH} are kept",
            code="runtime_value_too_long",
            details={"field_name": field_name},
        )
    return check_characters(stripped, field_name=field_name)


def tags_of(value: Mapping[str, str] | None) -> dict[str, str]:
    """Return tags with text names and values.

    Raises:
        LifecycleError: Not a mapping, or a name or value is not text.
    """
    if value is None:
        return {}
    if not hasattr(value, "items"):
        raise LifecycleError(
            f"tags must be a mapping, not {type(value).__name__}", code="runtime_invalid_mapping"
        )
    tags = {}
    for name, entry in value.items():
        if not isinstance(entry, str):
            raise LifecycleError(
                f"tag {shown(name)} is {shown(entry)}; tags are text: str({shown(entry)})",
                code="runtime_invalid_mapping",
            )
        tags[text_of(name, "a tag's name")] = check_characters(entry, field_name=f"tags.{name}")
    return tags


class RunDetails(NamedTuple):
    """What a run is opened with; see :meth:`contexta.Contexta.run`."""

    tags: Mapping[str, str]
    metadata: Mapping[str, Any]
    code_revision: str | None = None
    config_snapshot: Mapping[str, Any] | None = None
    dataset_ref: str | None = None

    @classmethod
    def of(
        cls,
        *,
        tags: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        code_revision: str | None = None,
        config_snapshot: Mapping[str, Any] | None = None,
        dataset_ref: str | None = None,
    ) -> RunDetails:
        """Check and take over what the caller says.

        Raises:
            LifecycleError: A tag or text is not what it must be.
            ValidationError: Metadata or configuration is not JSON-safe.
        """
        snapshot = None
        if config_snapshot is not None:
            snapshot = freeze_json_mapping(config_snapshot, field_name="config_snapshot")
        return cls(
            tags_of(tags),
            freeze_json_mapping(metadata, field_name="metadata"),
            None if code_revision is None else text_of(code_revision, "code_revision"),
            snapshot,
            None if dataset_ref is None else text_of(dataset_ref, "dataset_ref"),
        )

"""Files and directories to register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.capture.emissions.emission import Emission
from contexta.capture.emissions.fields import attributes_of, flag_of, ref_of, snake_of
from contexta.config.problems import shown
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.contract.refs import StableRef

__all__ = ["ArtifactRegistrationEmission"]


@dataclass(frozen=True, slots=True)
class ArtifactRegistrationEmission(Emission):
    """A file or directory to register.

    Args:
        artifact_kind: What it is: ``"model"``, ``"dataset"``, ``"checkpoint"`` …
        path: Where it lies now.
        artifact_ref: Explicit reference; one is made when None.
        attributes: Structured JSON-safe fields.
        compute_hash: Whether the manifest carries the content's hash.
        allow_missing: Whether the registration succeeds, degraded, although nothing lies at ``path``.

    Raises:
        ValidationError: A field breaks its rule.
    """

    artifact_kind: str
    path: str
    artifact_ref: StableRef | str | None = None
    attributes: Mapping[str, Any] | None = None
    compute_hash: bool = True
    allow_missing: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        kind = snake_of(self.artifact_kind, "artifact_kind", "capture_model_invalid_artifact_kind")
        put(self, "artifact_kind", kind)
        path = self.path.__fspath__() if hasattr(self.path, "__fspath__") else self.path
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            raise ValidationError(
                f"path must be text that is not blank and holds no NUL, not {shown(path)}",
                code="capture_model_invalid_string",
                details={"field_name": "path"},
            )
        put(self, "path", path)
        if self.artifact_ref is not None:
            put(self, "artifact_ref", ref_of(self.artifact_ref, "capture_model_invalid_artifact_ref"))
        put(self, "attributes", attributes_of(self.attributes))
        put(self, "compute_hash", flag_of(self.compute_hash, "compute_hash"))
        put(self, "allow_missing", flag_of(self.allow_missing, "allow_missing"))

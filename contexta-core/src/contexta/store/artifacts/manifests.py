"""Manifests on their way into the store: read, held against the content, and completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from contexta.contract.models.artifacts import ArtifactManifest
from contexta.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_manifest", "claimed_digest", "completed", "require_claims"]

_DIGITS = 64


def as_manifest(manifest: ArtifactManifest | Mapping[str, Any] | str) -> ArtifactManifest:
    """Return a manifest that was given as a model, as plain data or as JSON.

    Raises:
        ValidationError: It is no manifest.
        SerializationError: The JSON cannot be read.
    """
    if isinstance(manifest, ArtifactManifest):
        return manifest
    from contexta.contract import deserialize_artifact_manifest

    return deserialize_artifact_manifest(manifest)


def claimed_digest(manifest: ArtifactManifest) -> str | None:
    """Return the SHA-256 that a manifest claims, as ``sha256:<64 hex>``; None where it claims none."""
    text = (manifest.hash_value or "").lower().removeprefix("sha256:")
    return f"sha256:{text}" if len(text) == _DIGITS and ":" not in text else None


def require_claims(manifest: ArtifactManifest) -> None:
    """Require that a manifest says size and SHA-256 of its content.

    Raises:
        ArtifactError: It does not (``artifact_store_strict_verification_missing_claims``).
    """
    if manifest.size_bytes is None or claimed_digest(manifest) is None:
        raise ArtifactError(
            f"the manifest of {manifest.artifact_ref} has no size_bytes or no SHA-256 as hash_value, and "
            "artifacts.verification_mode = 'strict' wants both; nothing was taken in",
            code="artifact_store_strict_verification_missing_claims",
            details={"artifact_ref": str(manifest.artifact_ref)},
        )


def completed(
    manifest: ArtifactManifest, size_bytes: int, digest: str | None, *, compare: bool = True
) -> ArtifactManifest:
    """Return a manifest with the size and hash of its content, where it has none.

    Args:
        manifest: The manifest.
        size_bytes: Size of the content.
        digest: ``sha256:<64 hex>`` of the content; not looked at when None.
        compare: Whether claims must hold.

    Raises:
        ArtifactError: A claim does not hold (``artifact_store_size_mismatch``, ``artifact_store_hash_mismatch``).
    """
    claimed = claimed_digest(manifest)
    if compare and manifest.size_bytes not in {None, size_bytes}:
        raise _mismatch(manifest, "size", f"{manifest.size_bytes} bytes", f"{size_bytes} bytes")
    if compare and digest is not None and claimed not in {None, digest}:
        raise _mismatch(manifest, "hash", str(claimed), digest)
    return attrs.evolve(
        manifest,
        size_bytes=size_bytes if manifest.size_bytes is None else manifest.size_bytes,
        hash_value=digest if manifest.hash_value is None else manifest.hash_value,
    )


def _mismatch(manifest: ArtifactManifest, what: str, claimed: str, found: str) -> ArtifactError:
    return ArtifactError(
        f"the manifest of {manifest.artifact_ref} claims {claimed}, and the content has {found}; nothing was bound",
        code=f"artifact_store_{what}_mismatch",
        details={"artifact_ref": str(manifest.artifact_ref), "claimed": claimed, "found": found},
    )

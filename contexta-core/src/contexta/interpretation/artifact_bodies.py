"""Whether the body of an artifact is there and whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from contexta.errors import ContextaError, NotFoundError
from contexta.spi.integrity import IntegrityFinding

if TYPE_CHECKING:
    from contexta.spi.artifacts import ArtifactBackend

__all__ = ["check_body"]


def check_body(backend: ArtifactBackend, artifact_ref: str, *, read_content: bool) -> IntegrityFinding | None:
    """Return what is wrong with the body of an artifact, or None where it is whole.

    Args:
        backend: The artifact store.
        artifact_ref: The artifact.
        read_content: Compare every byte with the digest; otherwise only presence and size are looked at, but for a
            directory, which is always read.
    """
    bound = backend.find(artifact_ref)
    if bound is None:
        return IntegrityFinding(
            "artifact_unknown", "error", f"there is no artifact {artifact_ref}", ref=artifact_ref
        )
    content = bound.content
    if content is None:
        text = f"{artifact_ref} was registered before its body existed and has none yet"
        return IntegrityFinding("artifact_pending", "warning", text, ref=artifact_ref)
    try:
        if read_content or content.form == "directory":
            return backend.verify(artifact_ref)
        with backend.open_body(artifact_ref) as body:
            size = body.seek(0, os.SEEK_END)
    except NotFoundError as error:
        return IntegrityFinding("artifact_body_missing", "error", str(error), ref=artifact_ref)
    except (ContextaError, OSError) as error:
        return IntegrityFinding("artifact_body_unreadable", "error", str(error), ref=artifact_ref)
    if size != content.size_bytes:
        text = f"the body of {artifact_ref} has {size} bytes instead of {content.size_bytes}"
        return IntegrityFinding("artifact_body_truncated", "error", text, ref=artifact_ref)
    return None

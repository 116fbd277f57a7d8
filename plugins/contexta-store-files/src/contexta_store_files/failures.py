"""The errors of this store, each with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ArtifactError, NotFoundError, StoreAccessError
from contexta.log.failures import write_failure

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["body_missing", "cannot_read", "cannot_write", "not_bound", "source_changed", "source_refused"]


def cannot_write(error: OSError, path: Path, action: str) -> StoreAccessError:
    """Build the error for a write that the operating system refused: full, read-only, or failed."""
    return write_failure(error, path, action, code="artifact_write_failed")


def cannot_read(error: OSError, path: Path, action: str) -> StoreAccessError:
    """Build the error for a read that the operating system refused."""
    return StoreAccessError(
        f"Could not {action}: {path} failed with '{error.strerror or error}'. Check the permissions and the storage.",
        code="artifact_read_failed",
        details={"path": str(path), "errno": error.errno},
        cause=error,
    )


def not_bound(artifact_ref: str) -> NotFoundError:
    """Build the error for a reference that the store does not know."""
    return NotFoundError(
        f"There is no artifact {artifact_ref!r} in this store; list_artifacts() names those that there are.",
        code="artifact_not_found",
        details={"artifact_ref": artifact_ref},
    )


def body_missing(artifact_ref: str, reason: str) -> NotFoundError:
    """Build the error for an artifact whose body cannot be had."""
    return NotFoundError(
        f"The artifact {artifact_ref!r} is known, but {reason}. Registering the same content again brings it back.",
        code="artifact_body_missing",
        details={"artifact_ref": artifact_ref},
    )


def source_changed(path: Path) -> ArtifactError:
    """Build the error for a source that was written while it was read."""
    return ArtifactError(
        f"{path} changed while it was taken into the store, so what was read may be half old and half new;"
        " nothing was bound and the source is as it was. Close whatever writes it and register it again.",
        code="artifact_source_changed",
        details={"path": str(path)},
        retryable=True,
    )


def source_refused(path: Path, problem: str, remedy: str, *, code: str) -> ArtifactError:
    """Build the error for a source that this store does not take."""
    return ArtifactError(
        f"{path} cannot be an artifact: {problem}. {remedy}", code=code, details={"path": str(path)}
    )

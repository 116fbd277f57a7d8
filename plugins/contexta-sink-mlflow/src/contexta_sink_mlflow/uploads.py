"""Artifacts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.errors import CaptureError
from contexta_sink_mlflow.entries import mlflow_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["upload"]


def upload(client: Any, mlflow_run_id: str, payload: Mapping[str, Any]) -> str:
    """Upload an artifact from where it was registered; the same artifact again takes the same place.

    Args:
        client: MLflow's client.
        mlflow_run_id: The MLflow run.
        payload: What was captured.

    Returns:
        The directory that it has in MLflow: its kind, and the last component of its reference.

    Raises:
        CaptureError: It is not there any more, or it is not what was registered.
        Exception: Whatever MLflow's client raises.
    """
    manifest, source = payload["manifest"], Path(payload["source"]["path"])
    place = f"{mlflow_name(manifest.artifact_kind)}/{manifest.artifact_ref.components[-1]}"
    if source.is_dir():
        client.log_artifacts(mlflow_run_id, str(source), f"{place}/{source.name}")
        return place
    try:
        found = _digest(source)
    except OSError as error:
        raise CaptureError(
            f"{source} was registered as {manifest.artifact_ref} and cannot be read any more ({error});"
            " the workspace has it",
            code="mlflow_artifact_gone",
            cause=error,
        ) from error
    location = str(manifest.location_ref)
    if location.startswith("store:sha256:") and location.removeprefix("store:") != found:
        raise CaptureError(
            f"{source} was changed since it was registered as {manifest.artifact_ref}; the workspace has it as it was",
            code="mlflow_artifact_changed",
        )
    client.log_artifact(mlflow_run_id, str(source), place)
    return place


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"

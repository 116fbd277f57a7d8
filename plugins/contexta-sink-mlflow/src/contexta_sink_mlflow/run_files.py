"""Which MLflow run stands for a run: kept in the workspace, so that every process and every replay finds the same."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RunFiles"]


class RunFiles:
    """One small file for each run; whoever links it first decides.

    Args:
        directory: Where they lie; None keeps nothing, so each process has MLflow runs of its own.
        target: Tracking server and experiment: another target has other runs.
    """

    def __init__(self, directory: Path | None, target: str) -> None:
        self._directory = directory
        self._suffix = hashlib.blake2b(target.encode(), digest_size=6).hexdigest()

    def find(self, run_ref: str) -> str | None:
        """Return the MLflow run of a run, or None."""
        path = self._path(run_ref)
        if path is None:
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(found["mlflow_run_id"])

    def claim(self, run_ref: str, mlflow_run_id: str) -> str:
        """Set the MLflow run of a run.

        Args:
            run_ref: Reference of the run.
            mlflow_run_id: The MLflow run that was made for it.

        Returns:
            The one that counts: that of another process where it was quicker.
        """
        path = self._path(run_ref)
        if path is None:
            return mlflow_run_id
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump({"run_ref": run_ref, "mlflow_run_id": mlflow_run_id}, stream)
                stream.flush()
                os.fsync(stream.fileno())
            # A link is there whole or not at all, and never in the place of another.
            os.link(temporary, path)
        except FileExistsError:
            return self.find(run_ref) or mlflow_run_id
        finally:
            temporary.unlink(missing_ok=True)
        return mlflow_run_id

    def _path(self, run_ref: str) -> Path | None:
        if self._directory is None:
            return None
        return self._directory / f"{run_ref.partition(':')[2]}.{self._suffix}.json"

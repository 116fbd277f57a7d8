"""Which MLflow run stands for a run: kept in the workspace, so that every process and every replay finds the same."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RunFiles"]

_log = logging.getLogger("contexta.mlflow")


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
        text = json.dumps({"run_ref": run_ref, "mlflow_run_id": mlflow_run_id})
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _put(path, text)
        except FileExistsError:
            return self.find(run_ref) or mlflow_run_id
        except OSError as error:
            # The run goes on in this process; another one, or a replay, gets an MLflow run of its own.
            _log.warning("which MLflow run stands for %s cannot be kept: %s", run_ref, error)
        return mlflow_run_id

    def _path(self, run_ref: str) -> Path | None:
        if self._directory is None:
            return None
        return self._directory / f"{run_ref.partition(':')[2]}.{self._suffix}.json"


def _put(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: It is there.
        OSError: It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        _write(temporary, text)
        # A link is there whole or not at all, and never in the place of another.
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no links.
        _write(path, text)
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())

"""MLflow's client, and what the sink says where it is missing."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from contexta.errors import DependencyError

__all__ = ["begin_import", "open_client", "require_library"]


def require_library() -> None:
    """Check that MLflow is there, without importing it, which takes seconds.

    Raises:
        DependencyError: It is not installed.
    """
    if find_spec("mlflow") is None:
        raise DependencyError(
            "the sink 'mlflow' needs the package mlflow-skinny or mlflow: pip install 'contexta[mlflow]>=2'",
            code="mlflow_not_ready",
        )


def begin_import() -> None:
    """Import MLflow beside the program that captures: a short one would end before its first delivery."""
    if "mlflow" not in sys.modules:
        threading.Thread(target=_import, name="contexta-mlflow-import", daemon=True).start()


def _import() -> None:
    # Whatever is wrong with it is told by the first delivery.
    with suppress(Exception):
        import mlflow  # noqa: F401 - only for the next that imports it


def open_client(tracking_uri: str | None) -> Any:
    """Make a client; it connects when it first sends.

    Args:
        tracking_uri: Where MLflow keeps its runs; the environment's when None.

    Raises:
        DependencyError: MLflow cannot be imported.
    """
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise DependencyError(
            f"the sink 'mlflow' needs the package mlflow-skinny or mlflow ({error}): pip install 'contexta[mlflow]>=2'",
            code="mlflow_not_ready",
            cause=error,
        ) from error
    return MlflowClient(tracking_uri=tracking_uri)

"""Real MLflow, with the stores that a program reaches without a server."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

from contexta import Contexta

# It weighs 170 megabytes, so it comes with `tox -e mlflow`; without it, what needs it is not collected.
collect_ignore_glob = [] if find_spec("mlflow") else ["test_mlflow_*.py"]


@pytest.fixture(scope="session", autouse=True)
def imported():
    """Import MLflow, and the frames that it looks for, which set variables of the process."""
    for name in ("mlflow", "polars"):
        if find_spec("mlflow") and find_spec(name):
            import_module(name)


@pytest.fixture
def tracking_uri(tmp_path, monkeypatch):
    """A file store of MLflow, which keeps a point twice that is sent twice."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return f"file://{tmp_path}/mlruns"


@pytest.fixture
def client(tracking_uri):
    """MLflow's own client."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri)


@pytest.fixture
def configured(tmp_path, tracking_uri):
    """Opens the workspace with the sink in its configuration, as many times as is asked."""

    def open_workspace(**options):
        sink = {
            "use": "mlflow",
            "close_timeout_seconds": 60,
            "options": {"tracking_uri": tracking_uri, **options},
        }
        capture = {"sinks": [sink], "dispatch_failure_mode": "outbox"}
        return Contexta(workspace=str(tmp_path / "workspace"), config={"capture": capture})

    return open_workspace


@pytest.fixture
def found(client):
    """Returns the MLflow runs, the oldest first."""

    def find():
        experiments = [each.experiment_id for each in client.search_experiments()]
        return client.search_runs(experiments, order_by=["attributes.start_time ASC"])

    return find

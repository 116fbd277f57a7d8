"""A workspace with two trained runs, and one whose run is named by somebody who means harm."""

from __future__ import annotations

import importlib

import pytest

from contexta import Contexta

QUIET = {
    "records": {"durability_mode": "flush"},
    "capture": {"capture_environment_snapshot": False, "capture_code_revision": False},
}


@pytest.fixture
def workspace(tmp_path):
    """Open an empty workspace."""
    with Contexta(workspace=str(tmp_path / "ws"), config=QUIET) as ctx:
        yield ctx


@pytest.fixture
def trained(workspace):
    """Two runs with a stage each, three steps of a loss, and an accuracy of the run."""
    for name, rate in (("first", 0.5), ("second", 0.25)):
        with workspace.run(name, run_id=name, tags={"kind": name}) as run:
            run.params({"rate": rate})
            with run.stage("train") as stage:
                for step in range(3):
                    stage.metric("loss", 1 / (step + 1) + rate, step=step)
            run.metric("accuracy", 1 - rate)
    return workspace


@pytest.fixture(scope="session", autouse=True)
def frames_are_loaded():
    """Import the frames' packages before a test is watched: polars sets a variable of the environment."""
    return [importlib.import_module(name) for name in ("pandas", "polars")]

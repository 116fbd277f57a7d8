"""A workspace with two runs, as somebody has it who opens a notebook."""

from __future__ import annotations

import importlib

import pytest

from contexta import Contexta


@pytest.fixture(scope="session", autouse=True)
def frames_are_loaded():
    """Import the frames' packages before a test is watched: polars sets a variable of the environment."""
    return [importlib.import_module(name) for name in ("pandas", "polars")]


@pytest.fixture
def trained(tmp_path):
    """Two runs with a stage and three steps of a loss, in the workspace of an empty directory."""
    settings = {
        "records": {"durability_mode": "flush"},
        "capture": {"capture_environment_snapshot": False, "capture_code_revision": False},
    }
    with Contexta(workspace=str(tmp_path / ".contexta"), config=settings) as ctx:
        for name, rate in (("first", 0.5), ("second", 0.25)):
            with ctx.run(name, run_id=name, tags={"kind": name}) as run:
                run.params({"rate": rate})
                with run.stage("train") as stage:
                    for step in range(3):
                        stage.metric("loss", 1 / (step + 1) + rate, step=step)
        yield ctx

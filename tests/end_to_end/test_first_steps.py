"""What the documentation shows first, and the life of a workspace object."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.errors import ConfigurationError, ContextaError, LifecycleError


def test_the_first_program(tmp_path):
    """Capture two runs of a sweep, ask what there is, look into one, compare both, pick the best."""
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights")
    with Contexta(workspace=str(tmp_path / "ws")) as ctx:
        for rate in (0.1, 0.01):
            opened = ctx.run("training", tags={"env": "dev"}, config_snapshot={"lr": rate})
            with opened as run, run.stage("train") as stage:
                for epoch in range(3):
                    stage.metric("loss", rate / (epoch + 1), step=epoch)
                ctx.event("training.done", message="all epochs done")
                ctx.span("epoch", span_kind="stage")
                stage.register_artifact("model", str(model))
        found = ctx.list_runs("default", status="completed", tags={"env": "dev"})
        assert [each.name for each in found] == ["training", "training"]
        ids = [each.run_id for each in found]
        assert len(set(ids)) == 2
        snapshot = ctx.get_run_snapshot(ids[0])
        assert [each.name for each in snapshot.stages] == ["train"]
        assert len(snapshot.artifacts) == 1
        assert ctx.get_artifact_origin(snapshot.artifacts[0].artifact_ref).run.run_id == ids[0]
        series = ctx.get_step_series(ids[0], "loss")
        assert [each.step for each in series.points] == [0, 1, 2]
        assert ctx.compare_runs(ids[0], ids[1]) is not None
        best = ctx.select_best_run(ids, "loss", higher_is_better=False)
        assert ctx.get_run_snapshot(best).run.parameters["lr"] == 0.01
        assert ctx.list_projects() == ("default",)


def test_captured_means_queryable(ctx, start):
    """What a call returned for is there at once: here, in another object, and in another process."""
    with ctx.run("r") as run:
        run.metric("loss", 1.0)
        assert [each.status for each in ctx.list_runs()] == ["open"]
        with Contexta(workspace=ctx.workspace) as other:
            assert len(list(other.record_store.scan())) == 1
        out, _ = start(
            "print(len(ctx.list_runs()), len(list(ctx.record_store.scan()))); ctx.close()"
        ).communicate()
        assert out.split() == ["1", "1"]


def test_opening_creates_nothing(tmp_path):
    """Opening, asking and closing leave no file behind."""
    with Contexta(workspace=str(tmp_path / "ws")) as ctx:
        assert ctx.list_runs() == ()
        assert ctx.list_projects() == ()
        assert ctx.current_run() is None
    assert not [path for path in (tmp_path / "ws").rglob("*") if path.is_file()]


def test_closing_twice_and_use_afterwards(tmp_path):
    """Closing again is harmless; every use afterwards is an error of ours that says what to do."""
    ctx = Contexta(workspace=str(tmp_path / "ws"))
    with ctx.run("r") as run:
        pass
    ctx.close()
    ctx.close()
    for action in (
        lambda: ctx.run("s"),
        lambda: ctx.deployment("d"),
        lambda: ctx.metric("a", 1),
        lambda: ctx.params({"a": 1}),
        lambda: run.metric("a", 1),
        ctx.list_runs,
        lambda: ctx.get_run_snapshot("r"),
        lambda: list(ctx.record_store.scan()),
    ):
        with pytest.raises(ContextaError):
            action()
    with pytest.raises(LifecycleError) as caught:
        ctx.run("s")
    assert caught.value.code == "runtime_session_closed"
    assert ctx.current_run() is None


def test_an_unclosed_workspace_loses_nothing(ctx, start):
    """A program that closes neither run nor workspace has kept everything; its run reads as interrupted."""
    out, _ = start(
        'run = ctx.run("r"); run.metric("a", 1); ctx.event("b", message="m"); print("end")'
    ).communicate()
    assert out.split() == ["end"]
    assert sorted(each.flat["key"] for each in ctx.record_store.scan()) == ["a", "b"]
    assert [each.status for each in ctx.list_runs()] == ["interrupted"]


def test_open_is_the_constructor(tmp_path):
    """Contexta.open(...) gives the same as Contexta(...)."""
    with Contexta.open(workspace=str(tmp_path / "ws"), profile="test", config={"project_name": "p"}) as ctx:
        assert isinstance(ctx, Contexta)
        assert (ctx.project_name, ctx.profile, ctx.workspace) == ("p", "test", str(tmp_path / "ws"))
        assert ctx.sinks == ()


@pytest.mark.parametrize(
    "arguments",
    [
        {"profile": "nonsense"},
        {"config": {"recrods": {}}},
        {"config": {"records": {"durability_mode": "no"}}},
    ],
)
def test_a_wrong_configuration_is_an_error_at_once(tmp_path, arguments):
    """A typo in the configuration is a ConfigurationError of the constructor."""
    with pytest.raises(ConfigurationError):
        Contexta(workspace=str(tmp_path / "ws"), **arguments)


def test_sinks_of_the_configuration(tmp_path, capsys):
    """Sinks that the configuration names are attached, beside the workspace; their options are theirs."""
    config = {"capture": {"sinks": [{"use": "stdout", "families": ["record"]}, {"use": "memory"}]}}
    with Contexta(workspace=str(tmp_path / "ws"), config=config) as ctx:
        with ctx.run("r"):
            result = ctx.metric("loss", 1.0)
        assert [each.sink_name for each in result.deliveries] == ["workspace", "stdout", "memory"]
        assert len(list(ctx.record_store.scan())) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["payload"]["payload"]["metric_key"] == "loss"


def test_what_importing_costs(tmp_path):
    """Importing and opening load no database, no data frames and no plugin machinery; a query loads what it needs."""
    program = """
import json, sys
from contexta import Contexta
imported = set(sys.modules)
ctx = Contexta(workspace=sys.argv[1])
opened = set(sys.modules)
ctx.close()
print(json.dumps([sorted(imported), sorted(opened)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "ws")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    imported, opened = (set(each) for each in json.loads(done.stdout))
    heavy = {
        "duckdb",
        "pandas",
        "numpy",
        "polars",
        "pluggy",
        "importlib_metadata",
        "importlib.metadata",
        "rich",
        "click",
    }
    assert heavy & imported == set()
    assert {"duckdb", "pandas", "numpy", "polars", "rich", "click"} & opened == set()
    assert {"pluggy", "importlib_metadata"} & opened == set()

"""`contexta demo`, once and for real: what a newcomer sees, and what is in the workspace afterwards."""

from __future__ import annotations

import json
import shutil

import pytest

from contexta import Contexta
from contexta.store.artifacts import read_artifact_bytes


@pytest.fixture
def snapshots(demo):
    """Give the snapshots of all runs of the demo."""
    with Contexta(workspace=str(demo.workspace)) as ctx:
        found = [ctx.get_run_snapshot(run.run_id) for run in ctx.list_runs("digits-demo")]
        for snapshot in found:
            len(list(snapshot.records))
        yield found


def test_it_succeeds_quickly_and_without_a_warning(demo):
    """It needs no option, warns of nothing, and takes less than 30 seconds."""
    assert (0, "") == (demo.outcome.code, demo.outcome.err)
    assert demo.seconds < 30
    assert [".contexta"] == [path.name for path in demo.directory.iterdir()]


def test_it_shows_progress_results_and_the_next_step(demo):
    """In a pipe it writes a line for each run, then the table, the best run, and commands to type."""
    lines = demo.outcome.out.splitlines()
    assert lines[0].startswith("Training 12 models on handwritten digits")
    assert [f"[{number:>2}/12]" for number in range(1, 13)] == [line[:7] for line in lines[1:13]]
    table = lines[14:27]
    assert ["RUN", "STATUS", "STARTED", "DURATION", "VAL_ACCURACY", "TEST_ACCURACY", "LOSS"] == table[
        0
    ].split()
    accuracies = [float(line.split()[-3]) for line in table[1:]]
    assert sorted(accuracies, reverse=True) == accuracies
    (best,) = [line for line in lines if line.startswith("Best: ")]
    assert table[1].split()[0] == best.split()[1]
    assert lines[-4:-1] == ["Next:", "  contexta runs", f"  contexta run show {best.split()[1]}"]
    assert lines[-1].startswith("  contexta compare ")


def test_the_commands_that_it_suggests_work(demo, program):
    """What it says to type next can be typed, where the newcomer stands."""
    suggested = demo.outcome.out.partition("Next:\n")[2].splitlines()
    assert 3 == len(suggested)
    for command in suggested:
        assert 0 == program.run(*command.split()[1:], cwd=demo.directory).code


def test_a_directory_below_finds_the_workspace(demo, cli, monkeypatch):
    """The nearest workspace is found from a directory below, as with git."""
    below = demo.directory / ".contexta" / "records"
    monkeypatch.chdir(below)
    assert 12 == len(cli_json(cli, "runs"))


def cli_json(cli, *arguments):
    """Return the runs of an answer."""
    return cli(*arguments, "--format", "json").json["runs"]


def test_the_models_are_real(snapshots):
    """Every model has learned: on images that it never saw, it is right in nine of ten cases."""
    assert 12 == len(snapshots)
    for snapshot in snapshots:
        values = {record.key: record.value for record in snapshot.records if record.record_type == "metric"}
        assert values["test_accuracy"] > 0.9
        assert "completed" == snapshot.run.status


def test_families_seeds_and_a_sweep(snapshots):
    """There are three families, two seeds, and for each family two values of one setting."""
    parameters = [dict(snapshot.run.parameters) for snapshot in snapshots]
    assert {"softmax", "mlp", "forest"} == {each["model"] for each in parameters}
    assert {0, 1} == {each["seed"] for each in parameters}
    swept = {"softmax": "alpha", "mlp": "hidden", "forest": "max_depth"}
    for model, setting in swept.items():
        assert 2 == len({str(each[setting]) for each in parameters if each["model"] == model})


def test_every_run_has_its_parts(snapshots):
    """Each run has three stages, metrics with steps, events, nested spans, and two artifacts."""
    for snapshot in snapshots:
        assert ["prepare", "train", "evaluate"] == [stage.name for stage in snapshot.stages]
        by_type = {}
        for record in snapshot.records:
            by_type.setdefault(record.record_type, []).append(record)
        steps = [each.payload["step"] for each in by_type["metric"] if each.key == "val_accuracy"]
        assert list(range(1, len(steps) + 1)) == steps
        assert len(steps) == sum(each.key == "loss" for each in by_type["metric"])
        assert {"data.loaded", "training.milestone"} <= {each.key for each in by_type["event"]}
        (fit,) = [each for each in by_type["span"] if each.key == "fit"]
        epochs = [each for each in by_type["span"] if each.key == "fit.epoch"]
        assert len(steps) == len(epochs)
        assert {fit.payload["span_id"]} == {each.payload["parent_span_id"] for each in epochs}
        assert sum(each.value for each in epochs) <= fit.value
        assert {"confusion_matrix", "model"} == {each.kind for each in snapshot.artifacts}


def test_some_training_stopped_early(snapshots):
    """A training that got no better was stopped, and says so in an event."""
    stopped = [
        record
        for snapshot in snapshots
        for record in snapshot.records
        if record.key == "training.early_stopped"
    ]
    assert stopped


PREDICTING = """
import pickle, sys
import numpy as np
from contexta import Contexta
from contexta.store.artifacts import read_artifact_bytes
with Contexta(workspace=sys.argv[1]) as ctx:
    model = pickle.loads(read_artifact_bytes(ctx.artifact_store, sys.argv[2]))
print(model.predict(np.zeros((1, 64)))[0])
"""


def test_the_artifacts_hold_what_they_say(demo, program, snapshots):
    """The confusion matrix counts every test image, and the pickled model predicts."""
    refs = {each.kind: each.artifact_ref for each in snapshots[0].artifacts}
    with Contexta(workspace=str(demo.workspace)) as ctx:
        matrix = json.loads(read_artifact_bytes(ctx.artifact_store, refs["confusion_matrix"]))["matrix"]
    # A fifth of the 1,797 images.
    assert 360 == sum(map(sum, matrix))
    # In a process of its own: what scikit-learn loads changes the environment of the one that it is in.
    predicted = program.run(str(demo.workspace), refs["model"], cwd=demo.directory, python=("-c", PREDICTING))
    assert int(predicted.out) in range(10)


def test_calling_it_again_adds_runs(demo, program, short_demo, tmp_path):
    """A second call makes new runs beside those of the first; JSON tells them, and progress goes to stderr."""
    shutil.copytree(demo.workspace, tmp_path / "again")
    outcome = program.run("demo", "--workspace", "again", "--format", "json", cwd=tmp_path, python=short_demo)
    assert 0 == outcome.code
    answer = outcome.json
    assert {"best_run_id", "project", "runs", "workspace"} == answer.keys()
    assert 3 == len(answer["runs"])
    assert answer["best_run_id"] in {run["run_id"] for run in answer["runs"]}
    assert 3 == len(outcome.err.splitlines())
    with Contexta(workspace=str(tmp_path / "again")) as ctx:
        assert 15 == len({run.run_id for run in ctx.list_runs("digits-demo")})


def test_quiet_shows_the_result_only(program, short_demo, tmp_path):
    """With --quiet there is neither progress nor a hint, only the table and the best run."""
    outcome = program.run("demo", "-q", cwd=tmp_path, python=short_demo)
    lines = outcome.out.splitlines()
    assert lines[0].startswith("RUN ")
    assert lines[-1].startswith("Best: ")
    assert (6, "") == (len(lines), outcome.err)

"""Stages keep the names that people gave them, and are found by them."""

from __future__ import annotations

import pytest

from contexta import Contexta


@pytest.fixture
def ctx(tmp_path):
    """Return a workspace with two runs whose stage has a name that is no component of a reference."""
    with Contexta(workspace=str(tmp_path / "w"), config={"records": {"durability_mode": "flush"}}) as ctx:
        for name, loss in (("one", 0.5), ("two", 0.25)):
            with ctx.run(name) as run, run.stage("Train Loop 训练") as stage:
                stage.metric("loss", loss, step=1)
        yield ctx


def test_a_stage_keeps_its_name(ctx):
    """The name in any script comes back as it was given; only the reference is made of its slug."""
    (stage,) = ctx.get_run_snapshot("one").stages
    assert (stage.name, stage.stage_id) == ("Train Loop 训练", "stage:default.one.train-loop")


@pytest.mark.parametrize("asked", ["Train Loop 训练", "train-loop"])
def test_a_stage_is_found_by_its_name_and_by_its_component(ctx, asked):
    """Both spellings mean the stage, wherever a stage is asked for."""
    assert [point.value for point in ctx.get_step_series("one", "loss", stage_name=asked).points] == [0.5]
    assert ctx.select_best_run(["one", "two"], "loss", stage_name=asked, higher_is_better=False) == "two"
    assert len(ctx.get_stage_duration_trend(asked).points) == 2
    assert sorted(point.value for point in ctx.get_metric_trend("loss", stage_name=asked).points) == [
        0.25,
        0.5,
    ]


def test_a_comparison_has_one_row_for_the_stage(ctx):
    """The stage's metrics stand in the stage's own row."""
    (row,) = ctx.compare_runs("one", "two").stage_comparisons
    assert row.stage_name == "Train Loop 训练"
    assert [(each.metric_key, each.delta) for each in row.metric_deltas] == [("loss", -0.25)]


def test_a_stage_that_is_opened_again_keeps_its_place(tmp_path):
    """Evaluating in between and training on leaves training before evaluation, as it began."""
    with Contexta(workspace=str(tmp_path / "w")) as ctx:
        with ctx.run("r") as run:
            for name in ("train", "evaluate", "train"):
                with run.stage(name):
                    pass
        assert [stage.name for stage in ctx.get_run_snapshot("r").stages] == ["train", "evaluate"]

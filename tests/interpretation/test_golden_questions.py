"""Queries, comparisons and aggregates of the golden runs, written out by hand: the same from every kind of store."""

from __future__ import annotations

import math

import pytest

from contexta.interpretation import AggregationService, CompareService, RunListQuery

STEADY = RunListQuery(tags={"family": "steady"}, sort_desc=False)


def steady(*numbers):
    """Return the identifiers' ends of some steady runs."""
    return [f"steady-{number:02}" for number in numbers]


def ends(runs):
    """Return the last components of the identifiers of runs."""
    return [run.run_id.rpartition(".")[2] for run in runs]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # 0.51 and 0.52 are the fourth and fifth of each five.
        (
            'tags.family = "steady" and metrics.val_loss between 0.505 and 0.525',
            steady(4, 5, 9, 10, 14, 15, 19, 20),
        ),
        (
            'artifacts.model.count = 1 and tags.family = "steady" and params.optimizer.lr < 0.05',
            steady(*range(16, 21)),
        ),
        # 100 times the number of bytes.
        ('artifacts.model.size > 1800 and name matches "^steady"', steady(19, 20)),
        ('params.seed in [1, 3, 77] and tags.model = "mlp"', steady(1, 3)),
        ('project = "other" and max(metrics.val_loss) >= 50', ["other-5", "other-6"]),
        (
            'tags.family = "steady" and (max(metrics.package.size, "package") < 2500 or params.seed = 9)',
            steady(1, 2, 9),
        ),
        (
            "stages.package.duration = 40 and params.seed > 18 and mean(metrics.train.loss) < 1",
            steady(19, 20),
        ),
        ('started between "2026-01-03" and "2026-01-04T12:00:00Z" and tags.family = "steady"', steady(3, 4)),
        ('tags.family = "steady" and not has metrics.accuracy', []),
    ],
)
def test_expressions_over_the_golden_runs(golden_query, expression, expected):
    """Each expression selects the runs that the descriptions of the golden runs say."""
    found = golden_query.list_runs(query=RunListQuery(where=expression, sort_by="name", sort_desc=False))
    assert expected == ends(found)


def test_the_steady_runs_summed_up(golden_query):
    """Each of 0.48 to 0.52 four times: the squares of the distances from 0.5 add up to 4 * 0.001."""
    found = AggregationService(golden_query).aggregate_metric("val_loss", query=STEADY)
    assert (20, ()) == (found.count, found.completeness_notes)
    assert ("golden", "nats") == (found.project_name, found.unit)
    assert pytest.approx((0.50, math.sqrt(0.004 / 19), 0.01)) == (
        found.mean,
        found.std,
        found.median_absolute_deviation,
    )
    # Position 4.75 of 0 to 19 lies between two 0.49, 9.5 between two 0.50, 14.25 between two 0.51.
    assert pytest.approx((0.48, 0.49, 0.50, 0.51, 0.52, 0.52)) == (
        found.min,
        found.p25,
        found.p50,
        found.p75,
        found.p90,
        found.max,
    )


def test_the_other_project_summed_up(golden_query):
    """10 to 60: 35 on average, the squares of the distances are 2 * (625 + 225 + 25), and p90 stands at 55."""
    service = AggregationService(golden_query)
    found = service.aggregate_metric("val_loss", project_name="other")
    assert pytest.approx((6, 35.0, math.sqrt(1750 / 5), 55.0)) == (
        found.count,
        found.mean,
        found.std,
        found.p90,
    )
    assert [("_unassigned", "val_loss", 6, 35.0, 10.0, 60.0)] == [
        (row.stage_name, row.metric_key, row.count, row.mean, row.min, row.max)
        for row in service.aggregate_by_stage(project_name="other").by_stage
    ]
    assert (6, 1.0) == (
        service.run_status_distribution(project_name="other").total,
        service.run_status_distribution(project_name="other").pass_rate,
    )


def test_the_observations_of_the_steady_runs_by_stage(golden_query):
    """Twenty runs with twelve losses of 1.2 to 0.1 each make 240 of 0.65 on average."""
    table = AggregationService(golden_query).aggregate_by_stage(query=STEADY)
    rows = {(row.stage_name, row.metric_key): row for row in table.by_stage}
    assert {
        ("_unassigned", "accuracy"),
        ("evaluate", "evaluate.samples"),
        ("evaluate", "val_loss"),
        ("package", "package.size"),
        ("train", "train.loss"),
    } == set(rows)
    row = rows["train", "train.loss"]
    assert pytest.approx((240, 0.65, 0.1, 1.2)) == (row.count, row.mean, row.min, row.max)


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        # Odd numbers are mlp: 1 to 19, 10 on average; even ones 2 to 20, 11 on average.
        ("model", [("cnn", 10, 11_000.0), ("mlp", 10, 10_000.0)]),
        # 11 to 20, then 1 to 10.
        ("!seed", [(0.01, 10, 15_500.0), (0.1, 10, 5_500.0)]),
    ],
)
def test_groups_of_the_steady_runs(golden_query, group_by, expected):
    """Mean and count of the package's size by group; the numbers of each group lie evenly, so its deviation is known."""
    found = AggregationService(golden_query).aggregate_groups(group_by, ["package.size"], query=STEADY)
    rows = [
        (*group.key.values(), metric.count, metric.mean) for group in found.groups for metric in group.metrics
    ]
    assert expected == rows
    # Ten numbers, evenly apart by d: the variance of 1 to 10 is 110 / 12.
    step = 2_000 if group_by == "model" else 1_000
    assert [pytest.approx(step * math.sqrt(110 / 12))] * 2 == [
        metric.std for group in found.groups for metric in group.metrics
    ]


def test_two_steady_runs_compared(golden_query):
    """The first two differ in their loss, which got worse, in the package's size, and in the seed."""
    found = CompareService(golden_query).compare_runs("run:golden.steady-01", "run:golden.steady-02")
    deltas = [
        (row.stage_name, each.metric_key, each.left_value, each.right_value, each.improved)
        for row in found.stage_comparisons
        for each in row.metric_deltas
    ]
    assert [
        ("evaluate", "val_loss", 0.48, 0.49, False),
        ("package", "package.size", 1_000.0, 2_000.0, None),
    ] == deltas
    assert [("seed", 1, 2)] == [
        (each.key, each.left_value, each.right_value) for each in found.parameter_changes
    ]


def test_the_best_of_the_steady_runs(golden_query):
    """Four runs share 0.48 and four share 0.52: of equal ones the first listed is chosen."""
    run_ids = [run.run_id for run in golden_query.list_runs(query=STEADY)]
    service = CompareService(golden_query)
    assert "run:golden.steady-01" == service.select_best_run(run_ids, "val_loss", higher_is_better=False)
    assert "run:golden.steady-01" == service.select_best_run(run_ids, "val_loss", higher_is_better=None)
    assert "run:golden.steady-05" == service.select_best_run(run_ids, "val_loss")
    assert service.select_best_run(run_ids, "val_loss", stage_name="train") is None

"""The aggregation service, against NumPy and against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contexta.errors import AggregationError, ValidationError
from contexta.interpretation import AggregationService, QueryService, RunListQuery
from contexta.spi.interpreters import AggregationInterpreter
from contexta.spi.plain_queries import bulk_queries

SHARES = {"p25": 25, "p50": 50, "p75": 75, "p90": 90, "p95": 95, "p99": 99}


def service_over(repository, **options):
    """Build the service as a user's program does."""
    return AggregationService(QueryService(repository), **options)


def runs_with(repository, values, key="loss", **more):
    """Add a run for each value; None is a run without the metric."""
    run_ids = []
    for number, value in enumerate(values):
        run_ids.append(repository.add_run(f"r{number}"))
        if value is not None:
            repository.add_metric(run_ids[-1], key, value, **more)
    return run_ids


@given(
    values=st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=2, max_size=30),
    method=st.sampled_from(["linear", "hazen", "weibull", "median_unbiased"]),
)
def test_the_statistics_are_those_of_numpy(make_memory, values, method):
    """Mean, sample deviation, percentiles by every method, and the median absolute deviation agree with NumPy."""
    repository = make_memory()
    runs_with(repository, values)
    found = service_over(repository, percentile_method=method).aggregate_metric("loss")
    array = np.array(values)
    close = {"rel": 1e-9, "abs": 1e-6}
    assert (len(values), array.min(), array.max()) == (found.count, found.min, found.max)
    assert pytest.approx(array.mean(), **close) == found.mean
    assert pytest.approx(array.std(ddof=1), **close) == found.std
    for name, share in SHARES.items():
        assert pytest.approx(np.percentile(array, share, method=method), **close) == getattr(found, name)
    middle = np.median(array)
    assert pytest.approx(np.median(abs(array - middle)), **close) == found.median_absolute_deviation
    assert method == found.percentile_method


@example(values=[1e308, 1.7e308])
@example(values=[1e9 + 1, 1e9 + 2, 1e9 + 3])
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_no_digit_is_lost_and_nothing_overflows(make_memory, values):
    """With numbers of any size, the mean lies within the range and agrees with exact fractions."""
    from fractions import Fraction

    repository = make_memory()
    runs_with(repository, values)
    found = service_over(repository).aggregate_metric("loss")
    exact = sum(map(Fraction, values)) / len(values)
    assert pytest.approx(float(exact), rel=1e-12, abs=5e-320) == found.mean
    assert found.min <= found.p50 <= found.max
    assert found.std is None or math.isfinite(found.std) or max(map(abs, values)) > 1e307


@pytest.mark.parametrize(("selection", "mean"), [("latest", 2.0), ("min", 1.0), ("max", 9.0), ("mean", 4.0)])
def test_one_value_stands_for_a_run(memory, selection, mean):
    """Of the values 9, 1, 2 of a run the chosen one counts, once."""
    run_id = memory.add_run("r")
    for second, value in enumerate((9.0, 1.0, 2.0)):
        memory.add_metric(run_id, "loss", value, f"2026-01-01T00:00:0{second}Z")
    found = service_over(memory, metric_aggregation=selection).aggregate_metric("loss")
    assert (1, mean, None) == (found.count, found.mean, found.std)


def test_without_values_there_are_no_numbers(memory):
    """A population without the metric has None for every number, and says so, run by run."""
    runs_with(memory, [None, None])
    found = service_over(memory).aggregate_metric("loss", stage_name="train")
    assert 0 == found.count
    assert {None} == {getattr(found, name) for name in ("mean", "std", "min", "max", *SHARES)}
    assert [
        ("missing_metric_for_aggregate:loss", {"run_id": "my-proj.r1", "stage_name": "train"}),
        ("missing_metric_for_aggregate:loss", {"run_id": "my-proj.r0", "stage_name": "train"}),
        ("aggregate_population_empty:loss", {"project_name": "my-proj", "stage_name": "train"}),
    ] == sorted(
        ((note.summary, dict(note.details)) for note in found.completeness_notes),
        key=lambda note: (note[0][0] != "m", note[1].get("run_id") != "my-proj.r1"),
    )


def test_many_missing_runs_are_noted_together(memory):
    """Of many runs without the metric, twenty are named one by one and the rest in one note: none is lost."""
    run_ids = runs_with(memory, [None] * 50 + [1.0])
    notes = service_over(memory).aggregate_metric("loss").completeness_notes
    named = [each for note in notes for each in (note.details.get("run_ids") or (note.details["run_id"],))]
    assert 21 == len(notes)
    assert sorted(run_ids[:50]) == sorted(named)


def test_a_stage_is_known_by_its_name(memory):
    """Only values of the stage count, whatever its identifier looks like."""
    run_id = memory.add_run("r")
    stage_id = memory.add_stage(run_id, "train")
    memory.add_metric(run_id, "loss", 1.0)
    memory.add_metric(run_id, "loss", 5.0, "2025-01-01T00:00:00Z", stage_id)
    service = service_over(memory)
    assert 5.0 == service.aggregate_metric("loss", stage_name="train").mean
    assert 1.0 == service.aggregate_metric("loss").mean


def test_other_values_than_numbers_do_not_count(memory):
    """A value that is not finite stands for no run."""
    runs_with(memory, [1.0, math.nan, math.inf, 3.0])
    assert 2.0 == service_over(memory).aggregate_metric("loss").mean


def test_mixed_units_are_said(memory):
    """Values in seconds and in milliseconds are not silently taken for one thing."""
    for run_id, unit in zip(runs_with(memory, [None, None]), ("s", "ms"), strict=True):
        memory.add_metric(run_id, "time", 1.0, unit=unit)
    found = service_over(memory).aggregate_metric("time")
    assert [("mixed_units:time", {"units": ("ms", "s")})] == [
        (note.summary, dict(note.details)) for note in found.completeness_notes
    ]
    assert found.unit is None


def test_the_project_is_named_where_there_is_one(memory):
    """An aggregation over several projects carries the name of none of them."""
    memory.add_metric(memory.add_run("a", project="p"), "loss", 1.0)
    memory.add_metric(memory.add_run("b", project="q"), "loss", 3.0)
    service = service_over(memory)
    assert (None, 2.0) == (
        service.aggregate_metric("loss").project_name,
        service.aggregate_metric("loss").mean,
    )
    assert ("q", 3.0) == (
        service.aggregate_metric("loss", project_name="q").project_name,
        service.aggregate_metric("loss", project_name="q").mean,
    )
    assert 1.0 == service.aggregate_metric("loss", query=RunListQuery(where='project = "p"')).mean


def test_observations_are_pooled_by_stage(memory):
    """Every observation counts once in the row of its stage's name; those of runs themselves are unassigned."""
    for name, values in (("a", (1.0, 2.0)), ("b", (6.0,))):
        run_id = memory.add_run(name)
        stage_id = memory.add_stage(run_id, "train")
        memory.add_metric(run_id, "loss", 10.0)
        for value in values:
            memory.add_metric(run_id, "loss", value, stage_id=stage_id)
    table = service_over(memory).aggregate_by_stage()
    assert ("my-proj", 2) == (table.project_name, table.total_runs)
    assert [("_unassigned", "loss", 2, 10.0, 10.0, 10.0), ("train", "loss", 3, 3.0, 1.0, 6.0)] == [
        (row.stage_name, row.metric_key, row.count, row.mean, row.min, row.max) for row in table.by_stage
    ]


def test_runs_are_counted_by_status(memory):
    """Each status that occurs has its number; the pass rate is the share of completed runs."""
    for number, status in enumerate(("completed", "failed", "completed", "open")):
        memory.add_run(f"r{number}", status)
    found = service_over(memory).run_status_distribution()
    assert {"completed": 2, "failed": 1, "open": 1} == {row.status: row.count for row in found.by_status}
    assert (4, 0.5) == (found.total, found.pass_rate)
    empty = service_over(memory).run_status_distribution(project_name="none")
    assert (0, 0.0, ["aggregate_population_empty"]) == (
        empty.total,
        empty.pass_rate,
        [note.summary for note in empty.completeness_notes],
    )


@pytest.fixture
def trials(memory):
    """Six runs: two learning rates, three seeds, and one metric."""
    for lr, losses in ((0.1, (1.0, 2.0, 3.0)), (0.01, (4.0, 4.0, 10.0))):
        for seed, loss in enumerate(losses):
            run_id = memory.add_run(
                f"t{lr}-{seed}",
                parameters={"lr": lr, "seed": seed, "net.depth": 2},
                tags={"model": "mlp", "host": f"h{seed}"},
            )
            memory.add_metric(run_id, "loss", loss)
    return memory


def test_runs_are_grouped_by_all_but_the_seed(trials):
    """`!seed` groups by every other parameter: mean, sample deviation and count over the seeds."""
    found = service_over(trials).aggregate_groups("!seed", ["loss"])
    assert ("params.lr", "params.net.depth") == found.group_by
    assert [
        ({"params.lr": 0.01, "params.net.depth": 2}, 3, 6.0, pytest.approx(math.sqrt(12)), 4.0, 10.0),
        ({"params.lr": 0.1, "params.net.depth": 2}, 3, 2.0, 1.0, 1.0, 3.0),
    ] == [
        (dict(group.key), metric.count, metric.mean, metric.std, metric.min, metric.max)
        for group in found.groups
        for metric in group.metrics
    ]


@pytest.mark.parametrize(
    ("group_by", "names", "sizes"),
    [
        ("lr", ("params.lr",), [3, 3]),
        ("params.seed", ("params.seed",), [2, 2, 2]),
        ("model", ("tags.model",), [6]),
        ("!host", ("tags.model",), [6]),
        (["lr", "tags.host"], ("params.lr", "tags.host"), [1] * 6),
        (["!seed", "!lr"], ("params.net.depth",), [6]),
        ("status", ("status",), [6]),
        (["status", "!tags.host"], ("status", "tags.model"), [6]),
    ],
)
def test_what_runs_can_be_grouped_by(trials, group_by, names, sizes):
    """Parameters, tags and fields, one or several, or all but some."""
    found = service_over(trials).aggregate_groups(group_by)
    assert names == found.group_by
    assert sizes == [len(group.run_ids) for group in found.groups]


def test_runs_that_lack_the_key_are_a_group(memory):
    """Runs without the parameter are one group, the last; a group without the metric has no numbers."""
    memory.add_metric(memory.add_run("a", parameters={"lr": 2}), "loss", 1.0)
    memory.add_metric(memory.add_run("b", parameters={"lr": 2.0}), "loss", 3.0)
    memory.add_run("c", parameters={"lr": True})
    memory.add_run("d")
    groups = service_over(memory).aggregate_groups("lr", "loss").groups
    assert [(2, 2, 2.0), (True, 0, None), (None, 0, None)] == [
        (group.key["params.lr"], group.metrics[0].count, group.metrics[0].mean) for group in groups
    ]


@pytest.mark.parametrize(
    ("group_by", "code"),
    [
        ("sed", "aggregation_unknown_group"),
        ("params.model", "aggregation_unknown_group"),
        ("!status", "aggregation_invalid_group"),
        ((), "aggregation_invalid_group"),
        ("!", "aggregation_invalid_group"),
        ([3], "aggregation_invalid_group"),
        (None, "aggregation_invalid_group"),
    ],
)
def test_what_runs_cannot_be_grouped_by(trials, group_by, code):
    """A name that no run has is an error with a suggestion, and so is a grouping by nothing."""
    with pytest.raises(AggregationError) as caught:
        service_over(trials).aggregate_groups(group_by)
    assert code == caught.value.code
    assert group_by != "sed" or "did you mean 'seed'?" in str(caught.value)


@given(
    described=st.lists(
        st.tuples(st.sampled_from([None, 1, 2, "x"]), st.integers(0, 2), st.none() | st.integers(-5, 5)),
        max_size=12,
    )
)
def test_groups_share_the_runs_out(make_memory, described):
    """Every run is in exactly one group, and its numbers are those of its members, by NumPy."""
    repository = make_memory()
    values = {}
    for number, (lr, seed, value) in enumerate(described):
        parameters = {"seed": seed} if lr is None else {"lr": lr, "seed": seed}
        run_id = repository.add_run(f"r{number}", parameters=parameters)
        values[run_id] = (lr, value)
        if value is not None:
            repository.add_metric(run_id, "loss", value)
    if not any("lr" in run.parameters for run in repository.runs):
        return
    found = service_over(repository).aggregate_groups("!seed", ["loss"])
    assert sorted(values) == sorted(run_id for group in found.groups for run_id in group.run_ids)
    for group in found.groups:
        assert {group.key["params.lr"]} == {values[run_id][0] for run_id in group.run_ids}
        having = [values[run_id][1] for run_id in group.run_ids if values[run_id][1] is not None]
        (metric,) = group.metrics
        assert len(having) == metric.count
        assert (pytest.approx(np.mean(having)) if having else None) == metric.mean
        assert (pytest.approx(np.std(having, ddof=1)) if len(having) > 1 else None) == metric.std


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"metric_aggregation": "median"}, "trend_invalid_metric_aggregation"),
        ({"percentile_method": "nearest"}, "aggregation_invalid_percentile_method"),
    ],
)
def test_a_wrong_option_is_refused(memory, options, code):
    """The words of the two options are checked when the service is made."""
    with pytest.raises(ValidationError) as caught:
        service_over(memory, **options)
    assert code == caught.value.code


def test_the_facade_asks_the_service(ctx):
    """`ctx.aggregation_service` and the facade's questions answer over the stores as over a user's repository."""
    for seed, loss in enumerate((1.0, 3.0)):
        with ctx.run(f"r{seed}") as run:
            run.params({"seed": seed, "lr": 0.1})
            with run.stage("train") as stage:
                stage.metric("loss", loss)
    assert isinstance(ctx.aggregation_service, AggregationInterpreter)
    assert 2.0 == ctx.aggregate_metric("loss", stage_name="train").mean
    assert [("train", 2)] == [(row.stage_name, row.count) for row in ctx.aggregate_by_stage().by_stage]
    assert 1.0 == ctx.run_status_distribution().pass_rate
    (group,) = ctx.aggregate_groups("!seed", ["loss"]).groups
    assert (2, math.sqrt(2)) == (group.metrics[0].count, pytest.approx(group.metrics[0].std))


@pytest.mark.parametrize("values", [(0.1, 0.1, 0.1), (1.7e308, 1.7e308), (-0.1, -0.1, -0.1)])
def test_the_mean_of_equal_values_is_the_value(ctx, memory, values):
    """However sums are rounded, the mean of a run's equal values is that value: in its stage, alone and in filters."""
    run_id = memory.add_run("r")
    for second, value in enumerate(values):
        memory.add_metric(run_id, "m", value, f"2026-01-01T00:00:0{second}Z")
    with ctx.run("r") as run:
        for value in values:
            run.metric("m", value)
    for repository in (memory, ctx.repository):
        service = service_over(repository, metric_aggregation="mean")
        (row,) = service.aggregate_by_stage().by_stage
        (summary,) = bulk_queries(repository).metric_summaries()
        found = QueryService(repository).list_runs(
            query=RunListQuery(where=f"mean(metrics.m) = {values[0]!r}")
        )
        assert (row.mean, summary.mean, len(found)) == (values[0], values[0], 1)
        assert service.aggregate_metric("m").mean == values[0]

"""The filters of run lists, against an evaluator that knows nothing of how they are answered."""

from __future__ import annotations

from datetime import datetime
from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.interpretation import MetricCondition, QueryService, RunListQuery, TimeRange

#: The same few instants written in several ways, so that comparing texts would go wrong.
TIMES = (
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.500000Z",
    "2026-01-01T01:00:00+01:00",
    "2026-01-01T00:00:01Z",
    "2025-12-31T23:00:00-02:00",
    "2026-01-02T00:00:00Z",
)
KEYS = ("loss", "acc")
STAGES = ("train", "evaluate")

runs = st.lists(
    st.fixed_dictionaries(
        {
            "project": st.sampled_from(["p", "q"]),
            "status": st.sampled_from(["open", "completed", "failed"]),
            "started_at": st.sampled_from([None, *TIMES]),
            "ended_at": st.sampled_from([None, *TIMES]),
            "tags": st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2),
            "points": st.lists(
                st.tuples(
                    st.sampled_from(KEYS),
                    st.sampled_from([None, *STAGES]),
                    st.integers(0, 3),
                    st.sampled_from(TIMES),
                ),
                max_size=4,
            ),
        }
    ),
    max_size=6,
)
conditions = st.builds(
    MetricCondition,
    st.sampled_from(KEYS),
    st.sampled_from(["gt", "lt", "gte", "lte", "eq", "ne"]),
    st.integers(0, 3),
    st.sampled_from([None, *STAGES]),
)
ranges = st.builds(
    lambda ends: TimeRange(*ends),
    st.lists(st.sampled_from(TIMES), min_size=2, max_size=2).map(lambda ends: sorted(ends, key=moment)),
)
queries = st.builds(
    RunListQuery,
    project_name=st.sampled_from([None, "p", "q", "unknown"]),
    status=st.sampled_from([None, "completed", "failed"]),
    tags=st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2),
    time_range=st.none() | ranges,
    metric_conditions=st.lists(conditions, max_size=2).map(tuple),
    limit=st.none() | st.integers(1, 4),
    offset=st.integers(0, 3),
    sort_by=st.sampled_from(["started_at", "ended_at", "name", "metrics.loss"]),
    sort_desc=st.booleans(),
)


def moment(text: str) -> datetime:
    """Read a time with the standard library alone."""
    return datetime.fromisoformat(text)


def newest(run: dict, key: str, stage: str | None = None) -> float | None:
    """Find the newest value of a metric; at one instant the run's own, then the stage that sorts last."""
    found = None
    for index, (point_key, point_stage, value, time) in enumerate(run["points"]):
        if point_key != key or (stage is not None and point_stage != stage):
            continue
        rank = (moment(time), point_stage is None, point_stage or "", index)
        if found is None or rank > found[0]:
            found = (rank, value)
    return None if found is None else found[1]


def matches(run: dict, query: RunListQuery) -> bool:
    """Evaluate the filters of a query on one run, one after the other."""
    if query.project_name is not None and run["project"] != query.project_name:
        return False
    if query.status is not None and run["status"] != query.status:
        return False
    if query.tags and not set(query.tags.items()) <= set(run["tags"].items()):
        return False
    if query.time_range is not None:
        started = run["started_at"]
        after, before = query.time_range.started_after, query.time_range.started_before
        if started is None or not moment(after) <= moment(started) <= moment(before):
            return False
    for condition in query.metric_conditions:
        value = newest(run, condition.metric_key, condition.stage_name)
        if value is None:
            return False
        signs = {"gt": {1}, "gte": {0, 1}, "lt": {-1}, "lte": {0, -1}, "eq": {0}, "ne": {-1, 1}}
        if (value > condition.threshold) - (value < condition.threshold) not in signs[condition.operator]:
            return False
    return True


def expected(made: list[dict], query: RunListQuery) -> list[str]:
    """Answer a query the slow way."""

    def field(run: dict):
        if query.sort_by == "metrics.loss":
            return newest(run, "loss")
        value = run[query.sort_by]
        return moment(value) if value is not None and query.sort_by != "name" else value

    def compare(left: dict, right: dict) -> int:
        one, other = field(left), field(right)
        if (one is None) != (other is None):
            return 1 if one is None else -1
        if one is not None and one != other:
            return ((one > other) - (one < other)) * (-1 if query.sort_desc else 1)
        return (left["id"] > right["id"]) - (left["id"] < right["id"])

    chosen = sorted([run for run in made if matches(run, query)], key=cmp_to_key(compare))
    last = None if query.limit is None else query.offset + query.limit
    return [run["id"] for run in chosen][query.offset : last]


def filled(repository, described: list[dict]) -> list[dict]:
    """Fill a repository, and complete the description with names and identifiers."""
    made = []
    for number, run in enumerate(described):
        name = f"run-{number % 3}-{number}"
        more = {"ended_at": run["ended_at"], "tags": run["tags"]}
        run_id = repository.add_run(name, run["status"], run["started_at"], run["project"], **more)
        for stage in STAGES:
            repository.add_stage(run_id, stage)
        for key, stage, value, time in run["points"]:
            stage_id = None if stage is None else f"{run_id}.{stage}"
            repository.add_metric(run_id, key, value, time, stage_id)
        made.append({**run, "name": name, "id": run_id})
    return made


@given(described=runs, query=queries)
def test_a_query_selects_what_it_says(make_memory, described, query):
    """Filters, order, offset and limit give what a plain evaluator gives, over any repository."""
    repository = make_memory()
    made = filled(repository, described)
    found = QueryService(repository).list_runs(query=query)
    assert [run.run_id for run in found] == expected(made, query)


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """Capture thirty runs of two projects through the facade, and describe them."""
    from contexta import Contexta

    workspace = tmp_path_factory.mktemp("filters") / "workspace"
    capture = dict.fromkeys(
        ("capture_environment_snapshot", "capture_code_revision", "capture_config_snapshot"), False
    )
    described = []
    for number in range(30):
        project = "pq"[number % 2]
        config = {
            "project_name": project,
            "capture": capture,
            "records": {"durability_mode": "flush"},
        }
        with Contexta(workspace=str(workspace), config=config) as opened:
            tags = {"a": str(number % 3), "b": str(number % 5)}
            run = opened.run(f"trial-{number:02}", tags=tags)
            points = []
            if number % 4:
                opened.metric("loss", number % 7)
                points.append(("loss", None, number % 7, "2026-01-01T00:00:00Z"))
            with run.stage("train"):
                if number % 3:
                    opened.metric("loss", number % 4)
                    points.append(("loss", "train", number % 4, "2026-01-01T00:00:01Z"))
                opened.metric("acc", number % 5)
                points.append(("acc", "train", number % 5, "2026-01-01T00:00:01Z"))
            status = ("completed", "failed", "cancelled")[number % 3]
            run.close(status=status)
        described.append(
            {
                "project": project,
                "name": f"trial-{number:02}",
                "id": run.ref,
                "status": status,
                "tags": tags,
                "points": points,
                "started_at": run.started_at,
                "ended_at": run.closed_at,
            }
        )
    with Contexta(workspace=str(workspace)) as opened, pytest.MonkeyPatch.context() as patch:
        # Thirty runs then take several portions, as thousands do.
        patch.setattr("contexta.interpretation.run_search._PORTION", 3)
        yield opened, described


@given(data=st.data())
def test_a_workspace_selects_what_a_query_says(captured, data):
    """The pushed-down answer over the stores is that of a plain evaluator."""
    opened, described = captured
    times = sorted(run["started_at"] for run in described)
    cuts = st.lists(st.sampled_from(times), min_size=2, max_size=2).map(lambda ends: TimeRange(*sorted(ends)))
    query = data.draw(
        st.builds(
            RunListQuery,
            project_name=st.sampled_from([None, "p", "q", "unknown"]),
            status=st.sampled_from([None, "completed", "failed", "open"]),
            tags=st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from("0123"), max_size=2),
            time_range=st.none() | cuts,
            metric_conditions=st.lists(conditions, max_size=2).map(tuple),
            limit=st.none() | st.integers(1, 10),
            offset=st.integers(0, 5),
            sort_by=st.sampled_from(["started_at", "ended_at", "name", "metrics.loss"]),
            sort_desc=st.booleans(),
        )
    )
    assert [run.run_id for run in opened.list_runs(query=query)] == expected(described, query)


@pytest.mark.parametrize("name", ["twin", "p.twin", "run:p.twin"])
@pytest.mark.parametrize("expression", ["id = {!r}", "id in ({!r}, 'none')", "not id != {!r}"])
def test_an_expression_names_a_run_in_each_of_its_forms(ctx, name, expression):
    """As everywhere, a run is meant by its reference, by that without its kind, and by its last part."""
    for run_id in ("twin", "win", "other"):
        with ctx.run(run_id, run_id=run_id):
            pass
    project = ctx.get_run_snapshot("twin").run.project_name
    found = ctx.list_runs(where=expression.format(name.replace("p.", f"{project}.")))
    assert [run.name for run in found] == ["twin"]

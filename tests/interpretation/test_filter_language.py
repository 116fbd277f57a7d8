"""The filter language, against a plain evaluator over snapshots that knows nothing of parsers or stores."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.interpretation import QueryService, RunListQuery, RunSnapshot

TIMES = (
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2026-01-01T00:00:01.5Z",
    "2026-01-02T00:00:00Z",
)
STAGES = ("train", "eval")
ORDERS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

described_runs = st.lists(
    st.fixed_dictionaries(
        {
            "project": st.sampled_from(["p", "q"]),
            "status": st.sampled_from(["open", "completed", "failed"]),
            "started_at": st.sampled_from([None, *TIMES]),
            "ended_at": st.sampled_from([None, *TIMES]),
            "tags": st.dictionaries(
                st.sampled_from(["a", "b c"]), st.sampled_from(["1", "x.y", "Xy"]), max_size=2
            ),
            "parameters": st.dictionaries(
                st.sampled_from(["lr", "net.depth"]),
                st.sampled_from([0, 1, 2.5, True, False, "1", "adam", None, ["u", 1]]),
                max_size=2,
            ),
            "stages": st.lists(
                st.tuples(st.sampled_from(STAGES), st.sampled_from(["completed", "failed"])),
                max_size=2,
                unique_by=lambda stage: stage[0],
            ),
            "kinds": st.lists(st.sampled_from(["model", "plot"]), max_size=3),
            "points": st.lists(
                st.tuples(
                    st.sampled_from(["loss", "val/acc@5"]),
                    st.sampled_from([None, *STAGES]),
                    st.integers(0, 3),
                    st.sampled_from(TIMES),
                ),
                max_size=4,
            ),
        }
    ),
    max_size=5,
)

texts = st.sampled_from(["1", "x", "y", "Xy", "adam", "run-0", 'a"b\\'])
numbers = st.sampled_from([-1, 0, 1, 2, 2.5, 3])
values = texts | numbers | st.booleans()
metrics = st.tuples(
    st.just("metric"),
    st.sampled_from(["loss", "val/acc@5"]),
    st.sampled_from(["latest", "min", "max", "mean", "best"]),
    st.sampled_from([None, *STAGES]),
)
text_fields = st.sampled_from([("name",), ("project",), ("tag", "a"), ("tag", "b c")])
parameter_fields = st.sampled_from([("param", "lr"), ("param", "net.depth")])
number_fields = metrics | st.just(("duration",)) | st.sampled_from([("count", "model"), ("size", "plot")])
leaves = st.one_of(
    st.tuples(
        st.just("cmp"),
        st.just(("status",)),
        st.sampled_from(["=", "!="]),
        st.sampled_from(["failed", "open"]),
    ),
    st.tuples(st.just("cmp"), text_fields, st.sampled_from(["=", "!="]), texts),
    st.tuples(st.just("cmp"), number_fields, st.sampled_from(["=", "!=", *ORDERS]), numbers),
    st.tuples(st.just("cmp"), parameter_fields, st.sampled_from(["=", "!="]), values),
    st.tuples(st.just("cmp"), parameter_fields, st.sampled_from(list(ORDERS)), numbers),
    st.tuples(
        st.just("cmp"), st.just(("started",)), st.sampled_from(["=", "!=", *ORDERS]), st.sampled_from(TIMES)
    ),
    st.tuples(st.just("cmp"), st.just(("stage", "train")), st.sampled_from(["=", "!="]), st.just("failed")),
    st.tuples(st.just("in"), text_fields, st.lists(texts, min_size=1, max_size=3)),
    st.tuples(st.just("in"), number_fields, st.lists(numbers, min_size=1, max_size=3)),
    st.tuples(st.just("between"), number_fields, st.tuples(numbers, numbers).map(sorted)),
    st.tuples(st.just("contains"), text_fields | parameter_fields, texts),
    st.tuples(
        st.just("matches"),
        text_fields | parameter_fields,
        st.sampled_from(["^x", "[0-9]$", "(?i)xy", "a.a|y"]),
    ),
    st.tuples(
        st.just("member"), st.sampled_from([("stages",), ("artifacts",)]), st.sampled_from(["train", "plot"])
    ),
    st.tuples(st.just("member"), parameter_fields, values),
    st.tuples(
        st.just("has"), text_fields | parameter_fields | metrics | st.sampled_from([("stages",), ("ended",)])
    ),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("and"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("or"), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=5,
)


def written_field(field: tuple) -> str:
    """Write a field as a user does."""
    match field:
        case ("metric", key, "latest", None):
            return f"metrics.{key}"
        case ("metric", key, statistic, None):
            return f"{statistic}(metrics.{key})"
        case ("metric", key, statistic, stage):
            return f'{statistic}(metrics.{key}, "{stage}")'
        case ("tag", key):
            return f'tags."{key}"'
        case ("param", key):
            return f"params.{key}"
        case ("count" | "size" as attribute, kind):
            return f"artifacts.{kind}.{attribute}"
        case ("stage", name):
            return f"stages.{name}.status"
        case (name,):
            return name
    raise AssertionError(field)


def written(node: tuple) -> str:
    """Write an expression as a user does."""
    match node:
        case ("cmp", field, operator, value):
            return f"{written_field(field)} {operator} {json.dumps(value)}"
        case ("in", field, values):
            return f"{written_field(field)} in [{', '.join(map(json.dumps, values))}]"
        case ("between", field, (low, high)):
            return f"{written_field(field)} between {low} and {high}"
        case ("contains" | "matches" as word, field, text):
            return f"{written_field(field)} {word} {json.dumps(text)}"
        case ("member", field, value):
            return f"{json.dumps(value)} in {written_field(field)}"
        case ("has", field):
            return f"HAS {written_field(field)}"
        case ("not", inner):
            return f"not ({written(inner)})"
        case (word, inner):
            return "(" + f" {word} ".join(map(written, inner)) + ")"
    raise AssertionError(node)


def moment(text: str | None) -> datetime | None:
    """Read a time with the standard library alone."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def metric_of(snapshot: RunSnapshot, key: str, statistic: str, stage: str | None):
    """Work a metric's value out from the records."""
    names = {each.stage_id: each.name for each in snapshot.stages}
    points = []
    for index, record in enumerate(snapshot.records):
        name = (
            None
            if record.stage_id is None
            else names.get(record.stage_id, record.stage_id.rpartition(".")[2])
        )
        if record.record_type == "metric" and record.key == key and stage in (None, name):
            points.append(((moment(record.observed_at), name is None, name or "", index), record.value))
    if not points:
        return None
    found = [value for _, value in points]
    if statistic == "best":
        statistic = "min" if key == "loss" else "max"
    if statistic == "mean":
        return sum(found) / len(found)
    return max(points)[1] if statistic == "latest" else {"min": min, "max": max}[statistic](found)


def value_of(field: tuple, snapshot: RunSnapshot):
    """Read a field from a snapshot; None where the run has no value."""
    run = snapshot.run
    match field:
        case ("metric", key, statistic, stage):
            return metric_of(snapshot, key, statistic, stage)
        case ("tag", key):
            return run.tags.get(key)
        case ("param", key):
            return run.parameters.get(key)
        case ("duration",):
            began, ended = moment(run.started_at), moment(run.ended_at)
            return None if began is None or ended is None else (ended - began).total_seconds()
        case ("count", kind):
            return sum(each.kind == kind for each in snapshot.artifacts)
        case ("size", kind):
            return sum(each.size_bytes or 0 for each in snapshot.artifacts if each.kind == kind)
        case ("stage", name):
            return next((each.status for each in snapshot.stages if each.name == name), None)
        case ("stages",):
            return [each.name for each in snapshot.stages]
        case ("artifacts",):
            return [each.kind for each in snapshot.artifacts]
        case ("project",):
            return run.project_name
        case ("started",):
            return moment(run.started_at)
        case ("ended",):
            return moment(run.ended_at)
        case (name,):
            return getattr(run, name)
    raise AssertionError(field)


def same(left: object, right: object) -> bool:
    """Compare: true is no number."""
    return (type(left) is bool) == (type(right) is bool) and left == right


def holds(node: tuple, snapshot: RunSnapshot) -> bool:
    """Evaluate an expression on one snapshot."""
    match node:
        case ("not", inner):
            return not holds(inner, snapshot)
        case ("and", inner):
            return all(holds(each, snapshot) for each in inner)
        case ("or", inner):
            return any(holds(each, snapshot) for each in inner)
    value = value_of(node[1], snapshot)
    if value is None:
        return False
    several = [each for each in value if isinstance(each, str)] if isinstance(value, (list, tuple)) else None
    looked_into = several if several is not None else [value] if isinstance(value, str) else []
    match node:
        case ("cmp", field, operator, wanted):
            wanted = moment(wanted) if field == ("started",) else wanted
            if operator in ORDERS:
                comparable = type(value) in (int, float, datetime)
                return comparable and ORDERS[operator](value, wanted)
            return same(value, wanted) == (operator == "=")
        case ("in", _, wanted):
            return any(same(value, each) for each in wanted)
        case ("between", _, (low, high)):
            return low <= value <= high
        case ("contains", _, text):
            return any(text in each for each in looked_into)
        case ("matches", _, pattern):
            return any(re.search(pattern, each) for each in looked_into)
        case ("member", _, wanted):
            return isinstance(value, (list, tuple)) and any(same(each, wanted) for each in value)
        case ("has", _):
            return several is None or bool(value)
    raise AssertionError(node)


def fill(repository, described: list[dict]) -> None:
    """Fill a repository with the runs described."""
    for number, run in enumerate(described):
        more = {name: run[name] for name in ("ended_at", "tags", "parameters")}
        run_id = repository.add_run(f"run-{number}", run["status"], run["started_at"], run["project"], **more)
        for name, status in run["stages"]:
            repository.add_stage(run_id, name, status)
        for position, kind in enumerate(run["kinds"]):
            repository.add_artifact(run_id, f"a{position}", kind, size_bytes=position)
        for key, stage, value, time in run["points"]:
            repository.add_metric(run_id, key, value, time, None if stage is None else f"{run_id}.{stage}")


@given(described=described_runs, node=expressions)
def test_an_expression_selects_what_it_says(make_memory, described, node):
    """Over any repository, an expression selects the runs that a plain evaluator selects from their snapshots."""
    repository = make_memory()
    fill(repository, described)
    service = QueryService(repository)
    expected = [
        run.run_id for run in service.list_runs() if holds(node, service.get_run_snapshot(run.run_id))
    ]
    found = service.list_runs(query=RunListQuery(where=written(node)))
    assert expected == [run.run_id for run in found], written(node)


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """Capture 24 runs with stages, artifacts, parameters and metrics through the facade."""
    from contexta import Contexta

    root = tmp_path_factory.mktemp("filter-language")
    (root / "body.txt").write_text("seven!!", encoding="utf-8")
    config = {
        "records": {"durability_mode": "flush"},
        "capture": dict.fromkeys(("capture_environment_snapshot", "capture_code_revision"), False),
    }
    with Contexta(workspace=str(root / "ws"), config=config) as opened:
        for number in range(24):
            tags = {"a": ("1", "x.y", "Xy")[number % 3]} if number % 4 else {"b c": "1"}
            run = opened.run(f"run-{number}", tags=tags)
            run.params({"lr": (0, 1, 2.5, True, "adam")[number % 5], "net": {"depth": number % 3}})
            if number % 3:
                run.metric("loss", number % 4)
            for name in STAGES[: number % 3]:
                with run.stage(name) as stage:
                    for step in range(3):
                        stage.metric("loss", (number * step) % 4, step=step)
                    stage.metric("val/acc@5", number % 3)
            if number % 2:
                run.register_artifact("model", root / "body.txt")
            run.close(status=("completed", "failed")[number % 5 == 0])
        yield opened, [opened.get_run_snapshot(run.run_id) for run in opened.list_runs()]


@given(
    node=expressions,
    limit=st.none() | st.integers(1, 5),
    offset=st.integers(0, 3),
    status=st.sampled_from([None, "failed"]),
)
def test_the_stores_answer_as_a_plain_evaluator(captured, node, limit, offset, status):
    """What is pushed down to the stores, page and other filters included, changes no answer."""
    opened, snapshots = captured
    matching = [
        each.run.run_id for each in snapshots if status in (None, each.run.status) and holds(node, each)
    ]
    expected = matching[offset : None if limit is None else offset + limit]
    query = RunListQuery(where=written(node), limit=limit, offset=offset, status=status)
    assert expected == [run.run_id for run in opened.list_runs(query=query)], written(node)


@given(node=expressions)
def test_a_metrics_order_holds_beside_an_expression(captured, node):
    """An expression and an order by a metric go together: runs without the metric come last."""
    opened, snapshots = captured
    matching = [each for each in snapshots if holds(node, each)]
    ranked = sorted(matching, key=lambda each: each.run.run_id)
    ranked.sort(
        key=lambda each: (
            (value := metric_of(each, "loss", "latest", None)) is None,
            0 if value is None else value,
        )
    )
    query = RunListQuery(where=written(node), sort_by="metrics.loss", sort_desc=False)
    assert [each.run.run_id for each in ranked] == [run.run_id for run in opened.list_runs(query=query)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('started < "2026-01-02"', ["day-1"]),
        ('started <= "2026-01-02"', ["day-1", "day-2"]),
        ('started > "2026-01-02"', ["day-3"]),
        ('started >= "2026-01-02"', ["day-2", "day-3"]),
        ('started = "2026-01-02"', ["day-2"]),
        ('started between "2026-01-01" and "2026-01-02"', ["day-1", "day-2"]),
        ('started > "2026-01-01" and started < "2026-01-03T00:00:00.000000001Z"', ["day-2", "day-3"]),
        ('started > "2026-01-03" and started < "2026-01-01"', []),
    ],
)
def test_the_ends_of_a_time_are_exact(memory, condition, expected):
    """An instant is neither before nor after itself, also where the condition becomes a range of the query."""
    for day in (1, 2, 3):
        memory.add_run(f"day-{day}", started_at=f"2026-01-0{day}T00:00:00Z")
    found = QueryService(memory).list_runs(query=RunListQuery(where=condition, sort_desc=False))
    assert expected == [run.name for run in found]


@pytest.mark.parametrize("expression", ["min(metrics.loss) >= 0", "metrics.loss < 9"])
@pytest.mark.parametrize(("limit", "offset"), [(3, 0), (3, 2), (None, 4), (5, 12)])
def test_pages_of_a_metric_expression(captured, expression, limit, offset):
    """An expression over metrics alone is paged as every other: the pages follow each other without a gap."""
    opened, _ = captured
    whole = [run.run_id for run in opened.list_runs(where=expression)]
    expected = whole[offset : None if limit is None else offset + limit]
    assert len(whole) > 12
    assert expected == [run.run_id for run in opened.list_runs(where=expression, limit=limit, offset=offset)]

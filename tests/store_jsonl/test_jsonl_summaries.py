"""The catalogue: summaries, points and counts, held to the kernel's plain answers."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.spi.context import OpenContext
from contexta.spi.records import MetricPoint, MetricSummary
from contexta.spi.summaries import PlainSummaries
from contexta_store_jsonl import catalog, pushed_down
from contexta_store_jsonl.backend import open_backend

RUNS = ("run:p.a", "run:p.b")
KEYS = ("loss", "acc")
STAGES = (None, "stage:p.a.train")
TIMES = (
    "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000001Z", "2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.500000001Z",
    "2026-03-01T09:59:59.999999Z", "2025-12-31T23:59:59Z",
)  # fmt: skip

METRICS = st.fixed_dictionaries(
    {
        "type": st.just("metric"), "run": st.sampled_from(RUNS), "key": st.sampled_from(KEYS),
        "value": st.integers(-3, 3) | st.floats(-3, 3), "time": st.sampled_from(TIMES),
    },
    optional={
        "stage": st.sampled_from(STAGES[1:]), "step": st.integers(-2, 3), "unit": st.sampled_from(["nats", "bits"]),
    },
)  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["event", "span"]),
        "run": st.sampled_from(RUNS),
        "time": st.sampled_from(TIMES),
    },
    # Other types than metrics may use these names for what they like.
    optional={"key": st.sampled_from(KEYS), "value": st.just("text"), "step": st.just([1])},
)
#: What happens: a writer appends a batch, a writer replays an earlier record, a writer is reopened, somebody asks.
ACTIONS = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 1), st.lists(METRICS | EVENTS, min_size=1, max_size=4)),
    st.tuples(st.just("replay"), st.integers(0, 1), st.integers(0, 30)),
    st.tuples(st.just("reopen"), st.integers(0, 1), st.none()),
    st.tuples(st.just("ask"), st.integers(0, 1), st.none()),
)


def assert_same_summaries(found, expected) -> None:
    """Compare without regard to order; sums of the same numbers in another order may differ in their last bits."""

    def by_series(summaries):
        return {(each.run, each.stage, each.key): each for each in summaries}

    ours, theirs = by_series(found), by_series(expected)
    assert len(ours) == len(found)
    assert ours.keys() == theirs.keys()
    for series, summary in ours.items():
        assert math.isclose(summary.total, theirs[series].total, rel_tol=1e-12, abs_tol=1e-9)
        assert replace(summary, total=0.0) == replace(theirs[series], total=0.0)


def assert_plain_answers(store) -> None:
    """Hold every pushed down answer to the plain one over a scan."""
    plain = PlainSummaries(store)
    assert_same_summaries(store.summaries(), plain.summaries())
    assert_same_summaries(
        store.summaries(runs=RUNS, keys=["loss"]), plain.summaries(runs=RUNS, keys=["loss"])
    )
    assert_same_summaries(store.summaries(keys=["acc", "none"]), plain.summaries(keys=["acc", "none"]))
    for run in (*RUNS, "run:p.none"):
        assert store.counts(run) == plain.counts(run)
        for stage in STAGES:
            assert store.points(run, "loss", stage=stage) == plain.points(run, "loss", stage=stage)


def check_history(actions, root: Path, reader) -> None:
    """Carry out the actions with two writers in tiny segments."""
    context = OpenContext(root=root, durability="flush", max_segment_bytes=900)
    writers = [open_backend(context), open_backend(context)]
    appended: list[dict] = []
    try:
        for action, writer, detail in actions:
            if action == "append":
                batch = [record | {"id": f"i{len(appended) + i}"} for i, record in enumerate(detail)]
                appended.extend(batch)
                writers[writer].append(batch)
            elif action == "replay" and appended:
                writers[writer].append([appended[detail % len(appended)]])
            elif action == "reopen":
                writers[writer].close()
                writers[writer] = open_backend(context)
            elif action == "ask":
                assert_plain_answers(reader)
        assert_plain_answers(reader)
    finally:
        for store in writers:
            store.close()
    assert_plain_answers(reader)


@given(actions=st.lists(ACTIONS, max_size=14))
@settings(max_examples=80)
def test_every_history_has_the_plain_answers(actions) -> None:
    """Random histories of two writers, with replays, rotation and questions in between: always the plain answers."""
    with TemporaryDirectory() as root:
        check_history(actions, Path(root), open_backend(OpenContext(root=Path(root), read_only=True)))


@given(actions=st.lists(ACTIONS, max_size=10))
@settings(max_examples=40)
def test_a_store_too_large_to_catalogue_has_the_same_answers(actions) -> None:
    """Where reading everything costs too much, searching the raw bytes answers alike."""
    with TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pushed_down, "UNREAD_LIMIT", 300)
        patch.setattr(catalog, "PATIENCE", 10_000)
        check_history(actions, Path(root), open_backend(OpenContext(root=Path(root), read_only=True)))


def test_a_summary_worked_out_by_hand(open_store) -> None:
    """Extremes, ends, mean and unit of five points in two segments, appended out of order."""
    store = open_store(max_segment_bytes=400)
    series = store.open_series({"type": "metric", "run": "run:p.a", "key": "loss", "unit": "nats"})
    plain = store.open_series({"type": "metric", "run": "run:p.a", "key": "loss"})
    at = "2026-03-01T10:00:0{}Z".format
    for handle, name, value, second, step in [
        (series, "a", 3.0, 2, 1), (plain, "b", 1.0, 3, 2), (plain, "c", 1.0, 1, None), (plain, "d", 9.0, 5, 4),
        (plain, "e", 6.0, 5, 3),
    ]:  # fmt: skip
        store.append_point(handle, name, value, at(second), step)
    earliest = MetricPoint(1.0, at(1), None, None, "c")
    assert store.summaries() == [
        MetricSummary(
            run="run:p.a", stage=None, key="loss", count=5, total=20.0, first=earliest,
            latest=MetricPoint(6.0, at(5), 3, None, "e"), least=earliest,
            greatest=MetricPoint(9.0, at(5), 4, None, "d"), unit="nats",
        )
    ]  # fmt: skip
    assert [point.record_id for point in store.points("run:p.a", "loss")] == ["c", "a", "b", "e", "d"]


def test_only_new_bytes_are_read(open_store, monkeypatch) -> None:
    """A question without news reads no segment; after an append it begins at the first new line."""
    writer, store = open_store(), open_store(read_only=True)
    series = writer.open_series({"type": "metric", "run": "run:p.a", "key": "loss"})
    for i in range(5):
        writer.append_point(series, f"m{i}", float(i), TIMES[0], i)
    store.summaries()
    read = store._reader.read
    begun = []
    monkeypatch.setattr(
        store._reader,
        "read",
        lambda segment, cursor, **limit: begun.append(cursor.n) or read(segment, cursor, **limit),
    )
    store.summaries()
    assert begun == []
    writer.append_point(series, "m5", 5.0, TIMES[0], 5)
    assert store.summaries()[0].count == 6
    assert begun == [6]


def test_many_questions_are_worth_a_catalogue(open_store, monkeypatch) -> None:
    """A large store is searched for the first questions on single runs, and catalogued for the one after them."""
    monkeypatch.setattr(pushed_down, "UNREAD_LIMIT", 100)
    monkeypatch.setattr(catalog, "PATIENCE", 3)
    store = open_store()
    series = store.open_series({"type": "metric", "run": "run:p.a", "key": "loss"})
    store.append_points([(series, f"m{i}", float(i), TIMES[0], i) for i in range(10)])
    found = [store._catalog.counts_within("run:p.a", unread_limit=100) for _ in range(5)]
    assert found == [None, None, None, {"metric": 10}, {"metric": 10}]


def test_points_read_only_the_stretches_of_their_run(open_store, monkeypatch) -> None:
    """Of a segment with many runs in a row, a question on one of them reads its own lines."""
    store = open_store()
    for r in range(50):
        series = store.open_series({"type": "metric", "run": f"run:p.{r}", "key": "loss"})
        store.append_points([(series, f"m{r}-{i}", float(i), TIMES[0], i) for i in range(10)])
    store.summaries()
    read = store._reader.read
    lines = []

    def reading(segment, cursor, **limit):
        chunk = read(segment, cursor, **limit)
        lines.extend(chunk.lines)
        return chunk

    monkeypatch.setattr(store._reader, "read", reading)
    assert len(store.points("run:p.20", "loss")) == len(lines) == 10


def test_segments_that_vanish_leave_the_catalogue(open_store, tmp_path) -> None:
    """After a restore or a removal the answers are those of the segments that are there."""
    for name in ("a", "b"):
        with open_store() as writer:
            series = writer.open_series({"type": "metric", "run": f"run:p.{name}", "key": "loss"})
            writer.append_point(series, name, 1.0, TIMES[0], 1)
    store = open_store(read_only=True)
    assert {summary.run for summary in store.summaries()} == {"run:p.a", "run:p.b"}
    min((tmp_path / "records" / "segments").iterdir()).unlink()
    assert [summary.run for summary in store.summaries()] == ["run:p.b"]
    assert store.counts("run:p.a") == {}
    shutil.rmtree(tmp_path / "records")
    assert store.summaries() == []


def test_threads_that_pass_each_other_at_a_rotation_cost_no_second_reading(
    open_store, tmp_path, monkeypatch
) -> None:
    """Segments whose times and identifiers touch but hold no record twice are folded once, and stay folded."""
    store = open_store(max_segment_bytes=1_000)
    series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
    # Two threads by turns, the second always behind with its clock: every segment begins before the last one ended.
    order = [n + 1 if n % 2 == 0 else n - 1 for n in range(40)]
    for n in order:
        store.append_point(series, f"token-{n}", float(n), f"2026-03-01T10:00:{n:02}Z", n)
    assert len(list((tmp_path / "records" / "segments").iterdir())) > 4
    assert store.summaries()[0].count == 40
    store.append_point(series, "token-40", 40.0, "2026-03-01T10:00:40Z", 40)
    read = store._reader.read
    begun = []
    monkeypatch.setattr(
        store._reader,
        "read",
        lambda segment, cursor, **limit: begun.append(segment.name) or read(segment, cursor, **limit),
    )
    assert store.summaries()[0].count == 41
    assert store.counts("run:p.r") == {"metric": 41}
    # The segment with the new point, and the one that was sealed for it.
    assert len(begun) <= 2


def test_a_repetition_in_a_touching_segment_is_still_found(open_store) -> None:
    """Where touching segments do share a record it counts once, also for who had read the first of them before."""
    first, second = open_store(), open_store()
    points = [
        {
            "type": "metric",
            "id": f"m{n}",
            "run": "run:p.r",
            "key": "loss",
            "value": 1.0,
            "time": f"2026-03-01T10:00:0{n}Z",
        }
        for n in range(6)
    ]
    first.append(points[:4])
    reader = open_store(read_only=True)
    assert reader.summaries()[0].count == 4
    second.append(points[3:])
    assert reader.summaries()[0].count == 6
    assert reader.counts("run:p.r") == {"metric": 6}
    assert len(reader.points("run:p.r", "loss")) == 6

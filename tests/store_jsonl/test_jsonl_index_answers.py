"""The columnar index: whatever it covers, the answers are those of a plain scan."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.spi.context import OpenContext
from contexta.spi.outlines import OutlineQuery, PlainOutlines
from contexta.spi.pushdown import PlainPushdown
from contexta.spi.records import ScanFilter
from contexta.spi.summaries import PlainSummaries
from contexta.testing.contracts.record_outlines import outline_shape
from contexta_store_jsonl.backend import open_backend
from contexta_store_jsonl.index import coverage

RUNS = ("run:p.a", "run:p.b")
KEYS = ("loss", "5", 'ü"\n')
STAGES = (None, "stage:p.a.train", "true")
TIMES = (
    "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000001Z", "2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.500000001Z",
    "2026-03-01T10:00:00.000000Z", "2026-03-01T10:00:00.500000000Z", "2026-03-01T09:59:59.999999Z",
    "1500-12-31T23:59:59Z", "9999-01-01T00:00:00Z",
)  # fmt: skip

#: A range that some of the times lie outside of.
HALF = {"start_time": TIMES[0], "end_time": TIMES[3]}

METRICS = st.fixed_dictionaries(
    {
        "type": st.just("metric"), "run": st.sampled_from(RUNS), "key": st.sampled_from((*KEYS[:1] * 6, *KEYS)),
        "value": st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from([2**60 + 1, 1e300, -0.0]),
        "time": st.sampled_from(TIMES[:-2] * 4 + TIMES),
    },
    optional={
        "stage": st.sampled_from(STAGES[1:2] * 4 + STAGES[1:]), "step": st.integers(-2, 3) | st.just(2**70),
        "unit": st.sampled_from(["nats", "bits", ""]),
        "degradation": st.sampled_from(["partial_failure", "capture_gap", "none", None, 5, False, {"a": []}]),
    },
)  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["event", "span"]),
        "run": st.sampled_from(RUNS),
        "time": st.sampled_from(TIMES[:-2]),
    },
    optional={"key": st.sampled_from(KEYS), "value": st.just("text"), "step": st.just([1])},
)
#: What happens: a batch, a replay, a writer reopened, a question, a flipped digit, a segment removed, the index removed.
ACTIONS = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 1), st.lists(METRICS | EVENTS, min_size=1, max_size=6)),
    st.tuples(st.just("append"), st.integers(0, 1), st.lists(METRICS | EVENTS, min_size=1, max_size=6)),
    st.tuples(st.just("replay"), st.integers(0, 1), st.integers(0, 30)),
    st.tuples(st.just("reopen"), st.integers(0, 1), st.none()),
    st.tuples(st.just("ask"), st.integers(0, 1), st.none()),
    st.tuples(st.just("flip"), st.integers(0, 5), st.none()),
    st.tuples(st.just("lose"), st.integers(0, 5), st.none()),
    st.tuples(st.just("forget"), st.integers(0, 5), st.none()),
)


def make_eager(patch) -> None:
    """Let every question build what is not covered yet."""
    patch.setattr(coverage, "DUE_BYTES", 1)
    patch.setattr(coverage, "LEAST_BYTES", 1)


def by_series(summaries):
    """Return summaries by what they are of."""
    found = {(each.run, each.stage, each.key): each for each in summaries}
    assert len(found) == len(summaries)
    return found


def assert_same_summaries(found, expected) -> None:
    """Compare without regard to order; sums of the same numbers in another order may differ in their last bits."""
    ours, theirs = by_series(found), by_series(expected)
    assert ours.keys() == theirs.keys()
    for series, summary in ours.items():
        assert math.isclose(summary.total, theirs[series].total, rel_tol=1e-12, abs_tol=1e-9)
        assert repr(replace(summary, total=0.0)) == repr(replace(theirs[series], total=0.0))


def assert_same_outlines(store, plain) -> None:
    """Compare what drawings of all runs show, along steps and along time."""
    for axis in ("step", "time"):
        query = OutlineQuery(columns=2, axis=axis)
        found, expected = (each.outlines(RUNS, "loss", query) for each in (store, plain))
        assert found.keys() == expected.keys()
        for run, outline in expected.items():
            assert (found[run].low, found[run].high) == (outline.low, outline.high)
            assert found[run].point_count == outline.point_count
            assert outline_shape(found[run], query) == outline_shape(outline, query)


def assert_plain_answers(store) -> None:
    """Hold every pushed down answer to the plain one over a scan of the whole store."""
    plain = PlainSummaries(store)
    assert_same_summaries(store.summaries(), plain.summaries())
    assert_same_summaries(
        store.summaries(runs=RUNS, keys=KEYS[:1]), plain.summaries(runs=RUNS, keys=KEYS[:1])
    )
    assert_same_summaries(store.summaries(keys=["5", "none"]), plain.summaries(keys=["5", "none"]))
    pushed = PlainPushdown(store)
    assert store.keys() == pushed.keys()
    assert store.keys(runs=RUNS[:1]) == pushed.keys(runs=RUNS[:1])
    assert store.counts_by_run() == pushed.counts_by_run()
    assert store.counts_by_run(runs=RUNS[1:]) == pushed.counts_by_run(runs=RUNS[1:])
    assert_same_summaries(store.summaries_between(**HALF), pushed.summaries_between(**HALF))
    some = {"runs": RUNS[:1], "keys": KEYS[:1], "start_time": TIMES[2]}
    assert_same_summaries(store.summaries_between(**some), pushed.summaries_between(**some))
    assert_same_outlines(store, PlainOutlines(store))
    whole = [stored.record for stored in store.scan()]
    within = ScanFilter(**HALF)
    assert [s.record for s in store.scan(within)] == [record for record in whole if within.matches(record)]
    for run in (*RUNS, "run:p.none"):
        counts: dict[str, int] = {}
        for record in whole:
            if record["run"] == run:
                counts[record["type"]] = counts.get(record["type"], 0) + 1
        assert store.counts(run) == counts
        assert [s.record for s in store.scan() if s.record["run"] == run] == [
            s.record for s in store.scan(ScanFilter(run_ref=run))
        ]
        for stage in STAGES:
            assert store.arrays(run, "loss", stage=stage) == pushed.arrays(run, "loss", stage=stage)
            assert repr(store.points_between(run, "loss", stage=stage, **HALF)) == repr(
                pushed.points_between(run, "loss", stage=stage, **HALF)
            )
            assert repr(store.points(run, "loss", stage=stage)) == repr(
                plain.points(run, "loss", stage=stage)
            )


def play(actions, root: Path, readers) -> None:
    """Carry out the actions with two writers in tiny segments."""
    context = OpenContext(root=root, durability="flush", max_segment_bytes=900)
    writers = [open_backend(context), open_backend(context)]
    appended: list[dict] = []
    try:
        for action, number, detail in actions:
            segments = sorted((root / "segments").glob("*.seg")) if (root / "segments").exists() else []
            if action == "append":
                batch = [record | {"id": f"i{len(appended) + i}"} for i, record in enumerate(detail)]
                appended.extend(batch)
                writers[number].append(batch)
            elif action == "replay" and appended:
                writers[number].append([appended[detail % len(appended)]])
            elif action == "reopen":
                writers[number].close()
                writers[number] = open_backend(context)
            elif action == "ask":
                assert_plain_answers(readers[number])
            elif action == "flip" and segments:
                path = segments[number % len(segments)]
                path.write_bytes(path.read_bytes().replace(b'"value":1', b'"value":7', 1) + b"")
                readers[:] = [open_backend(context), open_backend(context)]
            elif action == "lose" and segments:
                segments[number % len(segments)].unlink()
            elif action == "forget":
                for path in (root / "index").glob("part-*") if number else ():
                    path.unlink()
        for reader in readers:
            assert_plain_answers(reader)
    finally:
        for store in writers:
            store.close()
    for reader in readers:
        assert_plain_answers(reader)


@given(actions=st.lists(ACTIONS, max_size=10))
@settings(max_examples=5)
def test_every_history_has_the_plain_answers(actions) -> None:
    """Histories of two writers with replays, rotation, odd values, damage and losses, beside two building readers."""
    check_history(actions)


@pytest.mark.campaign
@given(actions=st.lists(ACTIONS, max_size=16))
@settings(max_examples=150)
def test_many_histories_have_the_plain_answers(actions) -> None:
    """The same, with more and longer ones."""
    check_history(actions)


def check_history(actions) -> None:
    """Play a history in a directory of its own."""
    with TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        make_eager(patch)
        context = OpenContext(root=Path(root), durability="flush")
        readers = [open_backend(context), open_backend(context)]
        play(actions, Path(root), readers)
        for reader in readers:
            reader.close()


def test_some_metrics_of_a_page_of_runs(open_store) -> None:
    """Asked for some metrics of some of many runs, covered and behind it, the store sums up these and no others."""
    store = open_store()
    runs = [f"run:p.{number:02}" for number in range(40)]
    for first in (0, 2):
        for number, run in enumerate(runs):
            store.append(
                [
                    {"type": "metric", "id": f"{key}{step}", "run": run, "key": key, "value": number * step,
                     "time": TIMES[step], "step": step}
                    for key in KEYS for step in range(first, first + 2)
                ]
            )  # fmt: skip
        if not first:
            store.rebuild_indexes()
    asked = {"runs": runs[5:30], "keys": KEYS[:2]}
    for _ in range(2):
        assert_same_summaries(store.summaries(**asked), PlainSummaries(store).summaries(**asked))
    # Once all of a metric is known, its sums are taken from there.
    store.summaries(keys=KEYS[:2])
    assert_same_summaries(store.summaries(**asked), PlainSummaries(store).summaries(**asked))


def test_a_span_with_fields_of_a_metric_beside_points_out_of_order(open_store) -> None:
    """Points that the index and what is behind it hold out of order are read from lines of which one is such a span."""
    point = {"type": "metric", "run": RUNS[0], "key": "loss", "value": 0.5, "time": TIMES[0]}
    span = {"type": "span", "id": "s", "run": RUNS[0], "key": "loss", "time": TIMES[0], "step": [1]}
    with open_store() as writer:
        writer.append([span, point | {"id": "i5", "step": 5}])
    with open_store() as store:
        assert store.rebuild_indexes()
        store.append([point | {"id": "i1", "step": 1}])
        assert [found.step for found in store.points(RUNS[0], "loss")] == [1, 5]

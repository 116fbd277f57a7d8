"""Outlines that the index picks: with all of a series covered, with a part of it, and beside other runs."""

from __future__ import annotations

import random

import pytest

from contexta.spi.outlines import OutlineQuery, PlainOutlines
from contexta.testing.contracts.record_outlines import outline_shape

RUNS = [f"run:p.{name}" for name in "abc"]
QUERIES = [
    {"columns": 7},
    {"columns": 1},
    {"columns": 5, "start": 40, "end": 171},
    {"columns": 6, "axis": "time"},
    {"columns": 3, "axis": "time", "start": 1_772_359_250_000_000_000},
]


def points(run, first, last):
    """Return points of one run, a second apart, some of them of a stage."""
    rng = random.Random(first)
    return [
        {
            "type": "metric",
            "id": f"m{step}",
            "run": run,
            "key": "loss",
            "value": rng.choice([rng.random(), rng.randrange(3), -0.5]),
            "time": f"2026-03-01T10:{step // 60:02}:{step % 60:02}Z",
            "step": step,
            **({"stage": f"{run.replace('run', 'stage')}.fit"} if step % 3 else {}),
        }
        for step in range(first, last)
    ]


@pytest.mark.parametrize("covered", [200, 120, 0])
@pytest.mark.parametrize("query", QUERIES)
def test_the_index_picks_what_thinning_leaves(open_store, covered, query) -> None:
    """Whatever of a series the index covers, its outline is that of all points thinned one by one."""
    store = open_store()
    for run in RUNS[:2]:
        store.append(points(run, 0, covered))
    store.rebuild_indexes()
    for run in RUNS[:2]:
        store.append(points(run, covered, 200))
    asked = OutlineQuery(**query)
    expected = PlainOutlines(store).outlines(RUNS, "loss", asked)
    found = store.outlines(RUNS, "loss", asked)
    assert RUNS[:2] == sorted(found)
    for run, outline in expected.items():
        assert (outline.low, outline.high, outline.point_count) == (
            found[run].low,
            found[run].high,
            found[run].point_count,
        )
        assert len(found[run].places) <= 4 * asked.columns
        assert outline_shape(outline, asked) == outline_shape(found[run], asked)


def test_a_deleted_run_has_no_outline(open_store) -> None:
    """It is gone from the outlines as from every answer."""
    store = open_store()
    store.append(points(RUNS[0], 0, 9))
    store.rebuild_indexes()
    store.delete_runs(RUNS[:1])
    assert {} == dict(store.outlines(RUNS, "loss", OutlineQuery(columns=9)))

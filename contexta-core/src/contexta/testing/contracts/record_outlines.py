"""Outlines of series: a store that picks the telling points itself must pick those that thinning all would leave."""

from __future__ import annotations

import random
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from contexta.spi.outlines import MetricOutline, OutlineQuery, PlainOutlines, grid_of
from contexta.testing.contracts.contract import needs
from contexta.testing.contracts.record_lines import RecordLines, at, metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.records import FlatRecord
    from contexta.testing.contracts.stores import Stores

__all__ = ["RecordOutlines", "outline_shape"]

_RUNS = ("run:demo.r1", "run:demo.r2", "run:demo.stepless", "run:demo.none")
_STAGES = (None, "stage:demo.r1.fit")
_QUESTIONS: tuple[dict[str, Any], ...] = (
    {"columns": 3},
    {"columns": 1},
    {"columns": 1_000},
    {"columns": 4, "start": 20, "end": 61},
    {"columns": 5, "start": 10**30},
    {"columns": 3, "axis": "time"},
    {"columns": 3, "axis": "time", "end": 1_900_000_000_000_000_000},
)


def outline_shape(outline: MetricOutline, query: OutlineQuery) -> list[tuple[int, int, float, float]]:
    """Return what a drawing shows of an outline: of each column the first and the last place, and the bounds.

    Which of several points at one place stands for it is the store's choice; the drawing is the same.

    Args:
        outline: The outline; it has a point.
        query: What was asked.
    """
    grid = grid_of(query, outline.low or 0, outline.high or 0)
    shape = []
    points = zip(outline.places, outline.values, strict=True)
    for _, column in groupby(points, key=lambda point: (point[0] - grid.low) // grid.width):
        places, values = zip(*column, strict=True)
        shape.append((min(places), max(places), min(values), max(values)))
    return shape


def _many() -> Sequence[FlatRecord]:
    rng = random.Random(7)  # noqa: S311 - test data
    records = []
    for number in range(240):
        run = _RUNS[number % 3]
        record = metric(f"m{number}", rng.choice([0.5, -1, rng.random()]), run=run, time=at(number * 0.25))
        record |= {} if run == "run:demo.stepless" else {"step": number // 2 + rng.randrange(3)}
        stage = rng.choice(_STAGES)
        records.append(record if stage is None else {**record, "stage": stage})
    return records


class RecordOutlines(RecordLines, contract=True):
    """Outlines."""

    @needs("outlines")
    @pytest.mark.parametrize("question", _QUESTIONS)
    def test_outlines_are_those_of_all_points(self, stores: Stores, question: dict[str, Any]) -> None:
        """Of every run, stage, axis and part of it the drawing is that of the points thinned one by one."""
        store: Any = stores.open()
        records = _many()
        store.append(records[:150])
        store.append(records[150:])
        query = OutlineQuery(**question)
        for stage in _STAGES:
            expected = PlainOutlines(store).outlines(_RUNS, "loss", query, stage=stage)
            found = store.outlines(_RUNS, "loss", query, stage=stage)
            assert expected.keys() == found.keys()
            for run, outline in expected.items():
                mine = found[run]
                assert (outline.low, outline.high) == (mine.low, mine.high)
                assert (outline.point_count, outline.is_whole) == (mine.point_count, mine.is_whole)
                assert outline_shape(outline, query) == outline_shape(mine, query)
                assert sorted(mine.places) == list(mine.places)

    @needs("outlines")
    def test_outlines_are_up_to_date(self, stores: Stores) -> None:
        """What another process has appended a moment ago is in the outline."""
        reader: Any = stores.open(read_only=True)
        writer = stores.open()
        for number in range(1, 5):
            writer.append([metric(f"m{number}", float(number), step=number, time=at(number))])
            found = reader.outlines(["run:demo.r1"], "loss", OutlineQuery(columns=10))
            assert list(range(1, number + 1)) == list(found["run:demo.r1"].places)

"""The quick paths of a record store: they must give what the plain ones give."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from contexta.errors import ContextaError
from contexta.spi.pushdown import PlainPushdown
from contexta.spi.summaries import PlainSummaries
from contexta.testing.contracts.contract import needs
from contexta.testing.contracts.record_lines import RecordLines, at, ids, metric

if TYPE_CHECKING:
    from contexta.spi.records import FlatRecord, MetricSummary, RecordBackend
    from contexta.testing.contracts.stores import Stores

__all__ = ["RecordPushdown"]

_RUNS = ("run:demo.r1", "run:demo.r2", "run:demo.r3")
_KEYS = ("loss", "acc", "lr")
_STAGES = (None, "stage:demo.r1.fit", "stage:demo.r1.test")


def _many(seed: int) -> list[FlatRecord]:
    """Make records with ties: values, steps and times repeat, and some have no step, no stage or no unit."""
    rng = random.Random(seed)  # noqa: S311 - test data
    records = []
    for number in range(160):
        record = metric(
            f"m{number}",
            rng.choice([0.25, -1.5, 3, 1e-7, rng.random()]),
            run=rng.choice(_RUNS),
            key=rng.choice(_KEYS),
            time=at(rng.choice([0, 0.5, 1, rng.randrange(20), 1e-9])),
        )
        record |= {"step": rng.randrange(6)} if rng.random() < 0.6 else {}
        record |= {"unit": rng.choice(["s", "%"])} if rng.random() < 0.3 else {}
        record |= {"degradation": rng.choice(["partial_failure", "none"])} if rng.random() < 0.2 else {}
        stage = rng.choice(_STAGES)
        records.append(record if stage is None else {**record, "stage": stage})
        if number % 20 == 0:
            event = {
                "type": "event",
                "id": f"e{number}",
                "run": rng.choice(_RUNS),
                "key": "k",
                "message": "m",
            }
            records.append({**event, "time": at(1)})
    return records


def _by_identity(found: object) -> dict[object, MetricSummary]:
    return {(each.run, each.stage, each.key): each for each in found}  # type: ignore[attr-defined]  # summaries


class RecordPushdown(RecordLines, contract=True):
    """Series and summaries."""

    # -- series ---------------------------------------------------------------------------------------------------

    @needs("series")
    def test_a_point_is_the_record_it_stands_for(self, stores: Stores) -> None:
        """A point of a series reads as the record with the series' constants and the point's own fields."""
        store = stores.open()
        constants = {"type": "metric", "run": "run:demo.r1", "key": "loss", "tags": {"a": "1"}, "unit": "s"}
        series = store.open_series(constants)
        store.append_point(series, "m0", 0.1 + 0.2, at(0), 3)
        store.append_point(series, "m1", -2.0, at(1), None)
        other = store.open_series({"type": "metric", "run": "run:demo.r2", "key": "acc"})
        store.append_points([(series, "m2", 1.0, at(2), 4), (other, "m3", 0.5, at(3), None)])
        expected = [
            {**constants, "id": "m0", "value": 0.1 + 0.2, "time": at(0), "step": 3},
            {**constants, "id": "m1", "value": -2.0, "time": at(1)},
            {**constants, "id": "m2", "value": 1.0, "time": at(2), "step": 4},
            {"type": "metric", "run": "run:demo.r2", "key": "acc", "id": "m3", "value": 0.5, "time": at(3)},
        ]
        assert expected == [stored.record for stored in stores.open(read_only=True).scan()]

    @needs("series")
    def test_points_are_appended_all_or_none(self, stores: Stores) -> None:
        """Where one point of a call cannot be kept, none of them is."""
        store = stores.open()
        series = store.open_series({"type": "metric", "run": "run:demo.r1", "key": "loss"})
        with pytest.raises((ContextaError, TypeError, ValueError)):
            store.append_points([(series, "m0", 1.0, at(0), None), (series, "m1", math.nan, at(1), None)])
        assert [] == ids(store)
        store.append_points([])
        store.append_points((series, f"m{number}", 1.0, at(0), number) for number in range(3))
        assert ["m0", "m1", "m2"] == ids(store)

    @needs("series")
    def test_a_reader_takes_no_points(self, stores: Stores) -> None:
        """A store that is open for reading, or was closed, refuses points."""
        constants = {"type": "metric", "run": "run:demo.r1", "key": "loss"}
        reader, closed = stores.open(read_only=True), stores.open()
        series = closed.open_series(constants)
        stores.close(closed)
        for store in (reader, closed):
            with pytest.raises(ContextaError):
                store.append_point(series, "m0", 1.0, at(0), None)
            with pytest.raises(ContextaError):
                store.append_points([(series, "m0", 1.0, at(0), None)])

    # -- summaries ------------------------------------------------------------------------------------------------

    @needs("summaries")
    @pytest.mark.parametrize("seed", range(4))
    def test_summaries_are_those_of_a_scan(self, stores: Stores, seed: int) -> None:
        """Summaries of all, of some runs and of some keys are what folding a scan gives, ties included."""
        store = self._filled(stores, seed)
        plain = PlainSummaries(store)
        questions: list[dict[str, object]] = [{}, {"runs": ()}, {"keys": ()}, {"runs": _RUNS[:1]}]
        questions += [{"runs": _RUNS[1:], "keys": ("loss", "none")}, {"runs": ["run:demo.none"]}]
        for question in questions:
            expected = _by_identity(plain.summaries(**question))  # type: ignore[arg-type]  # as it is asked
            found = _by_identity(store.summaries(**question))  # type: ignore[attr-defined]  # the ability is declared
            assert expected.keys() == found.keys()
            for identity, summary in expected.items():
                assert math.isclose(summary.total, found[identity].total, rel_tol=1e-12, abs_tol=1e-12)
                assert _without_total(summary) == _without_total(found[identity])

    @needs("summaries")
    @pytest.mark.parametrize("seed", range(4))
    def test_points_are_ordered_as_a_series(self, stores: Stores, seed: int) -> None:
        """Points come by step, then by time, those without a step first, for one stage or for all."""
        store = self._filled(stores, seed)
        plain = PlainSummaries(store)
        for run in _RUNS:
            for key in (*_KEYS, "none"):
                for stage in (None, *_STAGES[1:]):
                    expected = list(plain.points(run, key, stage=stage))
                    assert expected == list(store.points(run, key, stage=stage))  # type: ignore[attr-defined]

    @needs("summaries")
    def test_counts_are_those_of_a_scan(self, stores: Stores) -> None:
        """Records are counted by type, and what is not there is absent."""
        store = self._filled(stores, 0)
        plain = PlainSummaries(store)
        for run in (*_RUNS, "run:demo.none"):
            assert dict(plain.counts(run)) == dict(store.counts(run))  # type: ignore[attr-defined]  # as above

    @needs("summaries")
    def test_answers_are_up_to_date(self, stores: Stores) -> None:
        """Each answer covers what any process has appended before the question."""
        reader, writer = stores.open(read_only=True), stores.open()
        for number in range(1, 6):
            writer.append([metric(f"m{number}", float(number), time=at(number))])
            [summary] = reader.summaries(runs=["run:demo.r1"])
            assert (number, float(number)) == (summary.count, summary.latest.value)
            assert number == len(reader.points("run:demo.r1", "loss"))
            assert {"metric": number} == dict(reader.counts("run:demo.r1"))

    def _filled(self, stores: Stores, seed: int) -> RecordBackend:
        store: RecordBackend = stores.open()
        records = _many(seed)
        store.append(records[:50])
        other = stores.open()
        for record in records[50:90]:
            other.append([record])
        other.append(records[90:])
        return store

    @needs("pushdown")
    def test_many_points_are_answered_as_a_scan_answers(self, stores: Stores) -> None:
        """Arrays, keys and counts, and points and summaries within a range, are those of the plain implementation."""
        store = stores.open()
        store.append(_many(5))
        plain = PlainPushdown(store)
        between = {"start_time": at(1), "end_time": at(9)}
        for run in _RUNS:
            for key in _KEYS:
                assert plain.arrays(run, key) == store.arrays(run, key)
                assert list(plain.points_between(run, key, **between)) == list(
                    store.points_between(run, key, **between)
                )
        selections: tuple[tuple[str, ...] | None, ...] = (None, _RUNS[:1], ())
        for runs in selections:
            assert list(plain.keys(runs=runs)) == list(store.keys(runs=runs))
            assert plain.counts_by_run(runs=runs) == store.counts_by_run(runs=runs)
            assert _by_identity(plain.summaries_between(runs=runs, **between)) == _by_identity(
                store.summaries_between(runs=runs, **between)
            )

    @needs("following")
    def test_following_yields_what_is_there_and_then_what_comes(self, stores: Stores) -> None:
        """A run is followed from its first record on: each look yields once what came since, also of other writers."""
        store, other = stores.open(), stores.open()
        store.append([metric("m0", 1.0), metric("x0", 1.0, run=_RUNS[1])])
        looks = stores.open(read_only=True).follow(metric("m0", 1.0)["run"])
        assert ["m0"] == [stored.record["id"] for stored in next(looks)]
        assert [] == list(next(looks))
        store.append([metric("m1", 1.0)])
        other.append([metric("m2", 1.0)])
        assert ["m1", "m2"] == sorted(stored.record["id"] for stored in next(looks))
        assert [] == list(next(looks))


def _without_total(summary: MetricSummary) -> object:
    return (
        summary.count, summary.first, summary.latest, summary.least, summary.greatest, summary.unit, summary.degraded,
        type(summary.count),
    )  # fmt: skip

"""Row contract: what the checks of the contract cost beside the JSON library that does the reading and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from benchmark import alternate
from figures import Figure, middle, percentile, quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmark import Benchmark

__all__ = ["metric_record_both_ways"]

#: Calls of one side before the other side's turn.
_TURN = 500

#: A metric record as a training loop has it, with a stage, a unit, a tag and a step.
_RECORD = {
    "envelope": {
        "record_ref": "record:vision.resnet-50.x1",
        "record_type": "metric",
        "recorded_at": "2024-01-01T01:00:00.123456Z",
        "observed_at": "2024-01-01T01:00:00.123456Z",
        "producer_ref": "sdk.python.local",
        "run_ref": "run:vision.resnet-50",
        "stage_execution_ref": "stage:vision.resnet-50.train",
        "schema_version": "1.0.0",
    },
    "payload": {
        "metric_key": "train.loss",
        "value": 0.6931471805599453,
        "value_type": "float",
        "unit": "nats",
        "tags": {"split": "validation"},
        "step": 4711,
    },
}


def metric_record_both_ways(benchmark: Benchmark) -> Iterator[Figure]:
    """Row contract: a metric record from JSON and back, beside the bare JSON library on the same data."""
    from contexta.contract import deserialize_metric_record, to_json

    count = benchmark.amount(100_000, 5_000)
    record = deserialize_metric_record(_RECORD)
    text = to_json(record)
    plain = msgspec.json.decode(text)
    if msgspec.json.encode(plain).decode() != text:
        raise RuntimeError("both sides must write the same text")
    yield _row(
        f"structure: {count:,} metric records from JSON",
        count,
        lambda _: deserialize_metric_record(text),
        lambda _: msgspec.json.decode(text),
    )
    yield _row(
        f"unstructure: {count:,} metric records to JSON",
        count,
        lambda _: to_json(record),
        lambda _: msgspec.json.encode(plain).decode(),
    )


def _row(what: str, count: int, product: Callable[[int], object], floor: Callable[[int], object]) -> Figure:
    """Time both sides in turn."""
    checked, bare = alternate(count // _TURN, product, floor, calls=_TURN, warm_up=100)
    return Figure(
        "contract",
        f"{what}; floor: bare msgspec",
        quantity(middle(checked), "s"),
        quantity(percentile(checked, 0.99), "s"),
        quantity(middle(bare), "s"),
        middle(checked) / middle(bare),
    )

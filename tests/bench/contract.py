"""Row contract: what the checks of the contract cost beside the JSON library that does the reading and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from benchmark import alternate
from figures import Figure, middle, percentile, quantity

from contexta.contract import text_from_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmark import Benchmark

__all__ = ["metric_record_both_ways"]

#: Calls of one side before the other side's turn.
_TURN = 500

#: So many different records take turns: more than the kernel remembers outcomes of a check.
_DIFFERENT = 5_000
#: When the first was observed, and what lies between two, in nanoseconds.
_BEGIN = 1_700_000_000_123_456_000
_PERIOD = 1_234_567_000

#: A metric record as a training loop has it, with a stage, a unit, a tag and a step.
_RECORD: dict[str, dict[str, Any]] = {
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
    """Row contract: metric records from JSON and back, beside the bare JSON library on the same data."""
    from contexta.contract import deserialize_metric_record, to_json

    count = benchmark.amount(100_000, 5_000)
    records = [deserialize_metric_record(_record(number)) for number in range(_DIFFERENT)]
    texts = [to_json(record) for record in records]
    plain = [msgspec.json.decode(text) for text in texts]
    if msgspec.json.encode(plain[0]).decode() != texts[0]:
        raise RuntimeError("both sides must write the same text")
    yield _row(
        f"structure: {count:,} metric records from JSON",
        count,
        lambda number: deserialize_metric_record(texts[number % _DIFFERENT]),
        lambda number: msgspec.json.decode(texts[number % _DIFFERENT]),
    )
    yield _row(
        f"unstructure: {count:,} metric records to JSON",
        count,
        lambda number: to_json(records[number % _DIFFERENT]),
        lambda number: msgspec.json.encode(plain[number % _DIFFERENT]).decode(),
    )


def _record(number: int) -> dict[str, Any]:
    """Make the record of one step, with its own ref, time, value and step."""
    time = text_from_ns(_BEGIN + number * _PERIOD)
    own = {"record_ref": f"record:vision.resnet-50.x{number}", "recorded_at": time, "observed_at": time}
    return {
        "envelope": {**_RECORD["envelope"], **own},
        "payload": {**_RECORD["payload"], "value": 1 / (number + 1), "step": number},
    }


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

"""What records say, in MLflow's words: points of metrics, and tags; made without its library."""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.contract.models.records import DegradedRecord, MetricRecord, StructuredEventRecord
from contexta.contract.timestamps import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAILED_RUN", "Entries", "Point", "entries_of", "mlflow_name"]

#: Key of the event that a run leaves which failed.
FAILED_RUN = "run.failed"

#: Longest name and longest value of a tag that MLflow's stores take, in characters.
_LONGEST_NAME = 250
_LONGEST_VALUE = 5_000

_MILLISECOND = 1_000_000

#: A colon would do on some systems only.
_NOT_NAME = re.compile(r"[^\w./ -]+")


class Point(NamedTuple):
    """One value of a metric.

    Args:
        key: Its name in MLflow.
        value: The value.
        timestamp: When it was observed, in milliseconds since the epoch.
        step: Its step; 0 where it has none.
    """

    key: str
    value: float
    timestamp: int
    step: int


class Entries(NamedTuple):
    """What one record becomes.

    Args:
        points: Points of metrics.
        tags: Tags of the run.
        stage: Name of its stage, or None.
        has_failed: Whether it says that its run failed.
    """

    points: tuple[Point, ...] = ()
    tags: Mapping[str, str] = EMPTY_MAPPING
    stage: str | None = None
    has_failed: bool = False

    @property
    def name(self) -> str:
        """What was exported, for the receipt."""
        return self.points[0].key if self.points else next(iter(self.tags), "")


def entries_of(record: Any, *, with_events: bool) -> Entries:
    """Return what a record becomes; nothing for a span, which MLflow has no place for.

    Args:
        record: A record.
        with_events: Whether events become tags.
    """
    if isinstance(record, MetricRecord):
        return _of_metric(record)
    if isinstance(record, StructuredEventRecord):
        key = record.payload.event_key
        tags = {
            f"contexta.event.{key}": record.payload.message,
            f"contexta.event_level.{key}": record.payload.level,
        }
        return Entries(
            tags=_tags(tags) if with_events else EMPTY_MAPPING,
            stage=_stage(record),
            has_failed=key == FAILED_RUN,
        )
    if isinstance(record, DegradedRecord):
        payload = record.payload
        tags = {f"contexta.degraded.{payload.issue_key}": f"{payload.category}:{payload.severity}"}
        return Entries(tags=_tags(tags), stage=_stage(record))
    return Entries()


def _of_metric(record: MetricRecord) -> Entries:
    payload = record.payload
    # MLflow's metrics have no tags, so series that differ by them alone are told apart by their names.
    differing = "".join(f"/{name}.{value}" for name, value in sorted(payload.tags.items()))
    key = mlflow_name(f"{payload.metric_key}{differing}")
    time = instant(record.envelope.observed_at) // _MILLISECOND
    point = Point(key, _number(payload.value), time, payload.step or 0)
    tags = {} if payload.unit is None else {f"contexta.metric_unit.{key}": payload.unit}
    return Entries((point,), _tags(tags), _stage(record))


def _number(value: float) -> float:
    """Return a value as a double; an integer beyond all of them is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def mlflow_name(text: str) -> str:
    """Return text as a name that MLflow takes for a metric, parameter or tag: it must be a plain relative path.

    Args:
        text: The name.
    """
    cleaned = _NOT_NAME.sub("_", text)[:_LONGEST_NAME]
    # Two dots name the directory above, an empty part none.
    parts = [part for part in cleaned.split("/") if part.strip(". ")]
    return posixpath.normpath("/".join(parts)) if parts else "unnamed"


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {mlflow_name(name): value[:_LONGEST_VALUE] for name, value in tags.items()}


def _stage(record: Any) -> str | None:
    ref = record.envelope.stage_execution_ref
    return None if ref is None else str(ref.components[-1])

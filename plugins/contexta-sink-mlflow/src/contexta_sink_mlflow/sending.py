"""Sending: batches within MLflow's limits, without points that arrived already."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contexta_sink_mlflow.entries import Point

__all__ = ["INVALID", "Sender"]

_log = logging.getLogger("contexta.mlflow")

#: MLflow's word for a request that no retry makes better.
INVALID = "INVALID_PARAMETER_VALUE"

#: What one request may bring.
_MOST_POINTS = 1_000
_MOST_NAMES = 100

#: A request may have a million bytes; names and framing need some.
_MOST_BYTES = 600_000

_MILLISECOND = 1_000_000


class Sender:
    """Logs points, parameters and tags; a point that may have arrived already is looked for first.

    Some of MLflow's stores keep a point twice that is sent twice.  So what was captured before the sink was opened
    (a replay) or before the last failure (whose request may have arrived all the same) is compared with the history.

    Args:
        client: MLflow's client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._certain_since = _now()
        self._histories: dict[tuple[str, str], set[tuple[int, int, float]]] = {}

    def send(
        self,
        mlflow_run_id: str,
        points: Sequence[Point],
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> None:
        """Send what belongs to one MLflow run.

        Raises:
            Exception: Whatever MLflow's client raises; some of it may have arrived.
        """
        from mlflow.entities import Metric, Param, RunTag

        try:
            fresh = [point for point in points if not self._has_arrived(mlflow_run_id, point)]
            for part in _parts(fresh, _MOST_POINTS):
                metrics = [Metric(point.key, point.value, point.timestamp, point.step) for point in part]
                self._client.log_batch(mlflow_run_id, metrics=metrics, synchronous=True)
                for point in part:
                    if (mlflow_run_id, point.key) in self._histories:
                        self._histories[mlflow_run_id, point.key].add(_identity(point))
            for named in _parts(list(parameters.items()), _MOST_NAMES):
                self._send_parameters(mlflow_run_id, [Param(name, value) for name, value in named])
            for named in _parts(list(tags.items()), _MOST_NAMES):
                run_tags = [RunTag(name, value) for name, value in named]
                self._client.log_batch(mlflow_run_id, tags=run_tags, synchronous=True)
        except Exception:
            self._certain_since = _now()
            self._histories.clear()
            raise

    def _send_parameters(self, mlflow_run_id: str, params: Sequence[Any]) -> None:
        """Send parameters; one that MLflow has with another value stays what it was, and spoils nothing else."""
        try:
            self._client.log_batch(mlflow_run_id, params=params, synchronous=True)
        except Exception as error:
            if getattr(error, "error_code", None) != INVALID:
                raise
            if len(params) == 1:
                _log.warning("MLflow refused the parameter %r: %s", params[0].key, error)
                return
            for param in params:
                self._send_parameters(mlflow_run_id, [param])

    def _has_arrived(self, mlflow_run_id: str, point: Point) -> bool:
        if point.timestamp > self._certain_since:
            return False
        place = (mlflow_run_id, point.key)
        if place not in self._histories:
            history = self._client.get_metric_history(mlflow_run_id, point.key)
            self._histories[place] = {(each.timestamp, each.step, each.value) for each in history}
        return _identity(point) in self._histories[place]


def _identity(point: Point) -> tuple[int, int, float]:
    return point.timestamp, point.step, point.value


def _now() -> int:
    return time.time_ns() // _MILLISECOND


def _parts(items: Sequence[Any], most: int) -> Iterator[list[Any]]:
    """Yield items in parts of so many, each of no more bytes than a request may have."""
    part: list[Any] = []
    size = 0
    for item in items:
        weight = sum(len(str(each).encode()) for each in item)
        if part and (len(part) >= most or size + weight > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += weight
    if part:
        yield part

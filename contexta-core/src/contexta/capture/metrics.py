"""The metric path: the one that training loops run millions of times.

What repeats from call to call (the scope's references, key, unit, tags) is checked, redacted and encoded once for each
series; a call then checks its number, takes the time and appends.  The result that it returns is filled in only where
somebody looks.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from contexta.capture.emissions.metric import LARGEST_STEP, MetricEmission, step_of
from contexta.capture.results import BatchCaptureResult, CaptureResult
from contexta.capture.values import metric_number
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.timestamps import text_from_ns
from contexta.results import ResultStatus
from contexta.spi.sinks import WORKSPACE, Delivery, DeliveryStatus, PayloadFamily

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contexta.capture.context import CaptureContext
    from contexta.capture.identifiers import Identifiers
    from contexta.redaction import Redactor
    from contexta.spi.records import FlatRecord, SupportsSeries

__all__ = ["MetricPath", "PendingMetric"]

_DEFAULTS = {each.name: each.default for each in fields(CaptureResult)} | {
    "status": ResultStatus.SUCCESS,
    "deliveries": (Delivery(WORKSPACE, PayloadFamily.RECORD, DeliveryStatus.SUCCESS),),
}
_BATCH_DEFAULTS = {each.name: each.default for each in fields(BatchCaptureResult)} | {
    "status": ResultStatus.SUCCESS,
    "metadata": EMPTY_MAPPING,
}

#: Unit, aggregation scope and summary basis where nothing is said of them.
_PLAIN = (None, "step", "raw_observation")

#: Key, value and step: what a mapping of the common form holds.
_POINT_FIELDS = 3

_new = object.__new__
_set_source = CaptureResult._source.__set__  # type: ignore[attr-defined]  # noqa: SLF001 - a slot of our own


class _Series:
    """One series of a scope: the backend's handle and the constants behind it."""

    __slots__ = ("constants", "handle")

    def __init__(self, constants: FlatRecord, handle: Any) -> None:
        self.constants = constants
        self.handle = handle


class PendingMetric:
    """The fields of a metric's result, made when somebody asks for them."""

    __slots__ = ("_record", "record_id", "series", "step", "time", "value")

    def __init__(
        self, series: _Series, record_id: str, value: float, observed: str, step: int | None
    ) -> None:
        self.series = series
        self.record_id = record_id
        self.value = value
        self.time = observed
        self.step = step
        self._record: Any = None

    def __call__(self, name: str) -> Any:
        """Return the value of one field of the result."""
        if name in {"payload", "value"}:
            return self.record()
        if name == "metadata":
            return FrozenMapping(
                {"record_ref": str(self.record().envelope.record_ref), "record_type": "metric"}
            )
        return _DEFAULTS[name]

    def record(self) -> Any:
        """Return the canonical record."""
        if self._record is None:
            from contexta.spi.flat import restore

            self._record = restore(self.flat())
        return self._record

    def flat(self) -> FlatRecord:
        """Return the flat record."""
        flat = {**self.series.constants, "id": self.record_id, "value": self.value, "time": self.time}
        if self.step is not None:
            flat["step"] = self.step
        return flat


def pending_result(pending: PendingMetric) -> CaptureResult:
    """Return the successful result of a metric, to be filled in where somebody looks."""
    result: CaptureResult = _new(CaptureResult)
    _set_source(result, pending)
    return result


class PendingBatch:
    """The fields of a batch's result, made when somebody asks for them.

    Args:
        series: The series of each point.
        points: The points as they were appended: handle, record identifier, value, time, step.
    """

    __slots__ = ("_points", "_series")

    def __init__(
        self, series: Sequence[_Series], points: Sequence[tuple[Any, str, float, str, int | None]]
    ) -> None:
        self._series = series
        self._points = points

    def __call__(self, name: str) -> Any:
        """Return the value of one field of the result."""
        if name == "items":
            return tuple(pending_result(each) for each in self.metrics())
        return _BATCH_DEFAULTS[name]

    def metrics(self) -> Iterator[PendingMetric]:
        """Yield the pending metrics, in order."""
        for series, point in zip(self._series, self._points, strict=True):
            yield PendingMetric(series, *point[1:])


def pending_batch(pending: PendingBatch) -> BatchCaptureResult:
    """Return the successful result of a batch of metrics, to be filled in where somebody looks."""
    result: BatchCaptureResult = _new(BatchCaptureResult)
    _set_source(result, pending)
    return result


class MetricPath:
    """Appends metrics to the record store.

    Args:
        backend: The record store's series.
        identifiers: Where record identifiers come from.
        redactor: Applied to unit and tags before they are encoded.
        producer: Who captures; left out of the record where it is the contract's default.
    """

    __slots__ = ("_append", "_append_many", "_identifiers", "_open", "_producer", "_redactor")

    def __init__(
        self,
        backend: SupportsSeries,
        identifiers: Identifiers,
        redactor: Redactor,
        producer: str | None,
    ) -> None:
        self._open = backend.open_series
        self._append = backend.append_point
        self._append_many = backend.append_points
        self._identifiers = identifiers
        self._redactor = redactor
        self._producer = producer

    def capture(
        self,
        context: CaptureContext,
        key: str,
        value: float,
        unit: str | None,
        aggregation_scope: str,
        tags: Mapping[str, str] | None,
        summary_basis: str,
        step: int | None,
    ) -> PendingMetric:
        """Append one point; when this returns it is as durable as the workspace asks.

        The arguments are those of ``Contexta.metric``, after the scope that captures; the value is a finite ``int``
        or ``float``.

        Raises:
            ValidationError: The key, unit, step or another field breaks its rule.
            StoreAccessError: The record store cannot be written.
        """
        series = None
        if not tags:
            try:
                series = context.series.get((key, unit, aggregation_scope, summary_basis))
            except TypeError:  # something that cannot be hashed; the emission below names it
                series = None
        if series is None:
            emission = MetricEmission(key, value, unit, aggregation_scope, tags, summary_basis, step)
            series = self._series(context, emission)
        if step is not None and (type(step) is not int or not -LARGEST_STEP <= step <= LARGEST_STEP):
            step = step_of(step)
        pending = PendingMetric(
            series, self._identifiers.next(), value, text_from_ns(time.time_ns() // 1000 * 1000), step
        )
        self._append(series.handle, pending.record_id, value, pending.time, step)
        return pending

    def capture_many(
        self, context: CaptureContext, emissions: Sequence[MetricEmission | Mapping[str, Any]]
    ) -> PendingBatch:
        """Append many points with one write, all or none.

        Raises:
            ValidationError: One of them breaks a rule; nothing was appended.
            StoreAccessError: The record store cannot be written; nothing was appended.
        """
        observed = text_from_ns(time.time_ns() // 1000 * 1000)
        plain_series = context.plain_series
        chosen: list[_Series] = []
        points: list[tuple[Any, str, float, str, int | None]] = []
        for emission, record_id in zip(emissions, self._identifiers.take(len(emissions)), strict=True):
            # The common form, a dict of key, value and step of a series that is known, needs no emission.
            plain: dict[str, Any] = emission if type(emission) is dict else {}
            key = plain.get("key")
            series = plain_series.get(key) if type(key) is str and "value" in plain else None
            if series is not None and len(plain) == (_POINT_FIELDS if "step" in plain else _POINT_FIELDS - 1):
                value, step = plain["value"], plain.get("step")
                if type(value) is not float or value - value != 0.0:
                    value = metric_number(value, finite=True)
                if step is not None and (type(step) is not int or not -LARGEST_STEP <= step <= LARGEST_STEP):
                    step = step_of(step)
            else:
                made = MetricEmission.of(emission)
                series, value, step = self._series_of(context, made), made.value, made.step
            chosen.append(series)
            points.append((series.handle, record_id, value, observed, step))
        self._append_many(points)
        return PendingBatch(chosen, points)

    def _series_of(self, context: CaptureContext, emission: MetricEmission) -> _Series:
        if emission.tags:
            return self._series(context, emission)
        known = context.series.get(_identity(emission))
        return self._series(context, emission) if known is None else known

    def _series(self, context: CaptureContext, emission: MetricEmission) -> _Series:
        constants: FlatRecord = {"type": "metric", **context.refs, "key": emission.key}
        if emission.unit is not None:
            constants["unit"] = self._redactor.text(emission.unit)
        if emission.aggregation_scope != "step":
            constants["scope"] = emission.aggregation_scope
        if emission.summary_basis != "raw_observation":
            constants["basis"] = emission.summary_basis
        if emission.tags:
            constants["tags"] = self._redactor.mapping(emission.tags)
        if self._producer is not None:
            constants["producer"] = self._producer
        series = _Series(constants, self._open(constants))
        if not emission.tags:
            context.series[_identity(emission)] = series
            if _identity(emission)[1:] == _PLAIN:
                context.plain_series[emission.key] = series
        return series


def _identity(emission: MetricEmission) -> tuple[str, str | None, str, str]:
    return emission.key, emission.unit, emission.aggregation_scope, emission.summary_basis

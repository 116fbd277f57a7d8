"""The metric path: the one that training loops run millions of times.

What repeats from call to call (the scope's references, key, unit, tags) is checked, redacted and encoded once for each
series; a call then checks its number, takes the time and appends.  The result that it returns is filled in only where
somebody looks.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from contexta.capture.emissions import MetricEmission, step_of
from contexta.capture.results import BatchCaptureResult, CaptureResult
from contexta.capture.values import metric_number
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.timestamps import text_from_ns
from contexta.results import ResultStatus
from contexta.spi.sinks import Delivery, DeliveryStatus, PayloadFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contexta.capture.context import CaptureContext
    from contexta.capture.identifiers import Identifiers
    from contexta.spi.records import FlatRecord, SupportsSeries

__all__ = ["WORKSPACE", "MetricPath", "PendingMetric"]

#: Name of the delivery to the stores of the workspace.
WORKSPACE = "workspace"

_DEFAULTS = {each.name: each.default for each in fields(CaptureResult)} | {
    "status": ResultStatus.SUCCESS,
    "deliveries": (Delivery(WORKSPACE, PayloadFamily.RECORD, DeliveryStatus.SUCCESS),),
}
_BATCH_DEFAULTS = {each.name: each.default for each in fields(BatchCaptureResult)} | {
    "status": ResultStatus.SUCCESS,
    "metadata": EMPTY_MAPPING,
}
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
            return FrozenMapping({"record_ref": str(self.record().envelope.record_ref), "record_type": "metric"})
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
    """The fields of a batch's result, made when somebody asks for them."""

    __slots__ = ("pending",)

    def __init__(self, pending: Sequence[PendingMetric]) -> None:
        self.pending = pending

    def __call__(self, name: str) -> Any:
        """Return the value of one field of the result."""
        if name == "items":
            return tuple(pending_result(each) for each in self.pending)
        return _BATCH_DEFAULTS[name]


def pending_batch(pending: Sequence[PendingMetric]) -> BatchCaptureResult:
    """Return the successful result of a batch of metrics, to be filled in where somebody looks."""
    result: BatchCaptureResult = _new(BatchCaptureResult)
    _set_source(result, PendingBatch(pending))
    return result


class MetricPath:
    """Appends metrics to the record store.

    Args:
        backend: The record store's series.
        identifiers: Where record identifiers come from.
        redact_tags: Applied to tags before they are encoded.
        producer: Who captures; left out of the record where it is the contract's default.
    """

    __slots__ = ("_append", "_append_many", "_identifiers", "_open", "_producer", "_redact_tags")

    def __init__(
        self,
        backend: SupportsSeries,
        identifiers: Identifiers,
        redact_tags: Callable[[Mapping[str, str]], Mapping[str, str]],
        producer: str | None,
    ) -> None:
        self._open = backend.open_series
        self._append = backend.append_point
        self._append_many = backend.append_points
        self._identifiers = identifiers
        self._redact_tags = redact_tags
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

        Args:
            context: The scope that captures.
            value: A finite ``int`` or ``float``; the other arguments are those of ``Contexta.metric``.

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
        if step is not None and type(step) is not int:
            step = step_of(step)
        pending = PendingMetric(
            series, self._identifiers.next(), value, text_from_ns(time.time_ns() // 1000 * 1000), step
        )
        self._append(series.handle, pending.record_id, value, pending.time, step)
        return pending

    def capture_many(
        self, context: CaptureContext, emissions: Sequence[MetricEmission | Mapping[str, Any]]
    ) -> Sequence[PendingMetric]:
        """Append many points with one write, all or none.

        Raises:
            ValidationError: One of them breaks a rule; nothing was appended.
            StoreAccessError: The record store cannot be written; nothing was appended.
        """
        observed = text_from_ns(time.time_ns() // 1000 * 1000)
        next_id = self._identifiers.next
        pending = []
        for emission in emissions:
            series, value, step = self._prepared(context, emission)
            pending.append(PendingMetric(series, next_id(), value, observed, step))
        self._append_many((each.series.handle, each.record_id, each.value, observed, each.step) for each in pending)
        return pending

    def _prepared(
        self, context: CaptureContext, emission: MetricEmission | Mapping[str, Any]
    ) -> tuple[_Series, float, int | None]:
        """Return the series of an emission with its value and step, checked."""
        if type(emission) is dict:
            series = context.series.get(
                (
                    emission.get("key"),
                    emission.get("unit"),
                    emission.get("aggregation_scope", "step"),
                    emission.get("summary_basis", "raw_observation"),
                )
            )
            # A mapping of nothing but key, value and step, of a series that is known, needs no emission.
            plain = len(emission) == 2 + ("step" in emission) and "value" in emission  # noqa: PLR2004
            if series is not None and plain:
                return series, metric_number(emission["value"], finite=True), step_of(emission.get("step"))
        made = MetricEmission.of(emission)
        series = None
        if not made.tags:
            series = context.series.get((made.key, made.unit, made.aggregation_scope, made.summary_basis))
        return series or self._series(context, made), made.value, made.step

    def _series(self, context: CaptureContext, emission: MetricEmission) -> _Series:
        constants: FlatRecord = {"type": "metric", **context.refs, "key": emission.key}
        if emission.unit is not None:
            constants["unit"] = emission.unit
        if emission.aggregation_scope != "step":
            constants["scope"] = emission.aggregation_scope
        if emission.summary_basis != "raw_observation":
            constants["basis"] = emission.summary_basis
        if emission.tags:
            constants["tags"] = dict(self._redact_tags(emission.tags))
        if self._producer is not None:
            constants["producer"] = self._producer
        series = _Series(constants, self._open(constants))
        if not emission.tags:
            identity = (emission.key, emission.unit, emission.aggregation_scope, emission.summary_basis)
            context.series[identity] = series
        return series

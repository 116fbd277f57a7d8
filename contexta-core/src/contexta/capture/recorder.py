"""The capture path of one session: check, redact, keep in the workspace, then deliver to the sinks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contexta.capture.emissions.emission import sequence_of
from contexta.capture.emissions.metric import MetricEmission
from contexta.capture.identifiers import Identifiers
from contexta.capture.metrics import MetricPath, pending_batch, pending_result
from contexta.capture.outcomes import Outcomes
from contexta.capture.records import RecordBuilder
from contexta.capture.results import BatchCaptureResult, CaptureResult
from contexta.capture.values import metric_number
from contexta.errors import ContextaError, StoreAccessError, ValidationError
from contexta.spi.records import SupportsSeries
from contexta.spi.series import PlainSeries
from contexta.spi.sinks import PayloadFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contexta.capture.artifacts import ArtifactPath
    from contexta.capture.context import CaptureContext
    from contexta.capture.dispatcher import CaptureDispatcher
    from contexta.capture.emissions import ArtifactRegistrationEmission, EventEmission, SpanEmission
    from contexta.capture.metrics import PendingMetric
    from contexta.capture.outbox import Outbox
    from contexta.config.models import CaptureConfig
    from contexta.redaction import Redactor
    from contexta.spi.artifacts import ArtifactBackend
    from contexta.spi.records import FlatRecord, RecordBackend

__all__ = ["Recorder"]

#: The producer that records leave out.
DEFAULT_PRODUCER = "sdk.python.local"

#: Most leaves of a structured metric value.
MAX_METRIC_LEAVES = 1_000


class Recorder:
    """Captures for the scopes of one session.

    Args:
        config: The capture section of the configuration.
        records: Opens the record store, at the first capture.
        artifacts: Opens the artifact store, at the first registration.
        dispatcher: The attached sinks.
        redactor: Applied before anything is written.
        ingest_mode: How artifacts are taken into the store.
        outbox: Opens the outbox, at the first delivery to keep.
    """

    def __init__(
        self,
        config: CaptureConfig,
        *,
        records: Callable[[], RecordBackend],
        artifacts: Callable[[], ArtifactBackend],
        dispatcher: CaptureDispatcher,
        redactor: Redactor,
        ingest_mode: str = "copy",
        outbox: Callable[[], Outbox],
    ) -> None:
        self._config = config
        self._open_records = records
        self._open_artifacts = artifacts
        self._dispatcher = dispatcher
        self._redactor = redactor
        self._ingest_mode = ingest_mode
        self._identifiers = Identifiers()
        producer = None if config.producer_ref == DEFAULT_PRODUCER else config.producer_ref
        self._builder = RecordBuilder(self._identifiers, redactor, producer)
        self._producer = producer
        self._outcomes = Outcomes(config, dispatcher, self._builder, redactor, records, outbox)
        self._metrics: MetricPath | None = None
        self._artifact_path: ArtifactPath | None = None
        self._has_sinks = bool(dispatcher.attached)

    def metric(
        self,
        context: CaptureContext,
        key: str,
        value: Any,
        *,
        unit: str | None = None,
        aggregation_scope: str = "step",
        tags: Mapping[str, str] | None = None,
        summary_basis: str = "raw_observation",
        step: int | None = None,
    ) -> CaptureResult:
        """Capture one observation; see :meth:`contexta.Contexta.metric`."""
        if type(value) is not float:
            if isinstance(value, Mapping):
                return self._structured(
                    context, key, value, unit=unit, aggregation_scope=aggregation_scope, tags=tags,
                    summary_basis=summary_basis, step=step,
                )  # fmt: skip
            value = metric_number(value, finite=False)
        if value - value != 0.0:  # not finite: NaN and the infinities are not equal to themselves after this
            emission = MetricEmission(key, 0.0, unit, aggregation_scope, tags, summary_basis, step)
            return self._outcomes.settled(self._non_finite(context, emission, value))
        try:
            path = self._metrics or self._metric_path()
            pending = path.capture(context, key, value, unit, aggregation_scope, tags, summary_basis, step)
        except ContextaError as error:
            return self._outcomes.workspace_failed(PayloadFamily.RECORD, error)
        return (
            self._outcomes.settled(self._delivered(context, pending))
            if self._has_sinks
            else pending_result(pending)
        )

    def metrics(
        self, context: CaptureContext, emissions: Sequence[MetricEmission | Mapping[str, Any]]
    ) -> BatchCaptureResult:
        """Capture a batch of observations with one write, all or none."""
        given = sequence_of(emissions)
        try:
            batch = self._append_metrics(context, given)
        except ValidationError:
            strays = {place: stray for place, each in enumerate(given) if (stray := _stray_of(each))}
            if not strays:
                raise
            batch = self._append_with_strays(context, given, strays)
        return self._outcomes.settled(batch)

    def _append_metrics(
        self, context: CaptureContext, emissions: Sequence[MetricEmission | Mapping[str, Any]]
    ) -> BatchCaptureResult:
        try:
            path = self._metrics or self._metric_path()
            batch = path.capture_many(context, emissions)
        except ContextaError as error:
            return _failed_batch(self._outcomes.workspace_failed(PayloadFamily.RECORD, error))
        if not self._has_sinks:
            return pending_batch(batch)
        results = [self._delivered(context, each) for each in batch.metrics()]
        return BatchCaptureResult.from_results(PayloadFamily.RECORD, results)

    def _append_with_strays(
        self,
        context: CaptureContext,
        emissions: Sequence[MetricEmission | Mapping[str, Any]],
        strays: Mapping[int, tuple[MetricEmission, float]],
    ) -> BatchCaptureResult:
        """Append the finite observations of a batch, then tell of the others, each at its place."""
        finite = [each for place, each in enumerate(emissions) if place not in strays]
        batch = self._append_metrics(context, finite)
        if batch.failed:
            return batch
        kept = iter(batch.results)
        results = [
            self._non_finite(context, *strays[place]) if place in strays else next(kept)
            for place in range(len(emissions))
        ]
        return BatchCaptureResult.from_results(PayloadFamily.RECORD, results)

    def _delivered(self, context: CaptureContext, pending: PendingMetric) -> CaptureResult:
        return self._outcomes.delivered(
            context, PayloadFamily.RECORD, pending.record(), pending.record_id, pending("metadata")
        )

    def _metric_path(self) -> MetricPath:
        backend = self._open_records()
        series: SupportsSeries = backend if isinstance(backend, SupportsSeries) else PlainSeries(backend)
        self._metrics = MetricPath(series, self._identifiers, self._redactor, self._producer)
        return self._metrics

    def _structured(
        self, context: CaptureContext, key: str, value: Mapping[str, Any], **fields: Any
    ) -> CaptureResult:
        """Capture a mapping as one metric for each leaf."""
        leaves = [(leaf_key, metric_number(leaf, finite=False)) for leaf_key, leaf in _leaves(key, value)]
        # All are checked before anything is written.
        emissions = [
            MetricEmission(leaf_key, number if math.isfinite(number) else 0.0, **fields)
            for leaf_key, number in leaves
        ]
        strays = {
            place: (emissions[place], number)
            for place, (_, number) in enumerate(leaves)
            if not math.isfinite(number)
        }
        batch = self._append_with_strays(context, emissions, strays)
        metadata = {"record_type": "metric", "record_count": batch.total_count}
        return self._outcomes.settled(batch.as_one(metadata=metadata))

    def _non_finite(self, context: CaptureContext, emission: MetricEmission, value: float) -> CaptureResult:
        """Record that a metric was not finite: a diverging loss must not end the run that shows it."""
        from contexta.capture.emissions.event import EventEmission

        key = emission.key
        facts = {"metric_key": key, "value": str(value), "step": emission.step, "unit": emission.unit}
        event = EventEmission(
            "metric.non_finite",
            f"metric {key!r} is {value}",
            level="warning",
            attributes={name: fact for name, fact in facts.items() if fact is not None},
            tags=emission.tags,
        )
        summary = f"metric {key!r} is {value}, which no series can hold; an event was recorded instead"
        flats = [
            self._builder.event(context, event),
            self._builder.degraded(context, "metric.non_finite", summary),
        ]
        return self._keep(context, flats, degradation=summary)

    def event(self, context: CaptureContext, emission: EventEmission) -> CaptureResult:
        """Capture one event."""
        return self._outcomes.settled(self._keep(context, [self._builder.event(context, emission)]))

    def events(
        self, context: CaptureContext, emissions: Sequence[EventEmission | Mapping[str, Any]]
    ) -> BatchCaptureResult:
        """Capture a batch of events with one write, all or none."""
        from contexta.capture.emissions.event import EventEmission

        made = [EventEmission.of(each) for each in sequence_of(emissions)]
        return self._keep_many(context, [self._builder.event(context, each) for each in made])

    def span(self, context: CaptureContext, emission: SpanEmission) -> CaptureResult:
        """Capture one span."""
        return self._outcomes.settled(self._keep(context, [self._builder.span(context, emission)]))

    def spans(
        self, context: CaptureContext, emissions: Sequence[SpanEmission | Mapping[str, Any]]
    ) -> BatchCaptureResult:
        """Capture a batch of spans with one write, all or none."""
        from contexta.capture.emissions.span import SpanEmission

        made = [SpanEmission.of(each) for each in sequence_of(emissions)]
        return self._keep_many(context, [self._builder.span(context, each) for each in made])

    def _keep(
        self, context: CaptureContext, flats: list[FlatRecord], degradation: str | None = None
    ) -> CaptureResult:
        """Append records that belong together; the first is the payload."""
        from contexta.spi.flat import restore

        # Made before the append: a record that no reader could restore must never be acknowledged.
        payload, *others = [restore(flat) for flat in flats]
        try:
            self._open_records().append(flats)
        except ContextaError as error:
            return self._outcomes.workspace_failed(PayloadFamily.RECORD, error)
        return self._outcomes.delivered(
            context,
            PayloadFamily.RECORD,
            payload,
            flats[0]["id"],
            {"record_ref": str(payload.envelope.record_ref), "record_type": flats[0]["type"]},
            degradation=degradation,
            marker=others[0] if others else None,
        )

    def _keep_many(self, context: CaptureContext, flats: list[FlatRecord]) -> BatchCaptureResult:
        from contexta.spi.flat import restore

        payloads = [restore(flat) for flat in flats]
        try:
            if flats:
                self._open_records().append(flats)
        except ContextaError as error:
            return _failed_batch(self._outcomes.workspace_failed(PayloadFamily.RECORD, error))
        results = [
            self._outcomes.delivered(
                context,
                PayloadFamily.RECORD,
                payload,
                flat["id"],
                {"record_ref": str(payload.envelope.record_ref), "record_type": flat["type"]},
            )
            for flat, payload in zip(flats, payloads, strict=True)
        ]
        return self._outcomes.settled(BatchCaptureResult.from_results(PayloadFamily.RECORD, results))

    def artifact(self, context: CaptureContext, emission: ArtifactRegistrationEmission) -> CaptureResult:
        """Register one artifact."""
        return self._outcomes.settled(self._register(context, emission))

    def _register(self, context: CaptureContext, emission: ArtifactRegistrationEmission) -> CaptureResult:
        try:
            payload = (self._artifact_path or self._make_artifact_path()).register(context, emission)
        except ContextaError as error:
            return self._outcomes.workspace_failed(PayloadFamily.ARTIFACT, error)
        manifest = payload["manifest"]
        pending = payload["binding_status"] == "PENDING"
        return self._outcomes.delivered(
            context,
            PayloadFamily.ARTIFACT,
            payload,
            manifest.artifact_ref.partition(":")[2],
            {"artifact_ref": str(manifest.artifact_ref)},
            degradation=f"nothing lies at {emission.path!r} yet" if pending else None,
        )

    def artifacts(
        self,
        context: CaptureContext,
        emissions: Sequence[ArtifactRegistrationEmission | Mapping[str, Any]],
    ) -> BatchCaptureResult:
        """Register a batch of artifacts, each for itself: one that is at fault becomes a failed item."""
        from contexta.capture.emissions.artifact import ArtifactRegistrationEmission

        results = []
        for emission in sequence_of(emissions):
            try:
                results.append(self._register(context, ArtifactRegistrationEmission.of(emission)))
            except StoreAccessError:
                raise
            except ContextaError as error:
                results.append(CaptureResult.failure_result(PayloadFamily.ARTIFACT, error))
        return self._outcomes.settled(BatchCaptureResult.from_results(PayloadFamily.ARTIFACT, results))

    def _make_artifact_path(self) -> ArtifactPath:
        from contexta.capture.artifacts import ArtifactPath

        self._artifact_path = ArtifactPath(
            self._open_artifacts(),
            self._identifiers,
            self._redactor,
            self._config.producer_ref,
            self._ingest_mode,
        )
        return self._artifact_path

    def close(self) -> Sequence[tuple[str, Exception]]:
        """Flush and close the sinks and the outbox; return what sinks raised, by name."""
        failures = self._dispatcher.close()
        self._outcomes.close()
        return failures


def _stray_of(value: object) -> tuple[MetricEmission, float] | None:
    """Return what a mapping says of a metric that is not finite, with its value; None for anything else."""
    if not isinstance(value, Mapping) or "value" not in value:
        return None
    number = metric_number(value["value"], finite=False)
    if math.isfinite(number):
        return None
    return MetricEmission.of({**value, "value": 0.0}), number


def _failed_batch(failure: CaptureResult) -> BatchCaptureResult:
    return BatchCaptureResult.from_results(failure.family, [failure])


def _leaves(key: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a structured value under dotted keys, in the order in which they were given."""
    # A stack of iterators, not a recursion: a mapping that holds itself must end at the limit.
    pending = [(key, iter(value.items()))]
    count = 0
    while pending:
        prefix, entries = pending[-1]
        name, entry = next(entries, (None, None))
        if name is None:
            pending.pop()
            continue
        count += 1
        if count > MAX_METRIC_LEAVES:
            raise ValidationError(
                f"the value of metric {key!r} has more than {MAX_METRIC_LEAVES} parts",
                code="capture_model_invalid_metric_value",
            )
        if isinstance(entry, Mapping):
            pending.append((f"{prefix}.{name}", iter(entry.items())))
        else:
            yield f"{prefix}.{name}", entry

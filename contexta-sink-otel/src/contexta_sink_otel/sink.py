"""The sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.models.records import (
    DegradedRecord,
    MetricRecord,
    StructuredEventRecord,
    TraceSpanRecord,
)
from contexta.errors import ContextaError
from contexta.spi.sinks import DeliveryStatus, PayloadFamily, SinkCaptureReceipt
from contexta_sink_otel.facts.gen_ai import gen_ai_points
from contexta_sink_otel.facts.logs import degraded_facts, event_facts
from contexta_sink_otel.facts.metrics import metric_facts
from contexta_sink_otel.facts.spans import span_facts
from contexta_sink_otel.libraries import require_libraries
from contexta_sink_otel.options import DEFAULT_SERVICE_NAME, SIGNALS, OTelOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from contexta.spi.context import OpenContext
    from contexta_sink_otel.routes.partial_success import Rejected
    from contexta_sink_otel.routes.route import Route

__all__ = ["OTelSink", "open_sink"]

_QUEUE_CAPACITY = 10_000
_MOST_AT_ONCE = 512


def open_sink(context: OpenContext, options: OTelOptions | None = None) -> OTelSink:
    """Open the sink; the factory that the plugin names.

    Args:
        context: The surroundings; the workspace is named in the resource.
        options: ``[capture.sinks.options]``.
    """
    return OTelSink.of(OTelOptions() if options is None else options, workspace=context.workspace)


class OTelSink:
    """Sends what is captured to OpenTelemetry.

    With a provider it sends by that, and by the program's global ones for what is not given; the providers decide
    what becomes of it.  Without one it exports by OTLP itself, as the standard environment variables say, and an
    export that fails is a failed delivery.

    It talks to a network: a program that attaches it itself puts it behind a
    :class:`~contexta.capture.sinks.BufferedSink`; in a configuration it is behind a queue anyway.

    Args:
        service_name: The resource attribute ``service.name``, and the name of tracer, meter and logger; the default
            gives way to ``OTEL_SERVICE_NAME``.
        tracer_provider: Provider for spans.
        meter_provider: Provider for metrics.
        logger_provider: Provider for events.
        name: Name of its deliveries.
        protocol: ``"http/protobuf"`` or ``"grpc"``; the environment's when None, and HTTP where that is silent.
        endpoint: URL of the collector, without a signal's path; the environment's when None.
        headers: Headers of every request; the environment's when None.
        timeout_seconds: How long one export may take, in seconds; the environment's when None.
        metrics: ``"gauge"`` or ``"histogram"``.
        temporality: ``"delta"`` or ``"cumulative"``; the environment's when None, and delta where that is silent.
        signals: Which of ``"traces"``, ``"metrics"`` and ``"logs"`` are exported.
        resource_attributes: Further resource attributes.
        gen_ai_metrics: Whether spans of GenAI calls also give the conventional histograms.

    Raises:
        DependencyError: OpenTelemetry's SDK is not installed.
        ConfigurationError: The environment names a protocol that there is not.
        ValidationError: An option is wrong.
    """

    supported_families = (PayloadFamily.RECORD,)

    def __init__(
        self,
        *,
        service_name: str = DEFAULT_SERVICE_NAME,
        tracer_provider: Any = None,
        meter_provider: Any = None,
        logger_provider: Any = None,
        name: str = "otel",
        protocol: str | None = None,
        endpoint: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        metrics: str = "gauge",
        temporality: str | None = None,
        signals: Sequence[str] = SIGNALS,
        resource_attributes: Mapping[str, str] | None = None,
        gen_ai_metrics: bool = True,
    ) -> None:
        options = OTelOptions(
            service_name=service_name,
            protocol=protocol,
            endpoint=endpoint,
            headers=dict(headers or {}),
            timeout_seconds=timeout_seconds,
            metrics=metrics,
            temporality=temporality,
            signals=tuple(signals),
            resource_attributes=dict(resource_attributes or {}),
            gen_ai_metrics=gen_ai_metrics,
        )
        providers = {
            "tracer_provider": tracer_provider,
            "meter_provider": meter_provider,
            "logger_provider": logger_provider,
        }
        self._begin(name, options, providers, None)

    @classmethod
    def of(cls, options: OTelOptions, *, name: str = "otel", workspace: Path | None = None) -> OTelSink:
        """Return the sink for options.

        Args:
            options: The options.
            name: Name of its deliveries.
            workspace: Root of the workspace, for the resource.
        """
        sink = cls.__new__(cls)
        sink._begin(name, options, {}, workspace)  # noqa: SLF001 - its own
        return sink

    def _begin(
        self, name: str, options: OTelOptions, providers: Mapping[str, Any], workspace: Path | None
    ) -> None:
        require_libraries()
        self.name = name
        self._options = options
        self._route = _route(options, providers, workspace)

    @property
    def queue_capacity(self) -> int:
        """How many payloads may wait, where the configuration says nothing."""
        return _QUEUE_CAPACITY

    @property
    def most_at_once(self) -> int:
        """How many payloads one export may bring."""
        return _MOST_AT_ONCE

    def supports(self, family: PayloadFamily) -> bool:
        """Return whether the family is that of records."""
        return PayloadFamily.of(family) in self.supported_families

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Export one record; what is none succeeds, with nothing done.

        Raises:
            ContextaError: It did not arrive.
        """
        (receipt,) = self._captured([(family, payload)], raises=True)
        return receipt

    def capture_many(self, payloads: Sequence[tuple[PayloadFamily, Any]]) -> Sequence[SinkCaptureReceipt]:
        """Export records, with one request for each signal.

        Args:
            payloads: Family and record of each.

        Returns:
            One receipt for each: a signal that did not arrive is the failure of its records alone.
        """
        return self._captured(payloads, raises=False)

    def _captured(
        self, payloads: Sequence[tuple[PayloadFamily, Any]], *, raises: bool
    ) -> list[SinkCaptureReceipt]:
        receipts = [SinkCaptureReceipt.success()] * len(payloads)
        sorted_out: dict[str, list[tuple[int, Any]]] = {signal: [] for signal in SIGNALS}
        for place, (_, payload) in enumerate(payloads):
            signal, facts = self._facts(payload)
            if signal in self._options.signals:
                sorted_out[signal].append((place, facts))
                receipts[place] = SinkCaptureReceipt.success(metadata={"exported": facts.name})
        for signal, send in self._sendings().items():
            if not sorted_out[signal]:
                continue
            outcome = _attempted(send, [facts for _, facts in sorted_out[signal]])
            if isinstance(outcome, Exception) and raises:
                raise outcome
            for place, _ in sorted_out[signal]:
                if isinstance(outcome, Exception):
                    receipts[place] = _failure(outcome)
                elif outcome is not None:
                    receipts[place] = _partly(outcome, signal, len(sorted_out[signal]))
        self._send_gen_ai(sorted_out["traces"], receipts)
        return receipts

    def _facts(self, payload: Any) -> tuple[str, Any]:
        """Return the signal and the facts of a record; no signal for anything else."""
        if isinstance(payload, TraceSpanRecord):
            return "traces", span_facts(payload)
        if isinstance(payload, MetricRecord):
            return "metrics", metric_facts(payload, as_histogram=self._options.metrics == "histogram")
        if isinstance(payload, StructuredEventRecord):
            return "logs", event_facts(payload)
        if isinstance(payload, DegradedRecord):
            return "logs", degraded_facts(payload)
        return "", None

    def _sendings(self) -> dict[str, Callable[[list[Any]], Rejected | None]]:
        return {
            "traces": self._route.send_spans,
            "metrics": self._route.send_points,
            "logs": self._route.send_logs,
        }

    def _send_gen_ai(self, spans: list[tuple[int, Any]], receipts: list[SinkCaptureReceipt]) -> None:
        """Send what spans of GenAI calls say about tokens and durations; those that failed say it when replayed."""
        if not self._options.gen_ai_metrics or "metrics" not in self._options.signals:
            return
        calls = [
            (place, points)
            for place, facts in spans
            if receipts[place].status is not DeliveryStatus.FAILURE and (points := gen_ai_points(facts))
        ]
        if not calls:
            return
        outcome = _attempted(self._route.send_points, [point for _, points in calls for point in points])
        if outcome is not None:
            said = outcome if isinstance(outcome, Exception) else outcome.reason
            for place, _ in calls:
                # The span itself has arrived: a failure would send it twice.
                receipts[place] = SinkCaptureReceipt.degraded(f"its GenAI metrics were lost: {said}")

    def flush(self, timeout: float) -> None:
        """Have given providers export what they hold.

        Args:
            timeout: How long, in seconds.
        """
        self._route.flush(timeout)

    def close(self) -> None:
        """Close connections of the sink's own; given providers are left open."""
        self._route.close()


def _route(options: OTelOptions, providers: Mapping[str, Any], workspace: Path | None) -> Route:
    if any(provider is not None for provider in providers.values()):
        from contexta_sink_otel.routes.providers import ProvidersRoute

        return ProvidersRoute(options.service_name, **providers)
    from contexta_sink_otel.routes.otlp import OTLPRoute

    return OTLPRoute(options, workspace)


def _attempted(send: Callable[[list[Any]], Rejected | None], facts: list[Any]) -> Exception | Rejected | None:
    """Send, and return what went wrong: one signal must not keep the others from their receipts."""
    try:
        return send(facts)
    except Exception as error:  # noqa: BLE001 - whatever a provider or an exporter raises
        return error


def _partly(rejected: Rejected, signal: str, sent: int) -> SinkCaptureReceipt:
    """Return the receipt of something in an export that the collector took in part; it does not say which part."""
    return SinkCaptureReceipt.degraded(
        f"the collector rejected {rejected.number} of {sent} {signal}: {rejected.reason or 'it does not say why'}",
        {"rejected": rejected.number},
    )


def _failure(error: Exception) -> SinkCaptureReceipt:
    code = error.code if isinstance(error, ContextaError) else "unexpected_error"
    return SinkCaptureReceipt(
        DeliveryStatus.FAILURE, str(error), {"error_code": code, "error_type": type(error).__name__}
    )

"""The capture methods that the facade and every scope share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.capture.context import CaptureContext
    from contexta.capture.emissions import (
        ArtifactRegistrationEmission,
        EventEmission,
        MetricEmission,
        SpanEmission,
    )
    from contexta.capture.recorder import Recorder
    from contexta.capture.results import BatchCaptureResult, CaptureResult

__all__ = ["Capturing"]


class Capturing(ABC):
    """Something that captures into a scope.

    Whatever a method returns for is durable, as the workspace's durability says, and visible to every process.
    """

    @abstractmethod
    def capture_target(self) -> tuple[Recorder, CaptureContext]:
        """Return the recorder and the scope to capture into.

        Raises:
            LifecycleError: No run is open.
            ClosedScopeError: The scope is closed.
        """

    def event(
        self,
        key: str,
        *,
        message: str,
        level: str = "info",
        attributes: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> CaptureResult:
        """Capture one structured event.

        Args:
            key: Dot-separated key, such as ``"training.epoch_complete"``.
            message: The text for people.
            level: ``"debug"``, ``"info"``, ``"warning"``, ``"error"`` or ``"critical"``.
            attributes: Structured JSON-safe fields.
            tags: Text pairs for filtering and grouping.

        Returns:
            The result; ``result.payload`` is the record.

        Raises:
            ValidationError: An argument breaks its rule.
            LifecycleError: No run is open.
            StoreAccessError: The workspace cannot be written and the mode is ``"raise"``.
        """
        from contexta.capture.emissions import EventEmission

        recorder, context = self.capture_target()
        return recorder.event(context, EventEmission(key, message, level, attributes, tags))

    def emit_events(self, emissions: Sequence[EventEmission | Mapping[str, Any]]) -> BatchCaptureResult:
        """Capture a batch of events with one write, all or none.

        Args:
            emissions: Emissions, or mappings with the same fields.
        """
        recorder, context = self.capture_target()
        return recorder.events(context, emissions)

    def metric(
        self,
        key: str,
        value: Any,
        *,
        unit: str | None = None,
        aggregation_scope: str = "step",
        tags: Mapping[str, str] | None = None,
        summary_basis: str = "raw_observation",
        step: int | None = None,
    ) -> CaptureResult:
        """Capture one observation of a metric.

        Args:
            key: Dot-separated key, such as ``"train.loss"``.
            value: A number, a scalar of NumPy, torch or JAX, or a mapping, which is one metric for each leaf.  A
                number that is not finite does not raise: it is recorded as the event ``metric.non_finite``.
            unit: Unit label, such as ``"seconds"``.
            aggregation_scope: What the value stands for: ``"step"``, ``"stage"`` or ``"run"``.
            tags: Text pairs for filtering and grouping.
            summary_basis: What the value is: ``"raw_observation"``, ``"mean"``, ``"max"``, ``"min"`` or ``"last"``.
            step: Integer step, such as the epoch; series are ordered by it.

        Returns:
            The result; ``result.payload`` is the record.

        Raises:
            ValidationError: An argument breaks its rule.
            LifecycleError: No run is open.
            StoreAccessError: The workspace cannot be written and the mode is ``"raise"``.
        """
        recorder, context = self.capture_target()
        return recorder.metric(
            context,
            key,
            value,
            unit=unit,
            aggregation_scope=aggregation_scope,
            tags=tags,
            summary_basis=summary_basis,
            step=step,
        )

    def emit_metrics(self, emissions: Sequence[MetricEmission | Mapping[str, Any]]) -> BatchCaptureResult:
        """Capture a batch of observations with one write, all or none.

        Args:
            emissions: Emissions, or mappings with the same fields.
        """
        recorder, context = self.capture_target()
        return recorder.metrics(context, emissions)

    def span(
        self,
        name: str,
        *,
        started_at: str | None = None,
        ended_at: str | None = None,
        status: str = "ok",
        span_kind: str = "operation",
        attributes: Mapping[str, Any] | None = None,
        linked_refs: Sequence[str] | None = None,
        parent_span_id: str | None = None,
    ) -> CaptureResult:
        """Capture one trace span.

        Args:
            name: The name for people.
            started_at: ISO 8601 text; the time of this call when None.
            ended_at: ISO 8601 text; the time of this call when None.
            status: ``"ok"``, ``"error"``, ``"unset"``, ``"cancelled"`` or ``"timeout"``.
            span_kind: ``"operation"``, ``"stage"``, ``"call"``, ``"internal"``, ``"io"``, ``"network"``, ``"process"``.
            attributes: Structured JSON-safe fields.
            linked_refs: References that the span is linked to.
            parent_span_id: Identifier of the parent span: ``result.payload.payload.span_id`` of its own result.

        Returns:
            The result; ``result.payload`` is the record.

        Raises:
            ValidationError: An argument breaks its rule.
            LifecycleError: No run is open.
            StoreAccessError: The workspace cannot be written and the mode is ``"raise"``.
        """
        from contexta.capture.emissions import SpanEmission

        recorder, context = self.capture_target()
        emission = SpanEmission(
            name, started_at, ended_at, status, span_kind, attributes,
            linked_refs,  # type: ignore[arg-type]  # any sequence; the emission makes it a tuple
            parent_span_id,
        )  # fmt: skip
        return recorder.span(context, emission)

    def emit_spans(self, emissions: Sequence[SpanEmission | Mapping[str, Any]]) -> BatchCaptureResult:
        """Capture a batch of spans with one write, all or none.

        Args:
            emissions: Emissions, or mappings with the same fields.
        """
        recorder, context = self.capture_target()
        return recorder.spans(context, emissions)

    def register_artifact(
        self,
        artifact_kind: str,
        path: str,
        *,
        artifact_ref: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        compute_hash: bool = True,
        allow_missing: bool = False,
    ) -> CaptureResult:
        """Take a file or directory into the artifact store and bind it to the scope.

        Args:
            artifact_kind: What it is: ``"model"``, ``"dataset"``, ``"checkpoint"`` …
            path: Where it lies; it is copied, and may be changed or removed afterwards.
            artifact_ref: Explicit reference; one is made when None.
            attributes: Structured JSON-safe fields of the manifest.
            compute_hash: Whether the manifest carries the content's hash.
            allow_missing: Whether the registration succeeds, degraded, although nothing lies at ``path``.

        Returns:
            The result; ``result.payload["manifest"]`` is the manifest.

        Raises:
            ValidationError: An argument breaks its rule, or nothing lies at ``path``.
            LifecycleError: No run is open.
            StoreAccessError: The workspace cannot be written and the mode is ``"raise"``.
        """
        from contexta.capture.emissions import ArtifactRegistrationEmission

        recorder, context = self.capture_target()
        emission = ArtifactRegistrationEmission(
            artifact_kind, path, artifact_ref, attributes, compute_hash, allow_missing
        )
        return recorder.artifact(context, emission)

    def register_artifacts(
        self, emissions: Sequence[ArtifactRegistrationEmission | Mapping[str, Any]]
    ) -> BatchCaptureResult:
        """Register a batch of artifacts, each for itself: one that is at fault becomes a failed item.

        Args:
            emissions: Emissions, or mappings with the same fields.
        """
        recorder, context = self.capture_target()
        return recorder.artifacts(context, emissions)

"""From deliveries to a result: what a failure means under the configured mode."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from contexta.capture.context import CaptureContext
from contexta.capture.payloads import identifier_of, run_of
from contexta.capture.results import BatchCaptureResult, CaptureResult
from contexta.contract.text import display_safe
from contexta.errors import ContextaError, DispatchError, StoreAccessError
from contexta.log.fork_lock import ForkLock
from contexta.results import DegradationNote
from contexta.spi.sinks import WORKSPACE, Delivery, DeliveryStatus, PayloadFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contexta.capture.dispatcher import CaptureDispatcher
    from contexta.capture.outbox import Outbox
    from contexta.capture.records import RecordBuilder
    from contexta.config.models import CaptureConfig
    from contexta.redaction import Redactor
    from contexta.spi.records import FlatRecord, RecordBackend

    Result = TypeVar("Result", CaptureResult, BatchCaptureResult)

__all__ = ["Outcomes"]

#: What is written of a failed delivery's metadata.
_FACTS = ("error_code", "error_type", "attempts")

#: Most of what a sink's error says that is written, in characters.
_LONGEST_DETAIL = 2_000


class Outcomes:
    """Turns deliveries into results, and failures into errors, markers or outbox entries.

    Args:
        config: The capture section of the configuration.
        dispatcher: The attached sinks.
        builder: Builds degraded markers.
        redactor: Applied to what sinks say before it is written.
        records: Opens the record store.
        outbox: Opens the outbox, at the first delivery to keep.
    """

    def __init__(
        self,
        config: CaptureConfig,
        dispatcher: CaptureDispatcher,
        builder: RecordBuilder,
        redactor: Redactor,
        records: Callable[[], RecordBackend],
        outbox: Callable[[], Outbox],
    ) -> None:
        self._raises = config.dispatch_failure_mode == "raise"
        self._writes_markers = config.write_degraded_marker_on_partial_failure
        self._dispatcher = dispatcher
        self._required = dispatcher.required
        self._builder = builder
        self._redactor = redactor
        self._records = records
        self._open_outbox = outbox
        self._outbox: Outbox | None = None
        self._marked: set[tuple[str, str]] = set()
        self._lock = ForkLock(level=2)
        dispatcher.on_undelivered(self._undelivered)

    def workspace_failed(self, family: PayloadFamily, error: ContextaError) -> CaptureResult:
        """Return, or raise with, the failure of the workspace itself.

        Raises:
            ContextaError: The error as it came, where the mode is ``"raise"`` or the input was at fault; a store's
                error carries the result.
        """
        # Bad input is the caller's to mend in every mode; only what the store did wrong may become a result.
        if not isinstance(error, StoreAccessError):
            raise error
        metadata = {"error_code": error.code, "error_type": type(error).__name__}
        delivery = Delivery(WORKSPACE, family, DeliveryStatus.FAILURE, error.message, metadata)
        result = CaptureResult.failure_result(family, error, deliveries=[delivery])
        if not self._raises:
            return result
        error.result = result
        raise error

    def delivered(
        self,
        context: CaptureContext,
        family: PayloadFamily,
        payload: Any,
        identifier: str,
        metadata: Mapping[str, Any],
        *,
        degradation: str | None = None,
        marker: Any = None,
    ) -> CaptureResult:
        """Deliver a payload that the workspace has taken, and return the result; nothing a sink does raises.

        Args:
            context: The scope that captured.
            family: The payload's family.
            payload: What was captured.
            identifier: The payload's identifier, unique in the workspace.
            metadata: For the result.
            degradation: Why the capture is not complete, where it is not.
            marker: The degraded record written for that reason.
        """
        kept = Delivery(WORKSPACE, family, DeliveryStatus.SUCCESS)
        deliveries = (
            (kept, *self._dispatcher.deliver(family, payload)) if self._dispatcher.attached else (kept,)
        )
        failed = [each for each in deliveries if each.status is DeliveryStatus.FAILURE]
        reasons = [degradation] if degradation else []
        reasons += [
            f"sink_degraded:{each.sink_name}" for each in deliveries if each.status is DeliveryStatus.DEGRADED
        ]
        reasons += [f"sink_failed:{each.sink_name}" for each in failed]
        if not reasons:
            return CaptureResult.success(family, payload=payload, deliveries=deliveries, metadata=metadata)
        failed = [self._writable(each) for each in failed]
        kept_refs = [] if self._raises else [self._keep(each, payload, identifier) for each in failed]
        replay_refs = [each for each in kept_refs if each is not None]
        if len(replay_refs) < len(kept_refs):
            reasons.append("outbox_failed")
        markers = [marker, *(self._mark(context, each) for each in failed)]
        written = next((each for each in markers if each is not None), None)
        return CaptureResult.with_degradation(
            family,
            payload=payload,
            deliveries=deliveries,
            degradation_reasons=[*reasons, *(["recovered_to_outbox"] if replay_refs else [])],
            degradation_notes=[_note(each, deliveries) for each in reasons],
            degradation_emitted=written is not None,
            degradation_payload=written,
            recovered_to_outbox=bool(replay_refs),
            replay_refs=replay_refs,
            metadata=metadata,
        )

    def settled(self, result: Result) -> Result:
        """Return a result whose deliveries are all made, unless a failed one was required.

        Raises:
            DispatchError: A required sink failed and the mode is ``"raise"``; it carries the result.
        """
        if not self._raises or not self._required:
            return result
        members = result.results if isinstance(result, BatchCaptureResult) else (result,)
        # By name: a sink that fails for a whole batch is told of once.
        failed = {
            each.sink_name: each.detail
            for member in members
            for each in member.deliveries
            if each.status is DeliveryStatus.FAILURE and each.sink_name in self._required
        }
        if not failed:
            return result
        details = "; ".join(f"{name}: {detail}" for name, detail in failed.items())
        error = DispatchError(
            f"the workspace kept the capture, but a required sink failed ({details})",
            code="dispatch_required_sink_failed",
            details={"sinks": list(failed)},
        )
        error.result = result
        raise error

    def _writable(self, delivery: Delivery) -> Delivery:
        """Return a delivery that may be written: no secrets, no characters that nothing can store, no objects."""
        detail = self._redactor.text(display_safe(str(delivery.detail), multiline=True))[:_LONGEST_DETAIL]
        said = delivery.metadata or {}
        facts = {name: said[name] for name in _FACTS if isinstance(said.get(name), (str, int))}
        return replace(delivery, detail=detail, metadata=facts)

    def _keep(self, delivery: Delivery, payload: Any, identifier: str) -> str | None:
        """Keep a failed delivery in the outbox; None where even that fails, for the workspace has the payload."""
        try:
            with self._lock:
                if self._outbox is None:
                    self._outbox = self._open_outbox()
            return self._outbox.keep(delivery, payload, identifier)
        except (ContextaError, OSError, TypeError, ValueError):
            return None

    def _undelivered(self, delivery: Delivery, payload: Any) -> bool:
        """Keep what a sink took and could not deliver afterwards; return whether it is kept."""
        failed = self._writable(delivery)
        run = run_of(payload)
        if run is not None:
            self._mark(CaptureContext({"run": run}), failed)
        return not self._raises and self._keep(failed, payload, identifier_of(payload)) is not None

    def _mark(self, context: CaptureContext, delivery: Delivery) -> Any:
        """Write a degraded marker, once for each run and sink: a failing sink must not double the record plane.

        Returns:
            The marker; None where there is one already, or where it could not be written.
        """
        identity = (context.run, delivery.sink_name)
        with self._lock:
            if not self._writes_markers or identity in self._marked:
                return None
            self._marked.add(identity)
        from contexta.spi.flat import restore

        flat: FlatRecord = self._builder.degraded(
            context,
            "capture.sink_failed",
            f"sink {delivery.sink_name!r} failed: {delivery.detail}",
            attributes={"sink_name": delivery.sink_name, **(delivery.metadata or {})},
        )
        try:
            record = restore(flat)
            self._records().append([flat])
        except ContextaError:
            self._marked.discard(identity)
            return None
        return record

    def close(self) -> None:
        """Let go of the outbox."""
        if self._outbox is not None:
            self._outbox.close()


def _note(reason: str, deliveries: Sequence[Delivery]) -> DegradationNote:
    """Return the note of a reason; one about a sink says what the sink said."""
    word, separator, name = reason.partition(":")
    detail = next((each.detail for each in deliveries if each.sink_name == name), "")
    if separator and word in {"sink_failed", "sink_degraded"}:
        return DegradationNote(word, f"sink {name!r}: {detail}", fidelity_loss=False)
    if word == "outbox_failed":
        return DegradationNote(word, "a failed delivery could not be kept for replay", fidelity_loss=False)
    return DegradationNote("capture_incomplete", reason)

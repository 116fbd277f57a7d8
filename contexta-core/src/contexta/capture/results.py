"""Results of captures: what was kept, where it was delivered, what went wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from contexta.errors import ValidationError
from contexta.results import (
    BatchResult,
    DegradationNote,
    FailureInfo,
    MessageLevel,
    OperationResult,
    ResultMessage,
    ResultStatus,
    plain,
)
from contexta.spi.sinks import Delivery, PayloadFamily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["BatchCaptureResult", "CaptureResult"]


@dataclass(frozen=True, slots=True)
class CaptureResult(OperationResult[Any]):
    """How one capture ended.

    Args:
        family: Family of the payload.
        deliveries: The outcome at the workspace and at every sink.
        warnings: Warnings for people; also among the messages.
        degradation_reasons: Why it is degraded; also among the notes.
        payload: What was captured: the canonical record, or for an artifact its manifest and source.
        degradation_emitted: Whether a degraded marker was recorded.
        degradation_payload: That marker.
        recovered_to_outbox: Whether a failed delivery is kept for replay.
        replay_refs: The outbox references of what is kept.
        error_code: Code of the failure.
        error_message: Text of the failure.

    Raises:
        ValidationError: Fields contradict one another.
    """

    family: PayloadFamily | str = PayloadFamily.RECORD
    deliveries: tuple[Delivery, ...] = ()
    warnings: tuple[str, ...] = ()
    degradation_reasons: tuple[str, ...] = ()
    payload: Any | None = None
    degradation_emitted: bool = False
    degradation_payload: Any | None = None
    recovered_to_outbox: bool = False
    replay_refs: tuple[str, ...] = ()
    error_code: str | None = None
    error_message: str | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "family", PayloadFamily.of(self.family))
        for name in ("deliveries", "warnings", "degradation_reasons", "replay_refs"):
            put(self, name, tuple(getattr(self, name)))
        self._join_payload_and_value()
        if self.degradation_payload is not None and not self.degradation_emitted:
            raise ValidationError(
                "a degradation payload needs degradation_emitted=True", code="capture_result_inconsistent"
            )
        warnings = tuple(
            ResultMessage(MessageLevel.WARNING, f"capture_warning_{number}", text)
            for number, text in enumerate(self.warnings, start=1)
        )
        known = {message.message for message in self.messages}
        put(self, "messages", (*self.messages, *(each for each in warnings if each.message not in known)))
        if self.status == ResultStatus.DEGRADED and not self.degradation_notes:
            put(self, "degradation_notes", _notes(self.degradation_reasons))
        if self.status == ResultStatus.FAILURE:
            self._join_failure()
        # Named, not super(): a slotted dataclass is a new class, which breaks the zero-argument form.
        OperationResult.__post_init__(self)

    def _join_payload_and_value(self) -> None:
        if self.payload is None:
            object.__setattr__(self, "payload", self.value)
        elif self.value is None:
            object.__setattr__(self, "value", self.payload)
        elif self.payload is not self.value and self.payload != self.value:
            raise ValidationError("payload and value differ", code="capture_result_inconsistent")

    def _join_failure(self) -> None:
        failure = self.failure
        if failure is None:
            failure = FailureInfo(
                self.error_code or "capture_failed", self.error_message or "the capture failed"
            )
            object.__setattr__(self, "failure", failure)
        object.__setattr__(self, "error_code", self.error_code or failure.code)
        object.__setattr__(self, "error_message", self.error_message or failure.message)

    @classmethod
    def success(  # type: ignore[override]  # a capture's family comes first
        cls,
        family: PayloadFamily | str,
        *,
        payload: Any | None = None,
        deliveries: Sequence[Delivery] = (),
        warnings: Sequence[str] = (),
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
        applied: bool = True,
    ) -> Self:
        """Return the result of a capture that went well everywhere."""
        return cls(
            ResultStatus.SUCCESS,
            family=family,
            payload=payload,
            deliveries=tuple(deliveries),
            warnings=tuple(warnings),
            messages=tuple(messages),
            metadata=metadata,
            applied=applied,
        )

    @classmethod
    def with_degradation(  # type: ignore[override]  # a capture's family comes first
        cls,
        family: PayloadFamily | str,
        *,
        payload: Any | None = None,
        deliveries: Sequence[Delivery] = (),
        warnings: Sequence[str] = (),
        degradation_reasons: Sequence[str] = (),
        degradation_notes: Sequence[DegradationNote] = (),
        degradation_emitted: bool = False,
        degradation_payload: Any | None = None,
        recovered_to_outbox: bool = False,
        replay_refs: Sequence[str] = (),
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
        applied: bool = True,
    ) -> Self:
        """Return the result of a capture that was kept, but not delivered or described in full."""
        return cls(
            ResultStatus.DEGRADED,
            family=family,
            payload=payload,
            deliveries=tuple(deliveries),
            warnings=tuple(warnings),
            degradation_reasons=tuple(degradation_reasons),
            degradation_notes=tuple(degradation_notes),
            degradation_emitted=degradation_emitted,
            degradation_payload=degradation_payload,
            recovered_to_outbox=recovered_to_outbox,
            replay_refs=tuple(replay_refs),
            messages=tuple(messages),
            metadata=metadata,
            applied=applied,
        )

    @classmethod
    def failure_result(  # type: ignore[override]  # a capture's family comes first
        cls,
        family: PayloadFamily | str,
        failure: FailureInfo | BaseException,
        *,
        deliveries: Sequence[Delivery] = (),
        warnings: Sequence[str] = (),
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return the result of a capture that was not kept."""
        info = failure if isinstance(failure, FailureInfo) else FailureInfo.from_exception(failure)
        return cls(
            ResultStatus.FAILURE,
            family=family,
            deliveries=tuple(deliveries),
            warnings=tuple(warnings),
            messages=tuple(messages),
            failure=info,
            metadata=metadata,
            applied=False,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "family": str(self.family),
            "status": str(self.status),
            "deliveries": [delivery.to_dict() for delivery in self.deliveries],
            "warnings": list(self.warnings),
            "degradation_reasons": list(self.degradation_reasons),
            "payload": plain(self.payload),
            "degradation_emitted": self.degradation_emitted,
            "degradation_payload": plain(self.degradation_payload),
            "recovered_to_outbox": self.recovered_to_outbox,
            "replay_refs": list(self.replay_refs),
            "error_code": self.error_code,
            "error_message": self.error_message,
            "messages": [message.to_dict() for message in self.messages],
            "degradation_notes": [note.to_dict() for note in self.degradation_notes],
            "failure": None if self.failure is None else self.failure.to_dict(),
            "applied": self.applied,
            "planned_only": self.planned_only,
            "metadata": plain(self.metadata or {}),
        }


def _notes(reasons: Sequence[str]) -> tuple[DegradationNote, ...]:
    if not reasons:
        return (DegradationNote("capture_degraded", "the capture is not complete"),)
    return tuple(
        DegradationNote(f"capture_degradation_{number}", text) for number, text in enumerate(reasons, start=1)
    )


@dataclass(frozen=True, slots=True)
class BatchCaptureResult(BatchResult[Any]):
    """How a batch of captures ended.

    Args:
        family: Family of every payload in the batch.
    """

    family: PayloadFamily | str = PayloadFamily.RECORD

    def __post_init__(self) -> None:
        object.__setattr__(self, "family", PayloadFamily.of(self.family))
        object.__setattr__(self, "items", tuple(self.items))
        OperationResult.__post_init__(self)

    @property
    def results(self) -> tuple[CaptureResult, ...]:
        """The result of each capture, in order."""
        return self.items  # type: ignore[return-value]  # a batch of captures holds nothing else

    @classmethod
    def from_results(
        cls,
        family: PayloadFamily | str,
        results: Sequence[CaptureResult],
        *,
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Fold captures: all failed is FAILURE, some failed or degraded is DEGRADED, else SUCCESS.

        Raises:
            ValidationError: The results are of several families.
        """
        family = PayloadFamily.of(family)
        members = tuple(results)
        if any(each.family is not family for each in members):
            raise ValidationError(
                "a batch holds results of one family only", code="capture_batch_mixed_families"
            )
        notes = tuple(note for each in members for note in each.degradation_notes)
        failed = sum(each.failed for each in members)
        status, failure = ResultStatus.SUCCESS, None
        if members and failed == len(members):
            status, failure = ResultStatus.FAILURE, members[0].failure
        elif failed or any(each.degraded for each in members):
            status = ResultStatus.DEGRADED
            text = f"{failed} of {len(members)} captures failed"
            notes = notes or (DegradationNote("capture_batch_partial_failure", text),)
        return cls(
            status,
            messages=tuple(messages),
            degradation_notes=notes,
            failure=failure,
            applied=not members or any(each.applied for each in members),
            metadata=metadata,
            items=members,
            family=family,
        )

    def as_one(self, *, metadata: Mapping[str, Any] | None = None) -> CaptureResult:
        """Return the batch as the result of one capture, whose payload holds those of the members.

        Args:
            metadata: For the result.
        """
        members = self.results
        markers = tuple(each.degradation_payload for each in members if each.degradation_emitted)
        return CaptureResult(
            self.status,
            messages=self.messages,
            degradation_notes=self.degradation_notes,
            failure=self.failure,
            applied=self.applied,
            metadata=metadata,
            family=self.family,
            payload=None if self.failed else tuple(each.payload for each in members),
            deliveries=tuple(delivery for each in members for delivery in each.deliveries),
            warnings=tuple(text for each in members for text in each.warnings),
            degradation_reasons=tuple(text for each in members for text in each.degradation_reasons),
            degradation_emitted=bool(markers),
            degradation_payload=markers or None,
            recovered_to_outbox=any(each.recovered_to_outbox for each in members),
            replay_refs=tuple(ref for each in members for ref in each.replay_refs),
        )

    @classmethod
    def aggregate(  # type: ignore[override]  # a capture's family comes first
        cls,
        family: PayloadFamily | str,
        results: Sequence[CaptureResult],
        *,
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Fold captures; the same as :meth:`from_results`."""
        return cls.from_results(family, results, messages=messages, metadata=metadata)

    def to_dict(self) -> dict[str, Any]:
        """Return the batch as plain data."""
        return {
            "family": str(self.family),
            "status": str(self.status),
            "results": [each.to_dict() for each in self.results],
            "messages": [message.to_dict() for message in self.messages],
            "degradation_notes": [note.to_dict() for note in self.degradation_notes],
            "failure": None if self.failure is None else self.failure.to_dict(),
            "applied": self.applied,
            "planned_only": self.planned_only,
            "metadata": plain(self.metadata or {}),
        }

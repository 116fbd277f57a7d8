"""Results of operations: what was done, what was lost on the way, and why.

An :class:`OperationResult` says how one operation ended; a :class:`BatchResult` folds many.  A result is never an
exception in disguise: ``failed`` is asked for, not thrown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from contexta.contract.frozen_mapping import FrozenMapping
from contexta.errors import ContextaError, SerializationError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BatchResult",
    "DegradationNote",
    "FailureInfo",
    "MessageLevel",
    "OperationResult",
    "ResultMessage",
    "ResultStatus",
]

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)


class ResultStatus(StrEnum):
    """How an operation ended."""

    SUCCESS = "SUCCESS"
    DEGRADED = "DEGRADED"
    FAILURE = "FAILURE"


class MessageLevel(StrEnum):
    """How much a message matters."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _require_code(code: str, owner: str) -> None:
    if not isinstance(code, str) or not code:
        raise ValidationError(f"{owner} needs a code", code="result_invalid_code")


def _word(kind: type[Word], value: Word | str, field_name: str, code: str) -> Word:
    try:
        return kind(value)
    except ValueError as error:
        words = ", ".join(kind)
        raise ValidationError(f"{field_name} is {value!r}; use one of {words}", code=code) from error


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """Something a result has to say besides its status.

    Args:
        level: How much it matters.
        code: Stable identifier.
        message: The text.
        details: Machine-readable context.
    """

    level: MessageLevel
    code: str
    message: str
    details: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        _require_code(self.code, "a message")
        level = _word(MessageLevel, self.level, "level", "result_invalid_level")
        object.__setattr__(self, "level", level)
        object.__setattr__(self, "details", FrozenMapping.of(self.details))

    def to_dict(self) -> dict[str, Any]:
        """Return the message as plain data."""
        return {
            "level": str(self.level),
            "code": self.code,
            "message": self.message,
            "details": plain(self.details or {}),
        }


@dataclass(frozen=True, slots=True)
class DegradationNote:
    """What an operation could not do in full.

    Args:
        code: Stable identifier.
        message: The text.
        fidelity_loss: Whether something of the data is lost.
        recoverable: Whether it can still be made whole.
        affected_planes: The planes concerned: ``metadata``, ``records``, ``artifacts``.
        details: Machine-readable context.
    """

    code: str
    message: str
    fidelity_loss: bool = True
    recoverable: bool = True
    affected_planes: tuple[str, ...] = ()
    details: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        _require_code(self.code, "a degradation note")
        object.__setattr__(self, "affected_planes", tuple(self.affected_planes))
        object.__setattr__(self, "details", FrozenMapping.of(self.details))

    def to_dict(self) -> dict[str, Any]:
        """Return the note as plain data."""
        return {
            "code": self.code,
            "message": self.message,
            "fidelity_loss": self.fidelity_loss,
            "recoverable": self.recoverable,
            "affected_planes": list(self.affected_planes),
            "details": plain(self.details or {}),
        }


@dataclass(frozen=True, slots=True)
class FailureInfo:
    """Why an operation failed.

    Args:
        code: Stable identifier.
        message: The text.
        retryable: Whether the same call may succeed later.
        error_type: Name of the exception's class, when there was one.
        details: Machine-readable context.
    """

    code: str
    message: str
    retryable: bool = False
    error_type: str | None = None
    details: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        _require_code(self.code, "a failure")
        object.__setattr__(self, "details", FrozenMapping.of(self.details))

    @classmethod
    def from_exception(cls, error: BaseException) -> Self:
        """Return the failure behind an exception; a foreign one gets the code ``unexpected_error``."""
        name = type(error).__name__
        if isinstance(error, ContextaError):
            return cls(error.code, error.message, error.retryable, name, error.details)
        return cls("unexpected_error", str(error) or name, error_type=name)

    def to_dict(self) -> dict[str, Any]:
        """Return the failure as plain data."""
        return {
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
            "error_type": self.error_type,
            "details": plain(self.details or {}),
        }


class _Deferred:
    """Slots that are filled when they are first read.

    Building a result with every field costs more than writing the record it tells of, and most results are never
    looked at.  The capture path hands over a function instead that gives the value of a field by its name; the result
    is the same object either way: equality, repr, ``replace`` and pickling all read through it.
    """

    __slots__ = ("_source",)

    _source: Callable[[str], Any]

    def __getattr__(self, name: str) -> Any:
        if name == "_source" or name not in type(self).__dataclass_fields__:  # type: ignore[attr-defined]
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message)
        value = self._source(name)
        object.__setattr__(self, name, value)
        return value


@dataclass(frozen=True, slots=True)
class OperationResult(_Deferred, Generic[T]):
    """How one operation ended.

    Args:
        status: SUCCESS, DEGRADED (done, but not in full: there are notes) or FAILURE (there is failure info).
        value: What the operation gives.
        messages: What it has to say besides.
        degradation_notes: What it could not do in full.
        failure: Why it failed.
        applied: Whether anything was changed.
        planned_only: Whether it was only planned.
        metadata: Machine-readable context.

    Raises:
        ValidationError: The status contradicts the other fields.
    """

    status: ResultStatus
    value: T | None = None
    messages: tuple[ResultMessage, ...] = ()
    degradation_notes: tuple[DegradationNote, ...] = ()
    failure: FailureInfo | None = None
    applied: bool = True
    planned_only: bool = False
    metadata: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        status = _word(ResultStatus, self.status, "status", "result_invalid_status")
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "messages", tuple(self.messages))
        object.__setattr__(self, "degradation_notes", tuple(self.degradation_notes))
        object.__setattr__(self, "metadata", FrozenMapping.of(self.metadata))
        self._check()

    def _check(self) -> None:
        problem = None
        if self.status is ResultStatus.SUCCESS and self.failure is not None:
            problem = "a SUCCESS cannot carry a failure"
        elif self.status is ResultStatus.DEGRADED and not self.degradation_notes:
            problem = "a DEGRADED result needs a degradation note"
        elif self.status is ResultStatus.FAILURE and self.failure is None:
            problem = "a FAILURE needs its failure info"
        elif self.planned_only and self.applied:
            problem = "what is only planned cannot be applied"
        if problem:
            raise ValidationError(problem, code="result_inconsistent")

    @property
    def succeeded(self) -> bool:
        """Whether all was done."""
        return self.status is ResultStatus.SUCCESS

    @property
    def degraded(self) -> bool:
        """Whether it was done, but not in full."""
        return self.status is ResultStatus.DEGRADED

    @property
    def failed(self) -> bool:
        """Whether it was not done."""
        return self.status is ResultStatus.FAILURE

    @classmethod
    def success(
        cls,
        value: T | None = None,
        *,
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
        applied: bool = True,
    ) -> Self:
        """Return the result of an operation that went well."""
        return cls(ResultStatus.SUCCESS, value, messages=tuple(messages), metadata=metadata, applied=applied)

    @classmethod
    def with_degradation(
        cls,
        value: T | None = None,
        *,
        degradation_notes: Sequence[DegradationNote],
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
        applied: bool = True,
        planned_only: bool = False,
    ) -> Self:
        """Return the result of an operation that was done, but not in full."""
        return cls(
            ResultStatus.DEGRADED,
            value,
            messages=tuple(messages),
            degradation_notes=tuple(degradation_notes),
            metadata=metadata,
            applied=applied,
            planned_only=planned_only,
        )

    @classmethod
    def failure_result(
        cls,
        failure: FailureInfo | BaseException,
        *,
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
        applied: bool = False,
        planned_only: bool = False,
    ) -> Self:
        """Return the result of an operation that was not done."""
        info = failure if isinstance(failure, FailureInfo) else FailureInfo.from_exception(failure)
        return cls(
            ResultStatus.FAILURE,
            messages=tuple(messages),
            failure=info,
            metadata=metadata,
            applied=applied,
            planned_only=planned_only,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data; a value with ``to_dict`` is turned as well."""
        return {
            "status": str(self.status),
            "value": plain(self.value),
            "messages": [message.to_dict() for message in self.messages],
            "degradation_notes": [note.to_dict() for note in self.degradation_notes],
            "failure": None if self.failure is None else self.failure.to_dict(),
            "applied": self.applied,
            "planned_only": self.planned_only,
            "metadata": plain(self.metadata or {}),
        }


@dataclass(frozen=True, slots=True)
class BatchResult(OperationResult[T]):
    """How many operations ended.

    Args:
        items: The result of each, in order.

    Raises:
        ValidationError: Something among the items is no result, or the status contradicts them.
    """

    items: tuple[OperationResult[Any], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", _results(self.items))
        # Named, not super(): a slotted dataclass is a new class, which breaks the zero-argument form.
        OperationResult.__post_init__(self)
        if self.succeeded and not all(item.succeeded for item in self.items):
            raise ValidationError(
                "a batch with a failed or degraded item is no SUCCESS; BatchResult.aggregate finds its status",
                code="result_inconsistent",
            )

    @classmethod
    def aggregate(
        cls,
        items: Sequence[OperationResult[Any]],
        *,
        value: T | None = None,
        messages: Sequence[ResultMessage] = (),
        metadata: Mapping[str, Any] | None = None,
        applied: bool | None = None,
        planned_only: bool | None = None,
    ) -> Self:
        """Fold results: any failure fails the batch, any degradation degrades it; an empty batch succeeds.

        Raises:
            ValidationError: Something among the items is no result (``result_invalid_item``).
        """
        members = _results(items)
        failure = next((item.failure for item in members if item.failed), None)
        notes = tuple(note for item in members for note in item.degradation_notes)
        status = ResultStatus.SUCCESS
        if failure is not None:
            status = ResultStatus.FAILURE
        elif any(item.degraded for item in members):
            status = ResultStatus.DEGRADED
        planned = bool(members) and all(item.planned_only for item in members)
        return cls(
            status,
            value,
            tuple(messages),
            notes,
            failure,
            (not members or any(item.applied for item in members)) if applied is None else applied,
            planned if planned_only is None else planned_only,
            metadata,
            items=members,
        )

    @property
    def total_count(self) -> int:
        """Number of results."""
        return len(self.items)

    @property
    def success_count(self) -> int:
        """Number of results that succeeded."""
        return sum(item.succeeded for item in self.items)

    @property
    def degraded_count(self) -> int:
        """Number of results that are degraded."""
        return sum(item.degraded for item in self.items)

    @property
    def failure_count(self) -> int:
        """Number of results that failed."""
        return sum(item.failed for item in self.items)

    def to_dict(self) -> dict[str, Any]:
        """Return the batch as plain data, with its results under ``items``."""
        return OperationResult.to_dict(self) | {"items": [item.to_dict() for item in self.items]}


def _results(items: object) -> tuple[OperationResult[Any], ...]:
    """Require a sequence of results."""
    members = tuple(items) if isinstance(items, Iterable) else (items,)
    for index, item in enumerate(members):
        if not isinstance(item, OperationResult):
            raise ValidationError(
                f"a batch is made of results; items[{index}] is a {type(item).__name__}",
                code="result_invalid_item",
            )
    return members


def plain(value: Any) -> Any:
    """Return a value as plain data: what knows how (``to_dict``) is turned, also inside mappings and sequences.

    Raises:
        SerializationError: The value contains itself, or is nested too deep (``result_too_deep``).
    """
    try:
        return _plain(value)
    except RecursionError as error:
        raise SerializationError(
            f"this {type(value).__name__} contains itself, or is nested too deep for plain data",
            code="result_too_deep",
            cause=error,
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, str):  # a reference knows how as well, but it is its own text
        return str(value)
    turn = getattr(value, "to_dict", None)
    if callable(turn):
        return turn()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value

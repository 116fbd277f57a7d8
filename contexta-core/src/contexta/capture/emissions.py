"""What is captured, before it has a place: emissions.

An emission is checked and normalised when it is made, so what reaches the stores is always well formed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from contexta.capture.values import metric_number
from contexta.contract.frozen_mapping import EMPTY_MAPPING, FrozenMapping
from contexta.contract.json_values import freeze_json_mapping, thaw_json
from contexta.contract.patterns import LOWER_SNAKE_PATTERN, is_key
from contexta.contract.refs import StableRef
from contexta.contract.text import check_characters
from contexta.contract.timestamps import instant, normalize_timestamp
from contexta.contract.vocabularies import (
    EVENT_LEVELS,
    METRIC_AGGREGATION_SCOPES,
    TRACE_SPAN_KINDS,
    TRACE_SPAN_STATUSES,
)
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ArtifactRegistrationEmission", "EventEmission", "MetricEmission", "SpanEmission"]

#: Greatest step, in either direction: that of a signed 64-bit column.
LARGEST_STEP = 2**63 - 1

#: Longest name of a span, in characters.
MAX_NAME_LENGTH = 256


class _Emission:
    """What all emissions share: making one from a mapping, and turning it into plain data."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Self | Mapping[str, Any]) -> Self:
        """Return an emission as it is, or make one of a mapping with the same fields.

        Raises:
            ValidationError: Not a mapping, or one with unknown or missing fields.
        """
        if isinstance(value, cls):
            return value
        try:
            return cls(**value)  # type: ignore[arg-type]
        except TypeError as error:
            known = ", ".join(each.name for each in fields(cls))  # type: ignore[arg-type]
            raise ValidationError(
                f"{str(value)[:200]} is no {cls.__name__} and no mapping of its fields: {error}; its fields are {known}",
                code="capture_model_invalid_fields",
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the emission as plain data."""
        return {each.name: thaw_json(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]


def sequence_of(emissions: Any) -> Sequence[Any]:
    """Return a batch as a sequence.

    Raises:
        ValidationError: One emission, a text, or something that cannot be gone through.
    """
    if isinstance(emissions, (list, tuple)):
        return emissions
    try:
        if isinstance(emissions, (str, bytes, Mapping)):
            raise TypeError("one item instead of a sequence")  # noqa: TRY301 - the same fault, the same answer
        return list(emissions)
    except TypeError as error:
        raise ValidationError(
            f"a batch must be a sequence of emissions or mappings, not {type(emissions).__name__}: {error}",
            code="capture_model_invalid_batch",
        ) from error


def text_of(value: object, field_name: str, *, limit: int | None = None) -> str:
    """Return stripped text; blank or foreign values are refused.

    Raises:
        ValidationError: Not text, blank, too long, or with characters that nothing can store.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValidationError(
            f"{field_name} must be text that is not blank, not {value!r}",
            code="capture_model_invalid_string",
            details={"field_name": field_name},
        )
    stripped = value.strip()
    if limit is not None and len(stripped) > limit:
        raise ValidationError(
            f"{field_name} has {len(stripped)} characters; at most {limit} are kept",
            code="capture_model_invalid_string",
            details={"field_name": field_name, "limit": limit},
        )
    check_characters(stripped, field_name=field_name, code="capture_model_invalid_string")
    return stripped


def key_of(value: object, code: str) -> str:
    """Return a metric or event key.

    Raises:
        ValidationError: The text is no key.
    """
    key = text_of(value, "key")
    if not is_key(key):
        raise ValidationError(
            f"{key!r} is no key; use dot-separated tokens of letters, digits and _ / @ % -, such as 'train.loss'",
            code=code,
            details={"key": key},
        )
    return key


def word_of(value: object, words: tuple[str, ...], field_name: str) -> str:
    """Return a word of a vocabulary.

    Raises:
        ValidationError: There is no such word.
    """
    if value not in words:
        raise ValidationError(
            f"{field_name} is {value!r}; use one of {', '.join(words)}",
            code="capture_model_invalid_marker",
            details={"field_name": field_name, "allowed": words},
        )
    return str(value)


def tags_of(value: Mapping[str, str] | None, field_name: str = "tags") -> FrozenMapping[str]:
    """Return tags with text keys and values.

    Raises:
        ValidationError: A key or value is not text, or a key is blank or given twice.
    """
    if not value:
        return EMPTY_MAPPING
    tags: dict[str, str] = {}
    for key, entry in _pairs(value, field_name):
        name = text_of(key, f"a key of {field_name}")
        if not isinstance(entry, str):
            raise ValidationError(
                f"{field_name}[{name!r}] is {entry!r}; tags are text",
                code="capture_model_invalid_mapping",
                details={"field_name": field_name, "key": name},
            )
        if name in tags:
            raise ValidationError(
                f"{field_name} holds the key {name!r} twice, but for white space",
                code="capture_model_invalid_mapping",
                details={"field_name": field_name, "key": name},
            )
        tags[name] = check_characters(entry, field_name=field_name, code="capture_model_invalid_mapping")
    return FrozenMapping(dict(sorted(tags.items())))


def _pairs(value: Mapping[str, Any], field_name: str) -> Any:
    try:
        return value.items()
    except AttributeError as error:
        raise ValidationError(
            f"{field_name} must be a mapping, not {type(value).__name__}",
            code="capture_model_invalid_mapping",
            details={"field_name": field_name},
        ) from error


def attributes_of(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return attributes as frozen JSON data.

    Raises:
        ValidationError: Not a mapping, or not JSON-safe; the text names the path.
    """
    if not value:
        return EMPTY_MAPPING
    try:
        return freeze_json_mapping(value, field_name="attributes")
    except ValidationError as error:
        raise ValidationError(
            error.message, code="capture_model_invalid_json_value", details=error.details
        ) from error


def _snake_of(value: object, field_name: str, code: str) -> str:
    word = text_of(value, field_name)
    if not LOWER_SNAKE_PATTERN.match(word):
        raise ValidationError(
            f"{field_name} is {word!r}; use lower-case letters, digits and _, such as 'model_bundle'",
            code=code,
            details={"field_name": field_name, "value": word},
        )
    return word


def _flag_of(value: object, field_name: str) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(
            f"{field_name} must be True or False, not {value!r}",
            code="capture_model_invalid_bool",
            details={"field_name": field_name},
        )
    return value


@dataclass(frozen=True, slots=True)
class EventEmission(_Emission):
    """A structured event.

    Args:
        key: Dot-separated key, such as ``"training.epoch_complete"``.
        message: The text for people.
        level: ``"debug"``, ``"info"``, ``"warning"``, ``"error"`` or ``"critical"``.
        attributes: Structured JSON-safe fields.
        tags: Text pairs for filtering and grouping.

    Raises:
        ValidationError: A field breaks its rule.
    """

    key: str
    message: str
    level: str = "info"
    attributes: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "key", key_of(self.key, "capture_model_invalid_event_key"))
        put(self, "message", text_of(self.message, "message"))
        put(self, "level", word_of(self.level, EVENT_LEVELS, "level"))
        put(self, "attributes", attributes_of(self.attributes))
        put(self, "tags", tags_of(self.tags))
        if self.tags and "tags" in self.attributes:  # type: ignore[operator]  # frozen above
            raise ValidationError(
                "the event has tags and an attribute named 'tags'; a record has one place for both, so rename it",
                code="capture_event_tags_conflict",
            )


@dataclass(frozen=True, slots=True)
class MetricEmission(_Emission):
    """One observation of a metric.

    Args:
        key: Dot-separated key, such as ``"train.loss"``.
        value: A finite number, or anything that converts to one without loss of meaning (NumPy, torch, JAX scalars).
        unit: Unit label.
        aggregation_scope: What the value stands for: ``"step"``, ``"stage"``, ``"run"``, ``"operation"``, ``"slice"``.
        tags: Text pairs for filtering and grouping.
        summary_basis: What the value is: ``"raw_observation"``, ``"mean"``, ``"max"``, ``"min"``, ``"last"`` …
        step: Integer step, such as the epoch.

    Raises:
        ValidationError: A field breaks its rule; a value that is not finite among them.
    """

    key: str
    value: float
    unit: str | None = None
    aggregation_scope: str = "step"
    tags: Mapping[str, str] | None = None
    summary_basis: str = "raw_observation"
    step: int | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "key", key_of(self.key, "capture_model_invalid_metric_key"))
        put(self, "value", metric_number(self.value, finite=True))
        if self.unit is not None:
            put(self, "unit", text_of(self.unit, "unit", limit=MAX_NAME_LENGTH))
        word_of(self.aggregation_scope, METRIC_AGGREGATION_SCOPES, "aggregation_scope")
        put(self, "tags", tags_of(self.tags))
        basis = _snake_of(self.summary_basis, "summary_basis", "capture_model_invalid_summary_basis")
        put(self, "summary_basis", basis)
        put(self, "step", step_of(self.step))


def step_of(value: object) -> int | None:
    """Return a step as an integer; None stays None.

    Raises:
        ValidationError: Not a whole number.
    """
    if value is None:
        return None
    number = value
    if type(number) is not int and not isinstance(number, bool) and hasattr(number, "__index__"):
        with contextlib.suppress(Exception):
            number = int(number.__index__())
    if type(number) is int and -LARGEST_STEP <= number <= LARGEST_STEP:
        return number
    raise ValidationError(
        f"step must be a whole number of at most 63 bits, not {str(value)[:80]!r}",
        code="capture_model_invalid_step",
        details={"type": type(value).__name__},
    )


@dataclass(frozen=True, slots=True)
class SpanEmission(_Emission):
    """One trace span.

    Args:
        name: The name for people.
        started_at: ISO 8601 text; the time of the call when None.
        ended_at: ISO 8601 text, not before ``started_at``; the time of the call when None.
        status: ``"ok"``, ``"error"``, ``"unset"``, ``"cancelled"`` or ``"timeout"``.
        span_kind: ``"operation"``, ``"stage"``, ``"call"``, ``"internal"``, ``"io"``, ``"network"``, ``"process"``.
        attributes: Structured JSON-safe fields.
        linked_refs: References that the span is linked to.
        parent_span_id: Identifier of the parent span.

    Raises:
        ValidationError: A field breaks its rule.
    """

    name: str
    started_at: str | None = None
    ended_at: str | None = None
    status: str = "ok"
    span_kind: str = "operation"
    attributes: Mapping[str, Any] | None = None
    linked_refs: tuple[StableRef | str, ...] | None = None
    parent_span_id: str | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "name", text_of(self.name, "name", limit=MAX_NAME_LENGTH))
        for each in ("started_at", "ended_at"):
            if getattr(self, each) is not None:
                put(self, each, normalize_timestamp(getattr(self, each), field_name=each))
        if self.started_at and self.ended_at and instant(self.ended_at) < instant(self.started_at):
            raise ValidationError(
                f"the span ends ({self.ended_at}) before it starts ({self.started_at})",
                code="capture_model_invalid_time_order",
            )
        word_of(self.status, TRACE_SPAN_STATUSES, "status")
        word_of(self.span_kind, TRACE_SPAN_KINDS, "span_kind")
        put(self, "attributes", attributes_of(self.attributes))
        put(self, "linked_refs", _refs_of(self.linked_refs))
        if self.parent_span_id is not None:
            put(self, "parent_span_id", text_of(self.parent_span_id, "parent_span_id", limit=MAX_NAME_LENGTH))


def _refs_of(value: Any) -> tuple[StableRef, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValidationError(
            f"linked_refs must be a sequence of references, not {value!r}",
            code="capture_model_invalid_linked_ref",
        )
    return tuple(_ref_of(each, "capture_model_invalid_linked_ref") for each in value)


def _ref_of(value: object, code: str) -> StableRef:
    if not isinstance(value, (str, StableRef)):
        raise ValidationError(f"{value!r} is no reference; use text such as 'run:demo.r1'", code=code)
    return StableRef.parse(value)


@dataclass(frozen=True, slots=True)
class ArtifactRegistrationEmission(_Emission):
    """A file or directory to register.

    Args:
        artifact_kind: What it is: ``"model"``, ``"dataset"``, ``"checkpoint"`` …
        path: Where it lies now.
        artifact_ref: Explicit reference; one is made when None.
        attributes: Structured JSON-safe fields.
        compute_hash: Whether the manifest carries the content's hash.
        allow_missing: Whether the registration succeeds, degraded, although nothing lies at ``path``.

    Raises:
        ValidationError: A field breaks its rule.
    """

    artifact_kind: str
    path: str
    artifact_ref: StableRef | str | None = None
    attributes: Mapping[str, Any] | None = None
    compute_hash: bool = True
    allow_missing: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        kind = _snake_of(self.artifact_kind, "artifact_kind", "capture_model_invalid_artifact_kind")
        put(self, "artifact_kind", kind)
        path = self.path.__fspath__() if hasattr(self.path, "__fspath__") else self.path
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            raise ValidationError(
                f"path must be text that is not blank and holds no NUL, not {path!r}",
                code="capture_model_invalid_string",
                details={"field_name": "path"},
            )
        put(self, "path", path)
        if self.artifact_ref is not None:
            put(self, "artifact_ref", _ref_of(self.artifact_ref, "capture_model_invalid_artifact_ref"))
        put(self, "attributes", attributes_of(self.attributes))
        put(self, "compute_hash", _flag_of(self.compute_hash, "compute_hash"))
        put(self, "allow_missing", _flag_of(self.allow_missing, "allow_missing"))

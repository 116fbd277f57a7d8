"""Stable refs: the names by which everything that was recorded is found again.

A ref is ``kind:value``, and a value is dot-separated components: ``run:vision.resnet-50``.  This module is on the
capture path and imports nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from contexta.contract.patterns import STABLE_REF_COMPONENT_PATTERN, STABLE_REF_KIND_PATTERN
from contexta.contract.text import shown
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "CORE_STABLE_REF_COMPONENT_COUNTS",
    "CORE_STABLE_REF_KINDS",
    "MAX_STABLE_REF_COMPONENT_LENGTH",
    "MAX_STABLE_REF_TEXT_LENGTH",
    "STABLE_REF_COMPONENT_PATTERN",
    "STABLE_REF_FIELD_KIND_MAP",
    "STABLE_REF_KIND_PATTERN",
    "StableRef",
    "validate_core_stable_ref",
    "validate_stable_ref_field",
    "validate_stable_ref_kind",
]

#: Longest text of a ref (``kind:value``), in characters.
MAX_STABLE_REF_TEXT_LENGTH: Final = 255

#: Longest component of a ref's value, in characters.
MAX_STABLE_REF_COMPONENT_LENGTH: Final = 63

#: Components that the value of each core kind has; samples and operations of a batch have one more.
CORE_STABLE_REF_COMPONENT_COUNTS: Final[Mapping[str, int]] = {
    "project": 1,
    "run": 2,
    "deployment": 2,
    "stage": 3,
    "batch": 4,
    "sample": 4,
    "op": 4,
    "record": 3,
    "artifact": 3,
}

#: The kinds whose shape the contract fixes.
CORE_STABLE_REF_KINDS: Final[tuple[str, ...]] = tuple(CORE_STABLE_REF_COMPONENT_COUNTS)

#: Which kinds a ref field of a model takes; ``subject_ref`` takes every core kind.
STABLE_REF_FIELD_KIND_MAP: Final[Mapping[str, tuple[str, ...]]] = {
    "project_ref": ("project",),
    "run_ref": ("run",),
    "deployment_execution_ref": ("deployment",),
    "stage_execution_ref": ("stage",),
    "batch_execution_ref": ("batch",),
    "sample_observation_ref": ("sample",),
    "operation_context_ref": ("op",),
    "environment_snapshot_ref": ("environment",),
    "record_ref": ("record",),
    "artifact_ref": ("artifact",),
    "config_snapshot_ref": ("artifact",),
    "evidence_bundle_ref": ("artifact",),
    "relation_ref": ("relation",),
    "provenance_ref": ("provenance",),
    "subject_ref": CORE_STABLE_REF_KINDS,
}

_COMPONENT = STABLE_REF_COMPONENT_PATTERN.pattern.removesuffix(r"\Z")
#: A whole ref at once.
_PLAIN = re.compile(rf"([a-z][a-z0-9_]*):({_COMPONENT}(?:\.{_COMPONENT})*)\Z")

# Samples and operations belong to a stage, or to a batch of a stage.
_FLEXIBLE_COUNTS: Final = {"sample": (4, 5), "op": (4, 5)}


class StableRef(str):
    """A checked reference, ``kind:value``.

    It is its own text: equal to it, with the same hash and order, and usable wherever text is, so a ref that was
    read from JSON and one that was built are the same key.  It cannot be changed.

    Args:
        kind: What is referred to: ``run``, ``stage``, ``artifact`` or any lower_snake word.
        value: Dot-separated components, from the project down.

    Raises:
        ValidationError: The kind or the value breaks the grammar.  Nothing is stripped or corrected.
    """

    __slots__ = ("kind", "value")
    __match_args__ = ("kind", "value")

    kind: str
    value: str

    def __new__(cls, kind: str, value: str) -> Self:
        """Check both parts and build the ref."""
        _check_kind(kind)
        _check_value(value)
        return cls._of(kind, value)

    @classmethod
    def _of(cls, kind: str, value: str) -> Self:
        """Build a ref of parts that were checked one by one; only their common length is left to check."""
        text = f"{kind}:{value}"
        if len(text) > MAX_STABLE_REF_TEXT_LENGTH:
            raise ValidationError(
                f"A stable ref may have {MAX_STABLE_REF_TEXT_LENGTH} characters, this one has {len(text)}: "
                f"{text[:60]}…; shorten its components.",
                code="stable_ref_too_long",
                details={"kind": kind, "value": value, "max_length": MAX_STABLE_REF_TEXT_LENGTH},
            )
        self = str.__new__(cls, text)
        _set_kind(self, kind)
        _set_value(self, value)
        return self

    @classmethod
    def parse(cls, raw: object) -> StableRef:
        """Read a ref from its text; a ref is returned as it is.

        Args:
            raw: ``kind:value`` text, or a ref.

        Returns:
            The ref.

        Raises:
            ValidationError: Not text, not exactly one colon, or a part that breaks the grammar.
        """
        if isinstance(raw, StableRef):
            return raw
        if not isinstance(raw, str):
            raise ValidationError(
                f"A stable ref must be text such as 'run:project.run', not {type(raw).__name__}.",
                code="stable_ref_invalid_text",
                details={"raw": shown(raw)},
            )
        return _parse_text(raw)

    @property
    def text(self) -> str:
        """The ref as a plain string."""
        return str.__str__(self)

    @property
    def components(self) -> tuple[str, ...]:
        """The components of the value, from the project down."""
        return tuple(self.value.split("."))

    def to_dict(self) -> dict[str, str]:
        """Return ``kind`` and ``value`` as plain data."""
        return {"kind": self.kind, "value": self.value}

    # --- builders: one for each kind that Contexta itself uses ---

    @classmethod
    def project(cls, project: str) -> StableRef:
        """Build the ref of a project."""
        return cls._build("project", project)

    @classmethod
    def run(cls, project: str, run: str) -> StableRef:
        """Build the ref of a run."""
        return cls._build("run", project, run)

    @classmethod
    def deployment(cls, project: str, deployment: str) -> StableRef:
        """Build the ref of a deployment."""
        return cls._build("deployment", project, deployment)

    @classmethod
    def stage(cls, project: str, run: str, stage: str) -> StableRef:
        """Build the ref of a stage of a run."""
        return cls._build("stage", project, run, stage)

    @classmethod
    def batch(cls, project: str, run: str, stage: str, batch: str) -> StableRef:
        """Build the ref of a batch of a stage."""
        return cls._build("batch", project, run, stage, batch)

    @classmethod
    def sample(
        cls, project: str, run: str, stage: str, sample: str, *, batch: str | None = None
    ) -> StableRef:
        """Build the ref of a sample of a stage, or of a batch of that stage."""
        owner = () if batch is None else (batch,)
        return cls._build("sample", project, run, stage, *owner, sample)

    @classmethod
    def op(cls, project: str, run: str, stage: str, op: str, *, batch: str | None = None) -> StableRef:
        """Build the ref of an operation of a stage, or of a batch of that stage."""
        owner = () if batch is None else (batch,)
        return cls._build("op", project, run, stage, *owner, op)

    @classmethod
    def record(cls, project: str, run: str, record: str) -> StableRef:
        """Build the ref of a record of a run."""
        return cls._build("record", project, run, record)

    @classmethod
    def artifact(cls, project: str, run: str, artifact: str) -> StableRef:
        """Build the ref of an artifact of a run."""
        return cls._build("artifact", project, run, artifact)

    @classmethod
    def environment(cls, project: str, run: str, environment: str) -> StableRef:
        """Build the ref of an environment snapshot of a run."""
        return cls._build("environment", project, run, environment)

    @classmethod
    def relation(cls, relation: str) -> StableRef:
        """Build the ref of a lineage edge."""
        return cls._build("relation", relation)

    @classmethod
    def provenance(cls, provenance: str) -> StableRef:
        """Build the ref of a provenance record."""
        return cls._build("provenance", provenance)

    @classmethod
    def _build(cls, kind: str, *components: str) -> StableRef:
        """Join components, each of which must be one: a dot inside would shift those behind it."""
        for component in components:
            if not isinstance(component, str):
                raise _invalid_value(component, component, "is not text")
            _check_component(component, component)
        return cls._of(kind, ".".join(components))

    # --- behaviour of a value ---

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: a ref is a key, and a key that changes is lost."""
        message = f"a StableRef cannot be changed (tried to set {name!r})"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse, as for assignment."""
        message = f"a StableRef cannot be changed (tried to delete {name!r})"
        raise AttributeError(message)

    def __repr__(self) -> str:
        return f"StableRef(kind={self.kind!r}, value={self.value!r})"

    def __str__(self) -> str:
        return str.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return StableRef, (self.kind, self.value)

    def __copy__(self) -> StableRef:
        return self

    def __deepcopy__(self, memo: object) -> StableRef:
        return self


# Past __setattr__, which refuses, and quicker than object.__setattr__.
_set_kind: Final[Any] = vars(StableRef)["kind"].__set__
_set_value: Final[Any] = vars(StableRef)["value"].__set__


# Readers meet the same few runs and stages in thousands of records; refs cannot change, so they may be shared.
@lru_cache(maxsize=2048)
def _parse_text(raw: str) -> StableRef:
    """Split and check the text of a ref; errors are not kept."""
    # In so short a text no component can be too long.
    plain = _PLAIN.match(raw) if len(raw) <= MAX_STABLE_REF_COMPONENT_LENGTH else None
    if plain is not None:
        return StableRef._of(plain[1], plain[2])  # noqa: SLF001 - of this module
    kind, colon, value = raw.partition(":")
    if not colon or ":" in value:
        raise ValidationError(
            f"A stable ref must contain exactly one ':' between kind and value; found {raw[:80]!r}.",
            code="stable_ref_invalid_text",
            details={"raw": raw},
        )
    return StableRef(kind, value)


def validate_core_stable_ref(ref: StableRef) -> StableRef:
    """Check that a ref of a core kind has that kind's number of components.

    Args:
        ref: The ref; kinds that are not core kinds pass.

    Returns:
        The same object.

    Raises:
        ValidationError: A wrong number of components (``stable_ref_invalid_shape``).
    """
    ref = StableRef.parse(ref)
    expected = CORE_STABLE_REF_COMPONENT_COUNTS.get(ref.kind)
    if expected is None:
        return ref
    count = ref.value.count(".") + 1
    flexible = _FLEXIBLE_COUNTS.get(ref.kind)
    if count == expected or (flexible is not None and count in flexible):
        return ref
    wanted = str(expected) if flexible is None else " or ".join(str(number) for number in flexible)
    raise ValidationError(
        f"A ref of kind {ref.kind!r} expects {wanted} component(s), {ref.text!r} has {count}.",
        code="stable_ref_invalid_shape",
        details={"kind": ref.kind, "value": ref.value, "expected_count": flexible or expected},
    )


def validate_stable_ref_kind(
    ref: StableRef, expected: str | Iterable[str], *, field_name: str | None = None
) -> StableRef:
    """Check that a ref is of one of the expected kinds.

    Args:
        ref: The ref.
        expected: One kind or several.
        field_name: The field that holds the ref, for the error.

    Returns:
        The same object.

    Raises:
        ValidationError: Another kind (``stable_ref_kind_mismatch``).
    """
    ref = StableRef.parse(ref)
    allowed = (expected,) if isinstance(expected, str) else tuple(expected)
    if ref.kind in allowed:
        return ref
    place = f" in {field_name}" if field_name else ""
    raise ValidationError(
        f"Ref kind mismatch{place}: expected {' or '.join(allowed)}, found {ref.text!r}.",
        code="stable_ref_kind_mismatch",
        details={"field_name": field_name, "allowed": allowed, "actual": ref.kind},
    )


def validate_stable_ref_field(ref: StableRef, field_name: str) -> StableRef:
    """Check a ref against the field that is to hold it: its shape and its kind.

    Args:
        ref: The ref.
        field_name: A key of ``STABLE_REF_FIELD_KIND_MAP``.

    Returns:
        The same object.

    Raises:
        ValidationError: Wrong shape, wrong kind, or a field that holds no ref (``stable_ref_unknown_field``).
    """
    ref = validate_core_stable_ref(ref)
    expected = STABLE_REF_FIELD_KIND_MAP.get(field_name)
    if expected is None:
        raise ValidationError(
            f"Unknown ref field {field_name!r}; known are {', '.join(STABLE_REF_FIELD_KIND_MAP)}.",
            code="stable_ref_unknown_field",
            details={"field_name": field_name},
        )
    return validate_stable_ref_kind(ref, expected, field_name=field_name)


def _check_kind(kind: object) -> None:
    """Check the part before the colon."""
    if isinstance(kind, str) and STABLE_REF_KIND_PATTERN.match(kind):
        return
    if not isinstance(kind, str):
        problem = f"must be text, not {type(kind).__name__}"
    elif not kind.strip():
        problem = "must not be blank"
    else:
        problem = (
            f"must be a lower-case word ([a-z][a-z0-9_]*), without surrounding spaces; found {kind[:80]!r}"
        )
    raise ValidationError(
        f"The kind of a stable ref {problem}.",
        code="stable_ref_invalid_kind",
        details={"kind": kind if isinstance(kind, str) else shown(kind)},
    )


def _check_value(value: object) -> None:
    """Check the part behind the colon."""
    if not isinstance(value, str):
        raise _invalid_value(value, value, f"must be text, not {type(value).__name__}")
    if not value.strip():
        raise _invalid_value(value, value, "must not be blank")
    for component in value.split("."):
        _check_component(component, value)


def _check_component(component: str, value: str) -> None:
    """Check one component of a value."""
    if not STABLE_REF_COMPONENT_PATTERN.match(component):
        problem = (
            "has an empty component"
            if not component
            else f"has the component {component[:80]!r}, which is not lower-case letters and digits joined by "
            "single hyphens (contexta.contract.text.slug makes one of any name)"
        )
        raise _invalid_value(value, component, problem)
    if len(component) > MAX_STABLE_REF_COMPONENT_LENGTH:
        problem = (
            f"has a component of {len(component)} characters; {MAX_STABLE_REF_COMPONENT_LENGTH} are allowed"
        )
        raise _invalid_value(value, component, problem)


def _invalid_value(value: object, component: object, problem: str) -> ValidationError:
    """Build the error for a broken value."""
    return ValidationError(
        f"The value of a stable ref {problem}.",
        code="stable_ref_invalid_value",
        details={
            "value": value if isinstance(value, str) else shown(value),
            "component": component if isinstance(component, str) else shown(component),
        },
    )

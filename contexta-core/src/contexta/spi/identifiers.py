"""What may be given where a run, a stage or an artifact is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contexta.contract.refs import StableRef
from contexta.errors import ValidationError

__all__ = ["checked_text", "identifier_text", "run_id_texts"]

#: Where things that stand for another keep its identifier, by what is asked for.
_ATTRIBUTES = {
    "run": ("run_id", "ref"),
    "stage": ("stage_id", "ref"),
    "batch": ("batch_id", "ref"),
    "artifact": ("artifact_ref", "ref"),
}


def identifier_text(value: object, kind: str = "run") -> str:
    """Return the identifier of what was given, without blanks around it.

    Args:
        value: The identifier, or something that carries it: a record, a snapshot, a scope, a handle.
        kind: What is asked for: ``run``, ``stage``, ``batch`` or ``artifact``.

    Raises:
        ValidationError: Neither text nor anything with an identifier.
    """
    if isinstance(value, (str, StableRef)):
        return str(value).strip()
    found = [
        str(text).strip()
        for holder in (value, getattr(value, kind, None))
        for name in _ATTRIBUTES[kind]
        if isinstance(text := getattr(holder, name, None), (str, StableRef))
    ]
    if found:
        # A scope has a short form too, which several projects may share.
        return next((text for text in found if text.startswith(f"{kind}:")), found[0])
    raise ValidationError(
        f"{kind} is given as {str(value)[:80]!r} ({type(value).__name__}); give its identifier as text, or an object "
        f"with {' or '.join(_ATTRIBUTES[kind])}",
        code="query_invalid_identifier",
        details={"kind": kind, "type": type(value).__name__},
    )


def run_id_texts(values: object) -> tuple[str, ...]:
    """Return the identifiers of several runs, text as it was passed.

    Args:
        values: The runs: identifiers, or things that carry one.

    Raises:
        ValidationError: No sequence, or something in it is no run.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValidationError(
            f"run_ids must be a sequence of runs, not {str(values)[:80]!r} ({type(values).__name__})",
            code="query_invalid_identifier",
            details={"kind": "run", "type": type(values).__name__},
        )
    given: Iterable[Any] = values
    return tuple(each if isinstance(each, str) else identifier_text(each) for each in given)


def checked_text(value: object, field_name: str) -> str:
    """Return what must be text that is not blank, such as the key of a metric.

    Args:
        value: What was given.
        field_name: What it is called in the question.

    Raises:
        ValidationError: Not text, or blank.
    """
    if isinstance(value, str) and value.strip():
        return value
    raise ValidationError(
        f"{field_name} must be text that is not blank, not {str(value)[:80]!r} ({type(value).__name__})",
        code="query_invalid_text",
        details={"field_name": field_name},
    )

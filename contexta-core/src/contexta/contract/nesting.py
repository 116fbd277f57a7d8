"""The rules between fields: which ref lies under which, and what ends after it started.

Each function builds rules for the fields that it is given by name, so that each error names the field that is to be
changed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.contract.between_fields import FieldsRule
from contexta.contract.timestamps import instant
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from contexta.contract.refs import StableRef

__all__ = [
    "lifecycle_rules",
    "named_rule",
    "same_project_rule",
    "scope_rules",
    "time_order_rule",
    "under_rule",
]

_PREFIX_CODE = "context_ref_prefix_mismatch"

#: Fragment: the field is given and not null.
_TEXT = {"type": "string"}


def named_rule(ref: str, owners: tuple[str, ...], name: str) -> FieldsRule:
    """Build the rule that a ref's value is its owner's value and then its name.

    Args:
        ref: The field of the ref.
        owners: The fields that may hold the owner, the innermost first; one that is None does not count.
        name: The field of the name.

    Returns:
        The rule.
    """

    def check(value: StableRef, last: str, *candidates: StableRef | None) -> None:
        owner = next(candidate for candidate in candidates if candidate is not None)
        expected = f"{owner.value}.{last}"
        if value.value != expected:
            raise ValidationError(
                f"{ref} is {value.text}; under {owner.text} and with the name {last!r} it must be "
                f"{value.kind}:{expected}.",
                code=_PREFIX_CODE,
                details={"field_name": ref, "expected": f"{value.kind}:{expected}", "actual": value.text},
            )

    return FieldsRule((ref, name, *owners), check)


def under_rule(ref: str, owner: str, *, code: str = _PREFIX_CODE) -> FieldsRule:
    """Build the rule that a ref's value, where there is one, is its owner's value and one component more."""

    def check(value: StableRef | None, around: StableRef | None) -> None:
        _check_under(ref, code, value, around)

    return FieldsRule((ref, owner), check, optional=True)


def same_project_rule(ref: str, owner: str, *, code: str = _PREFIX_CODE) -> FieldsRule:
    """Build the rule that a ref, where there is one, belongs to its owner's project."""

    def check(value: StableRef | None, around: StableRef) -> None:
        if value is not None and value.value.partition(".")[0] != around.value.partition(".")[0]:
            raise ValidationError(
                f"{ref} is {value.text}, which belongs to another project than {around.text}.",
                code=code,
                details={"field_name": ref, "owner": around.text, "actual": value.text},
            )

    return FieldsRule((ref, owner), check, optional=True)


def time_order_rule(earlier: str, later: str, *, code: str = "context_invalid_time_order") -> FieldsRule:
    """Build the rule that one time is not before another."""

    def check(first: str, second: str | None) -> None:
        if second is None or (len(first) == len(second) and first <= second):
            # Canonical texts of one length sort as their times do.
            return
        if instant(second) < instant(first):
            raise ValidationError(
                f"{later} ({second}) is before {earlier} ({first}).",
                code=code,
                details={"field_name": later, earlier: first, later: second},
            )

    return FieldsRule((earlier, later), check)


def lifecycle_rules() -> tuple[FieldsRule, ...]:
    """Build the rules that what is open has no end, and that what is closed has one, after its start."""
    schema = {
        "if": {"properties": {"status": {"const": "open"}}},
        "then": {"properties": {"ended_at": {"type": "null"}}},
        "else": {"properties": {"ended_at": _TEXT}, "required": ["ended_at"]},
    }
    return (
        FieldsRule(("status", "ended_at"), _check_end, schema),
        time_order_rule("started_at", "ended_at"),
    )


def scope_rules(*, prefix_code: str, missing_code: str) -> tuple[FieldsRule, ...]:
    """Build the rules of a record's or artifact's scope: each ref under the one around it, none without a stage."""
    stage, batch = "stage_execution_ref", "batch_execution_ref"
    inner = (batch, "sample_observation_ref", "operation_context_ref")
    return (
        same_project_rule("deployment_execution_ref", "run_ref", code=prefix_code),
        under_rule(stage, "run_ref", code=prefix_code),
        *(
            FieldsRule(
                (ref, stage),
                partial(_check_stage_given, ref, missing_code),
                _needs(ref, stage),
                optional=True,
            )
            for ref in inner
        ),
        *(
            FieldsRule(
                (ref, stage, batch),
                partial(_check_scope, ref, prefix_code, is_batch=ref == batch),
                optional=True,
            )
            for ref in inner
        ),
    )


def _needs(ref: str, other: str) -> dict[str, Any]:
    """Return the fragment that one field needs another."""
    return {
        "if": {"properties": {ref: _TEXT}, "required": [ref]},
        "then": {"properties": {other: _TEXT}, "required": [other]},
    }


def _check_end(status: str, ended_at: str | None) -> None:
    """Check that only what is open has no end."""
    if (status == "open") != (ended_at is None):
        advice = "leave ended_at out" if status == "open" else "give ended_at"
        raise ValidationError(
            f"ended_at does not fit the status {status!r}: {advice}.",
            code="context_invalid_status_transition",
            details={"field_name": "ended_at", "status": status, "ended_at": ended_at},
        )


def _check_under(field_name: str, code: str, ref: StableRef | None, owner: StableRef | None) -> None:
    """Check that a ref lies directly under its owner, where there are both."""
    if ref is not None and owner is not None and ref.value.rpartition(".")[0] != owner.value:
        raise ValidationError(
            f"{field_name} is {ref.text}, which does not lie directly under {owner.text}.",
            code=code,
            details={"field_name": field_name, "expected_prefix": owner.value, "actual": ref.text},
        )


def _check_stage_given(field_name: str, code: str, ref: StableRef | None, stage: StableRef | None) -> None:
    """Check that what is inside a stage comes with the stage."""
    if ref is not None and stage is None:
        raise ValidationError(
            f"{field_name} is given without stage_execution_ref; give the stage that it belongs to.",
            code=code,
            details={"field_name": field_name},
        )


def _check_scope(
    field_name: str,
    code: str,
    ref: StableRef | None,
    stage: StableRef | None,
    batch: StableRef | None,
    *,
    is_batch: bool,
) -> None:
    """Check that what is inside a stage lies under its batch, or under the stage where there is no batch."""
    # Without its stage it is reported as such.
    if stage is not None:
        _check_under(field_name, code, ref, stage if is_batch or batch is None else batch)

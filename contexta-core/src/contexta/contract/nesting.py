"""The rules between fields: which ref lies under which, and what ends after it started.

The functions take the fields' names with the values, so that each error names the field that is to be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from contexta.contract.refs import StableRef

__all__ = [
    "check_execution_scope",
    "check_instance",
    "check_lifecycle",
    "check_named_ref",
    "check_same_project",
    "check_time_order",
    "check_under",
]


def check_named_ref(
    ref: StableRef, field_name: str, *, owner: StableRef, name: str, code: str = "context_ref_prefix_mismatch"
) -> None:
    """Check that a ref's value is its owner's value and then its name."""
    expected = f"{owner.value}.{name}"
    if ref.value != expected:
        raise ValidationError(
            f"{field_name} is {ref.text}; under {owner.text} and with the name {name!r} it must be "
            f"{ref.kind}:{expected}.",
            code=code,
            details={"field_name": field_name, "expected": f"{ref.kind}:{expected}", "actual": ref.text},
        )


def check_under(
    ref: StableRef, field_name: str, *, owner: StableRef, code: str = "context_ref_prefix_mismatch"
) -> None:
    """Check that a ref's value is its owner's value and exactly one component more."""
    head, _, _ = ref.value.rpartition(".")
    if head != owner.value:
        raise ValidationError(
            f"{field_name} is {ref.text}, which does not lie directly under {owner.text}.",
            code=code,
            details={"field_name": field_name, "expected_prefix": owner.value, "actual": ref.text},
        )


def check_same_project(
    ref: StableRef, field_name: str, *, owner: StableRef, code: str = "context_ref_prefix_mismatch"
) -> None:
    """Check that two refs belong to one project."""
    if ref.value.partition(".")[0] != owner.value.partition(".")[0]:
        raise ValidationError(
            f"{field_name} is {ref.text}, which belongs to another project than {owner.text}.",
            code=code,
            details={"field_name": field_name, "owner": owner.text, "actual": ref.text},
        )


def check_time_order(
    earlier: str, earlier_name: str, later: str, later_name: str, *, code: str = "context_invalid_time_order"
) -> None:
    """Check that one time is not before another; compared as instants, since their texts do not sort."""
    if earlier != later and instant(later) < instant(earlier):
        raise ValidationError(
            f"{later_name} ({later}) is before {earlier_name} ({earlier}).",
            code=code,
            details={"field_name": later_name, earlier_name: earlier, later_name: later},
        )


def check_lifecycle(status: str, started_at: str, ended_at: str | None) -> None:
    """Check that what is open has no end, and that what is closed has one, after its start."""
    if (status == "open") != (ended_at is None):
        advice = "leave ended_at out" if status == "open" else "give ended_at"
        raise ValidationError(
            f"ended_at does not fit the status {status!r}: {advice}.",
            code="context_invalid_status_transition",
            details={"field_name": "ended_at", "status": status, "ended_at": ended_at},
        )
    if ended_at is not None:
        check_time_order(started_at, "started_at", ended_at, "ended_at")


def check_execution_scope(
    *,
    run: StableRef,
    deployment: StableRef | None,
    stage: StableRef | None,
    batch: StableRef | None,
    sample: StableRef | None,
    operation: StableRef | None,
    prefix_code: str,
    missing_code: str,
) -> None:
    """Check the scope of a record or artifact: each ref under the one around it, none without a stage."""
    if deployment is not None:
        check_same_project(deployment, "deployment_execution_ref", owner=run, code=prefix_code)
    if stage is not None:
        check_under(stage, "stage_execution_ref", owner=run, code=prefix_code)
    inner = (
        ("batch_execution_ref", batch),
        ("sample_observation_ref", sample),
        ("operation_context_ref", operation),
    )
    for field_name, ref in inner:
        if ref is None:
            continue
        if stage is None:
            raise ValidationError(
                f"{field_name} is given without stage_execution_ref; give the stage that it belongs to.",
                code=missing_code,
                details={"field_name": field_name},
            )
        owner = stage if ref is batch or batch is None else batch
        check_under(ref, field_name, owner=owner, code=prefix_code)


def check_instance(value: object, field_name: str, kind: type, *, code: str) -> None:
    """Check that a field holds an instance of a model."""
    if not isinstance(value, kind):
        raise ValidationError(
            f"{field_name} must be a {kind.__name__}, not {type(value).__name__}.",
            code=code,
            details={"field_name": field_name, "type": type(value).__name__},
        )

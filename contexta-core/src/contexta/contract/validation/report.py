"""What validation found: issues with code, severity and path, and reports of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from contexta.contract.text import shown
from contexta.contract.vocabularies import VALIDATION_SEVERITIES
from contexta.errors import ValidationError

__all__ = ["VALIDATION_SEVERITIES", "ValidationIssue", "ValidationReport"]

_ROOT = "$"


def _required_text(value: str, name: str) -> str:
    """Require text that is not blank; surrounding white space is dropped."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValidationError(
        f"The {name} of a validation issue must be text that is not blank; found {shown(value)}.",
        code=f"validation_issue_invalid_{name}",
        details={"field_name": name, "type": type(value).__name__},
    )


def _as_code(value: str) -> str:
    return _required_text(value, "code")


def _as_path(value: str) -> str:
    return _required_text(value, "path")


def _as_message(value: str) -> str:
    return _required_text(value, "message")


def _as_severity(value: str) -> str:
    severity = _required_text(value, "severity")
    if severity not in VALIDATION_SEVERITIES:
        raise ValidationError(
            f"The severity of a validation issue is one of {', '.join(VALIDATION_SEVERITIES)}; found {shown(severity)}.",
            code="validation_issue_invalid_severity",
            details={"field_name": "severity", "allowed": VALIDATION_SEVERITIES},
        )
    return severity


@attrs.frozen
class ValidationIssue:
    """One thing that validation found.

    Args:
        code: Stable identifier, ``context_invalid_status``.
        path: Where, from the validated object ``$``: ``$.envelope.run_ref``, ``$.payload.attributes.a[0]``.
        message: What is wrong, for people.
        severity: One of ``VALIDATION_SEVERITIES``.

    Raises:
        ValidationError: A blank or an unknown severity.
    """

    code: str = attrs.field(converter=_as_code)
    path: str = attrs.field(converter=_as_path)
    message: str = attrs.field(converter=_as_message)
    severity: str = attrs.field(default="error", converter=_as_severity)

    @property
    def is_error(self) -> bool:
        """Whether the object is invalid because of this."""
        return self.severity == "error"

    def with_prefix(self, prefix: str) -> ValidationIssue:
        """Return the issue as seen from around the validated object.

        Args:
            prefix: Where the object stands, ``$.runs[3]``; a blank or ``$`` changes nothing.

        Returns:
            The issue with ``$`` replaced by the prefix.
        """
        start = prefix.strip()
        if not start or start == _ROOT:
            return self
        if self.path.startswith((f"{_ROOT}.", f"{_ROOT}[")) or self.path == _ROOT:
            return attrs.evolve(self, path=start + self.path[1:])
        return attrs.evolve(self, path=f"{start}.{self.path}")

    def to_dict(self) -> dict[str, str]:
        """Return the issue as plain data."""
        return {"code": self.code, "path": self.path, "message": self.message, "severity": self.severity}


def _as_issues(value: Iterable[ValidationIssue]) -> tuple[ValidationIssue, ...]:
    """Require issues."""
    issues = tuple(value) if isinstance(value, Iterable) else (value,)
    for issue in issues:
        if not isinstance(issue, ValidationIssue):
            raise ValidationError(
                f"A validation report holds ValidationIssue objects, not {type(issue).__name__}.",
                code="validation_report_invalid_issue",
                details={"type": type(issue).__name__},
            )
    return issues


@attrs.frozen
class ValidationReport:
    """Everything that validation found in one object; true where the object is valid.

    Args:
        valid: Whether the object is valid.  An issue of severity ``error`` makes it invalid in any case.
        issues: What was found.

    Raises:
        ValidationError: Something among the issues is none.
    """

    valid: bool
    issues: tuple[ValidationIssue, ...] = attrs.field(default=(), converter=_as_issues)

    def __attrs_post_init__(self) -> None:
        """Let errors decide."""
        object.__setattr__(self, "valid", bool(self.valid) and not self.errors)

    def __bool__(self) -> bool:
        return self.valid

    def __len__(self) -> int:
        return len(self.issues)

    def __iter__(self) -> Iterator[ValidationIssue]:
        return iter(self.issues)

    @classmethod
    def ok(cls) -> ValidationReport:
        """Return the report of an object without a fault."""
        return cls(valid=True)

    @classmethod
    def from_issues(cls, issues: Iterable[ValidationIssue]) -> ValidationReport:
        """Return the report of some issues."""
        return cls(True, _as_issues(issues))

    @classmethod
    def merge(cls, *reports: ValidationReport) -> ValidationReport:
        """Return one report of several: valid where all are, with the issues of all.

        Raises:
            ValidationError: Something among them is no report (``validation_report_invalid_merge``).
        """
        for report in reports:
            if not isinstance(report, ValidationReport):
                raise ValidationError(
                    f"Only validation reports can be merged, not {type(report).__name__}.",
                    code="validation_report_invalid_merge",
                    details={"type": type(report).__name__},
                )
        issues = tuple(issue for report in reports for issue in report.issues)
        return cls(all(report.valid for report in reports), issues)

    @property
    def errors(self) -> tuple[ValidationIssue, ...]:
        """The issues that make the object invalid."""
        return tuple(issue for issue in self.issues if issue.is_error)

    @property
    def warnings(self) -> tuple[ValidationIssue, ...]:
        """The issues that do not."""
        return tuple(issue for issue in self.issues if not issue.is_error)

    def prefixed(self, prefix: str) -> ValidationReport:
        """Return the report as seen from around the validated object; see :meth:`ValidationIssue.with_prefix`."""
        return ValidationReport(self.valid, tuple(issue.with_prefix(prefix) for issue in self.issues))

    def raise_for_errors(self) -> None:
        """Raise where the object is not valid.

        Raises:
            ValidationError: It is not (``validation_failed``); the details hold the errors as plain data.
        """
        if self.valid:
            return
        errors = self.errors
        first = "; ".join(f"{issue.path}: {issue.message}" for issue in errors[:3])
        more = f" and {len(errors) - 3} more" if len(errors) > 3 else ""
        raise ValidationError(
            f"Validation failed with {len(errors)} error(s). {first}{more}".strip(),
            code="validation_failed",
            details={"issues": [issue.to_dict() for issue in errors]},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {"valid": self.valid, "issues": [issue.to_dict() for issue in self.issues]}

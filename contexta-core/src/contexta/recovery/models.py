"""What all results of recovery share."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from contexta.results import ResultStatus, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RecoveryResult", "as_data"]


@dataclass(frozen=True, slots=True)
class RecoveryResult:
    """How an operation of recovery ended.

    Args:
        status: SUCCESS, DEGRADED (done, but look at the warnings) or FAILURE.
        warnings: What somebody should look at.
        notes: What was done, in words that programs may look for.
        details: Machine-readable context.
    """

    status: ResultStatus = ResultStatus.SUCCESS
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether all was done."""
        return self.status is ResultStatus.SUCCESS

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return as_data(self)


def as_data(model: Any) -> dict[str, Any]:
    """Return a model of recovery as plain data: paths and words as text, models inside as mappings."""
    return {each.name: _plain(getattr(model, each.name)) for each in fields(model)}


def _plain(value: Any) -> Any:
    if hasattr(value, "__fspath__"):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return plain(value)

"""Registers the stock checks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["contexta_diagnostics_checks"]

_HERE = "contexta_interpretation.diagnostics.checks"

#: Name, module, and what the check finds; the function has the name of the check.
_CHECKS = (
    ("artifacts", "artifacts", "artifacts that are missing or broken"),
    ("batches", "statuses", "batches that failed or were not ended"),
    ("degraded_records", "flawed_records", "records that tell less than what happened"),
    ("deployments", "statuses", "deployments that failed"),
    ("divergence", "courses", "metrics that lost what they had gained"),
    ("durations", "durations", "runs and stages that took much longer or shorter than usual"),
    ("error_events", "flawed_records", "events of the levels error and critical"),
    ("non_finite_values", "flawed_records", "metrics that became NaN or infinite"),
    ("overfitting", "overfitting", "validation that becomes worse while training improves"),
    ("plateau", "courses", "metrics that no longer improve"),
    ("run_status", "statuses", "runs that failed, were cut off, or have gone silent"),
    ("silent_stages", "stages", "stages that recorded nothing"),
    ("stage_metrics", "stages", "completed stages without a metric"),
    ("stage_status", "statuses", "stages that failed or were not ended"),
    ("stalls", "stalls", "pauses between the points of a metric"),
    ("terminal_stages", "stages", "expected stages that the run does not have"),
)


@hookimpl
def contexta_diagnostics_checks() -> Iterable[Provider]:
    """Return the descriptors of all stock checks."""
    return [
        Provider(name, partial(_check, f"{_HERE}.{module}", name), summary=summary)
        for name, module, summary in _CHECKS
    ]


def _check(module: str, name: str, context: Any, options: None) -> Any:  # noqa: ARG001 - the factory's signature
    """Return a check; its module is imported only now."""
    from importlib import import_module

    return getattr(import_module(module), name)

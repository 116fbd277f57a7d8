"""Where the course of a metric leads: away from its goal, or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.views import EvidenceLink
from contexta_interpretation.diagnostics.curve import curves, stretches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta_interpretation.diagnostics.curve import Curve

__all__ = ["divergence", "plateau"]


def divergence(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find metrics that lost at least as much as they had gained."""
    for curve in curves(subject):
        if curve.has_diverged(subject.policy.divergence_factor):
            yield DiagnosticsIssue(
                "error",
                "metric_diverged",
                f"the metric {curve.key!r} diverged: from {curve.raw(curve.best):.6g} at its best to "
                f"{curve.raw(curve.last):.6g} at the end",
                {
                    **_facts(curve),
                    "lost_share": curve.has_diverged_by,
                    "divergence_factor": subject.policy.divergence_factor,
                    "best_step": curve.step_in(curve.parts.index(curve.best)),
                },
                curve.stage_id or subject.run.run_id,
                _links(subject, curve),
                "go back to a checkpoint from before the best step, and lower the learning rate or clip gradients",
            )


def plateau(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find metrics that no longer improve."""
    points, tolerance = subject.policy.plateau_points, subject.policy.plateau_tolerance
    for curve in curves(subject):
        if len(curve.values) < 2 * points or curve.has_diverged(subject.policy.divergence_factor):
            continue
        before = min(stretches(curve.values[:-points]))
        since = min(stretches(curve.values[-points:]))
        gained, improved = curve.first - min(before, since), before - since
        if improved <= tolerance * max(gained, 0.0):
            yield DiagnosticsIssue(
                "info",
                "metric_plateau",
                f"the metric {curve.key!r} did not improve any more over its last {points} points "
                f"(it stands at {curve.raw(curve.last):.6g})",
                {**_facts(curve), "points": points, "improvement": improved, "gained_before": gained},
                curve.stage_id or subject.run.run_id,
                _links(subject, curve),
                "stop earlier, or lower the learning rate",
            )


def _facts(curve: Curve) -> dict[str, object]:
    return {
        "metric_key": curve.key,
        "stage_id": curve.stage_id,
        "first": curve.raw(curve.first),
        "best": curve.raw(curve.best),
        "last": curve.raw(curve.last),
        "count": len(curve.values),
    }


def _links(subject: DiagnosedRun, curve: Curve) -> tuple[EvidenceLink, ...]:
    if curve.stage_id is None:
        return (EvidenceLink("run", subject.run.run_id, subject.run.name),)
    return (EvidenceLink("stage", curve.stage_id, curve.key),)

"""Validation that becomes worse while training still improves."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.stage_names import stage_component
from contexta.spi.views import EvidenceLink
from contexta_interpretation.diagnostics.curve import curves, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta_interpretation.diagnostics.curve import Curve

__all__ = ["overfitting"]

_TRAINING = frozenset({"fit", "fitting", "tr", "train", "training"})
_VALIDATION = frozenset({"dev", "eval", "evaluate", "evaluation", "holdout", "test", "val", "valid", "validate", "validation"})  # fmt: skip


def overfitting(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find pairs of metrics, of training and of validation, of which only the first still improves."""
    training: dict[tuple[str, ...], list[Curve]] = defaultdict(list)
    validation: dict[tuple[str, ...], list[Curve]] = defaultdict(list)
    names = {stage.stage_id: stage.name for stage in subject.stages}
    for curve in curves(subject):
        goal, is_validation = _role(curve, names)
        (validation if is_validation else training)[goal].append(curve)
    for goal, checked in validation.items():
        for seen in checked:
            trained = next(
                iter(sorted(training.get(goal, ()), key=lambda each: each.stage_id != seen.stage_id)), None
            )
            if trained is not None:
                yield from _compare(subject, trained, seen)


def _role(curve: Curve, names: dict[str, str]) -> tuple[tuple[str, ...], bool]:
    """Return what a metric measures, and whether on data that was not trained on."""
    words = words_of(curve.key)
    goal = tuple(word for word in words if word not in _TRAINING | _VALIDATION)
    if len(goal) == len(words) and curve.stage_id is not None:
        words = words_of(names.get(curve.stage_id) or stage_component(curve.stage_id))
    return goal, not _VALIDATION.isdisjoint(words)


def _compare(subject: DiagnosedRun, trained: Curve, seen: Curve) -> Iterator[DiagnosticsIssue]:
    part = seen.parts.index(seen.best)
    worse = seen.last - seen.best
    gap = worse / abs(seen.best) if seen.best else float("inf") if worse else 0.0
    # The two need not have the same steps: what is compared is how far each had come.
    then = trained.parts[min(len(trained.parts) - 1, part * len(trained.parts) // len(seen.parts))]
    if gap <= subject.policy.overfitting_gap or worse <= 2 * seen.noise or trained.last > then:
        return
    step = seen.step_in(part)
    at = "" if step is None else f" around step {step}"
    yield DiagnosticsIssue(
        "warning",
        "overfitting",
        f"{seen.key!r} was best{at} ({seen.raw(seen.best):.6g}) and ended at {seen.raw(seen.last):.6g}, while "
        f"{trained.key!r} went on to {trained.raw(trained.last):.6g}",
        {
            "training_metric": trained.key,
            "validation_metric": seen.key,
            "best_step": step,
            "best_value": seen.raw(seen.best),
            "last_value": seen.raw(seen.last),
            "training_last_value": trained.raw(trained.last),
            "gap": gap,
            "overfitting_gap": subject.policy.overfitting_gap,
        },
        seen.stage_id or subject.run.run_id,
        (EvidenceLink("run", subject.run.run_id, subject.run.name),),
        "take the checkpoint of the best step, stop earlier, or regularise",
    )

"""The course of one metric, so that a smaller value is always the better one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, pairwise
from statistics import median
from typing import TYPE_CHECKING

from contexta.spi.directions import DIRECTIONS_FIELD, LOWER_IS_BETTER_WORDS, higher_is_better, words_apart
from contexta_interpretation.diagnostics.numbers import numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.records import MetricSummary

__all__ = ["Curve", "curve_of", "curves", "words_of"]

#: Better the smaller they are, but no goals of training: what is consumed and how long it takes.
_CONSUMED = frozenset({"cost", "duration", "elapsed", "failures", "latency", "seconds", "time"})
#: Better the greater they are.
_HIGHER_WORDS = frozenset(
    [
        "acc", "accuracy", "ap", "auc", "auroc", "bleu", "dice", "f1", "iou", "map", "precision", "recall", "reward",
        "rouge", "score", "top1", "top5",
    ]
)  # fmt: skip
#: A course is looked at in so many parts at most, each by its median, so that noise counts little.
_PARTS = 30
_WORD = re.compile(r"[A-Za-z0-9]+")


def words_of(metric_key: str) -> tuple[str, ...]:
    """Return the words of a metric's key, in lower case: ``val`` and ``loss`` of ``val_loss``."""
    return tuple(word.lower() for word in _WORD.findall(words_apart(metric_key)))


@dataclass(frozen=True)
class Curve:
    """The finite points of one metric of one run and stage, by step, then by time.

    Args:
        key: The metric's key.
        stage_id: The stage, or None for a metric of the run itself.
        sign: 1 where a smaller value is better as it is, -1 where values count negated.
        recorded: The values as they were recorded.
        steps: Their steps.
        stepless: How many points have no step, whatever stands for it; they are the first ones.
    """

    key: str
    stage_id: str | None
    sign: int
    recorded: Sequence[float]
    steps: Sequence[int | None]
    stepless: int = 0

    @cached_property
    def values(self) -> list[float]:
        """The values, the smaller the better."""
        return [self.sign * float(value) for value in self.recorded]

    @cached_property
    def noise(self) -> float:
        """The usual difference of two neighbours."""
        return median(abs(after - before) for before, after in pairwise(self.values))

    @cached_property
    def parts(self) -> list[float]:
        """The medians of up to thirty stretches of equal length, of at least three points each."""
        return stretches(self.values)

    @property
    def first(self) -> float:
        """Where it began."""
        return self.parts[0]

    @property
    def last(self) -> float:
        """Where it ends."""
        return self.parts[-1]

    @property
    def best(self) -> float:
        """The best stretch."""
        return min(self.parts)

    @property
    def has_diverged_by(self) -> float:
        """How much of what was gained was lost again: 1 is all of it.

        What lies within the noise counts as gained, so that a course without direction has lost nothing.
        """
        gained = max(self.first - self.best, 6 * self.noise)
        lost = self.last - self.best
        if gained == 0:
            return math.inf if lost > 0 else 0.0
        return lost / gained

    def has_diverged(self, factor: float) -> bool:
        """Tell whether more was lost again than a share of what was gained.

        Args:
            factor: The share; 1 is all of it.
        """
        gained, lost = self.first - self.best, self.last - self.best
        # With the noise even more counts as gained: of most courses nobody has to know how great it is.
        if gained > 0 and lost / gained <= factor:
            return False
        return self.has_diverged_by > factor

    def raw(self, value: float) -> float:
        """Return a value as it was recorded."""
        return self.sign * value

    def step_in(self, part: int) -> int | None:
        """Return the step of the point in the middle of a stretch, or None where it has none."""
        count = len(self.recorded)
        place = min(count - 1, round((part + 0.5) * count / len(self.parts)))
        return None if place < self.stepless else self.steps[place]


def stretches(values: Sequence[float]) -> list[float]:
    """Return the medians of up to thirty stretches of equal length, of at least three values each."""
    count = max(1, min(_PARTS, len(values) // 3))
    bounds = [round(number * len(values) / count) for number in range(count + 1)]
    return [median(values[begin:end]) for begin, end in pairwise(bounds)]


def curves(subject: DiagnosedRun) -> Iterator[Curve]:
    """Yield the courses of the metrics that are goals of training and have enough points.

    Args:
        subject: The run.
    """
    for summary in subject.metrics:
        curve = curve_of(subject, summary)
        if curve is not None:
            yield curve


def curve_of(subject: DiagnosedRun, summary: MetricSummary) -> Curve | None:
    """Return the course of a metric, or None where it has too few points or nobody knows its direction.

    Args:
        subject: The run.
        summary: What is known of the metric.
    """
    least = subject.policy.curve_points
    sign = _sign(subject, summary.key)
    if sign is None or summary.count < least:
        return None
    # Every check of courses looks at the same ones.
    found = subject.once(
        ("curve", summary.key, summary.stage, sign), lambda: _read_curve(subject, summary, sign)
    )
    return found if len(found.recorded) >= least else None


def _read_curve(subject: DiagnosedRun, summary: MetricSummary, sign: int) -> Curve:
    numbers = numbers_of(subject, summary)
    if numbers is None:
        points = [
            point
            for point in subject.points(summary.key, summary.stage)
            if point.stage == summary.stage and math.isfinite(point.value)
        ]
        values, steps = [point.value for point in points], [point.step for point in points]
        return Curve(summary.key, summary.stage, sign, values, steps)
    finite = list(map(math.isfinite, numbers.values))
    stepless = numbers.stepless
    if all(finite):
        return Curve(summary.key, summary.stage, sign, numbers.values, numbers.steps, stepless)
    return Curve(
        summary.key,
        summary.stage,
        sign,
        list(compress(numbers.values, finite)),
        list(compress(numbers.steps, finite)),
        sum(finite[:stepless]),
    )


def _sign(subject: DiagnosedRun, key: str) -> int | None:
    metadata, configured = subject.run.metadata, subject.metric_directions
    declared = metadata.get(DIRECTIONS_FIELD)
    if key in configured or (isinstance(declared, Mapping) and declared.get(key) is not None):
        return -1 if higher_is_better(key, [metadata], configured) else 1
    words = frozenset(words_of(key)) | {word.lower() for word in _WORD.findall(key)}
    if words & _CONSUMED:
        return None
    if words & LOWER_IS_BETTER_WORDS:
        return 1
    return -1 if words & _HIGHER_WORDS else None

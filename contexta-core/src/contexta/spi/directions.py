"""Whether a greater value of a metric is the better one.

Declared by the runs themselves (``metadata={"metric_directions": {"fid": "lower"}}``), else told by a table of words
that metrics are commonly named by, else greater is better.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["DIRECTIONS_FIELD", "LOWER_IS_BETTER_WORDS", "higher_is_better"]

#: Field of a run's metadata that maps keys of metrics to ``lower`` or ``higher``.
DIRECTIONS_FIELD = "metric_directions"

#: A metric with one of these words in its key is the better the smaller it is.
LOWER_IS_BETTER_WORDS = frozenset(
    [
        "bce", "cer", "cost", "crossentropy", "divergence", "duration", "ece", "elapsed", "eer", "err", "error",
        "errors", "failures", "fid", "fnr", "fpr", "kl", "latency", "logloss", "loss", "losses", "mae", "mape", "mse",
        "nll", "perplexity", "ppl", "regret", "rmse", "seconds", "smape", "ter", "time", "wer",
    ]
)  # fmt: skip

_LOWER = frozenset({"lower", "min", "minimize", "minimise"})
_HIGHER = frozenset({"higher", "max", "maximize", "maximise"})
_WORD = re.compile(r"[A-Za-z]+")


def higher_is_better(metric_key: str, metadata: Iterable[Mapping[str, Any]] = ()) -> bool:
    """Return whether a greater value of a metric is the better one.

    Args:
        metric_key: The metric's key.
        metadata: Metadata of the runs in question; the first that declares the metric's direction decides.
    """
    for each in metadata:
        directions: Any = each.get(DIRECTIONS_FIELD)
        declared = directions.get(metric_key) if hasattr(directions, "get") else None
        if declared in _LOWER or declared in _HIGHER:
            return declared in _HIGHER
    words = {word.lower() for word in _WORD.findall(metric_key)}
    return words.isdisjoint(LOWER_IS_BETTER_WORDS)

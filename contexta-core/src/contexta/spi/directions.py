"""Whether a greater value of a metric is the better one.

Declared by the runs themselves (``metadata={"metric_directions": {"fid": "lower"}}``), else configured
(``interpretation.comparison.metric_directions``), else told by the words that metrics are commonly named by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "DIRECTIONS_FIELD",
    "HIGHER_IS_BETTER_WORDS",
    "HIGHER_WORDS",
    "LOWER_IS_BETTER_WORDS",
    "LOWER_WORDS",
    "higher_is_better",
    "known_direction",
    "words_apart",
]

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

#: A metric with one of these words in its key, and none of the others, is the better the greater it is.
HIGHER_IS_BETTER_WORDS = frozenset(
    [
        "acc", "accuracy", "ap", "auc", "auprc", "auroc", "bleu", "chrf", "coverage", "dice", "f1", "fbeta",
        "improvement", "iou", "kappa", "map", "mcc", "meteor", "miou", "mrr", "ndcg", "pass", "precision", "psnr",
        "r2", "recall", "return", "returns", "reward", "rewards", "rouge", "score", "scores", "sensitivity",
        "specificity", "speedup", "ssim", "success", "throughput", "tnr", "tpr", "winrate",
    ]
)  # fmt: skip

#: What declares or configures that the smaller value is the better one.
LOWER_WORDS = frozenset({"lower", "min", "minimize", "minimise"})
#: What declares or configures that the greater value is the better one.
HIGHER_WORDS = frozenset({"higher", "max", "maximize", "maximise"})
_WORD = re.compile(r"[A-Za-z]+")
#: Words that end in a digit.
_NUMBERED = re.compile(r"[A-Za-z]+\d+")
#: Where a word begins with a capital: ``val|Loss``, ``BCE|Loss``.
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_apart(metric_key: str) -> str:
    """Return a metric's key with its words apart where only a capital tells them: ``val_Loss`` of ``valLoss``."""
    return _BOUNDARY.sub("_", metric_key)


def known_direction(
    metric_key: str, metadata: Iterable[Mapping[str, Any]] = (), configured: Mapping[str, str] | None = None
) -> bool | None:
    """Return whether a greater value of a metric is the better one, or None where nothing tells.

    Args:
        metric_key: The metric's key.
        metadata: Metadata of the runs in question; the first that declares the metric's direction decides.
        configured: ``lower`` or ``higher`` by key, as configured; what runs declare wins.
    """
    given: list[Any] = [*(each.get(DIRECTIONS_FIELD) for each in metadata), configured]
    for directions in given:
        declared: Any = directions.get(metric_key) if hasattr(directions, "get") else None
        if isinstance(declared, str) and declared in LOWER_WORDS | HIGHER_WORDS:
            return declared in HIGHER_WORDS
    texts = (metric_key, words_apart(metric_key))
    words = {word.lower() for text in texts for word in (*_WORD.findall(text), *_NUMBERED.findall(text))}
    if not words.isdisjoint(LOWER_IS_BETTER_WORDS):
        return False
    return None if words.isdisjoint(HIGHER_IS_BETTER_WORDS) else True


def higher_is_better(
    metric_key: str, metadata: Iterable[Mapping[str, Any]] = (), configured: Mapping[str, str] | None = None
) -> bool:
    """Return whether a greater value of a metric is the better one; where nothing tells, it is.

    Args:
        metric_key: The metric's key.
        metadata: As for :func:`known_direction`.
        configured: As for :func:`known_direction`.
    """
    return known_direction(metric_key, metadata, configured) is not False

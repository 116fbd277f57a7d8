"""The data: 1,797 handwritten digits that come with scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contexta.errors import DependencyError

__all__ = ["Digits", "load", "require_scikit_learn"]

_SPLIT_SEED = 20


@dataclass(frozen=True, slots=True)
class Digits:
    """The three parts of the data: images as rows of 64 numbers from 0 to 1, and which digit each shows."""

    train_images: Any
    train_labels: Any
    validation_images: Any
    validation_labels: Any
    test_images: Any
    test_labels: Any


def require_scikit_learn() -> None:
    """Import scikit-learn.

    Raises:
        DependencyError: It is not installed.
    """
    try:
        import sklearn  # noqa: F401 - whether it can be imported is the question
    except ImportError as error:
        raise DependencyError(
            'the demo trains models with scikit-learn, which is not installed; pip install ".[demo]" in a checkout'
            " of Contexta brings it, and so does pip install scikit-learn",
            details={"package": "scikit-learn", "extra": "demo"},
            cause=error,
        ) from error


def load() -> Digits:
    """Load the digits and split them, always in the same way, so that runs can be compared."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    images = images / images.max()
    rest, test_images, rest_labels, test_labels = train_test_split(
        images, labels, test_size=0.2, random_state=_SPLIT_SEED, stratify=labels
    )
    train_images, validation_images, train_labels, validation_labels = train_test_split(
        rest, rest_labels, test_size=0.25, random_state=_SPLIT_SEED, stratify=rest_labels
    )
    return Digits(train_images, train_labels, validation_images, validation_labels, test_images, test_labels)

"""The runs of the demo: three families of models, a small sweep over one setting of each, two seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta_cli.demo.digits import Digits

__all__ = ["Plan", "all_plans"]

_SEEDS = (0, 1)
_CLASSES = tuple(range(10))


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to be done.

    Args:
        name: Name of the run.
        family: Family of the model.
        parameters: What the run is set to; recorded as its parameters.
        make: Makes the untrained model.
        train_epoch: Trains the model a little further; called once for each epoch.
    """

    name: str
    family: str
    parameters: dict[str, Any]
    make: Callable[[], Any]
    train_epoch: Callable[[Any, Digits], None]

    @property
    def epochs(self) -> int:
        """Most epochs that the model is trained."""
        return int(self.parameters["epochs"])


def all_plans() -> list[Plan]:
    """Return the runs of the demo, in their order."""
    return [
        *(_softmax(alpha, seed) for alpha in (1e-4, 1e-2) for seed in _SEEDS),
        *(_perceptron(width, seed) for width in (32, 64) for seed in _SEEDS),
        *(_forest(depth, seed) for depth in (5, 12) for seed in _SEEDS),
    ]


def _softmax(alpha: float, seed: int) -> Plan:
    parameters = {"model": "softmax", "seed": seed, "epochs": 15, "alpha": alpha}

    def make() -> Any:
        from sklearn.linear_model import SGDClassifier

        return SGDClassifier(loss="log_loss", alpha=alpha, random_state=seed)

    return Plan(f"softmax-{alpha:.0e}-seed-{seed}", "softmax", parameters, make, _one_pass)


def _perceptron(width: int, seed: int) -> Plan:
    parameters = {"model": "mlp", "seed": seed, "epochs": 30, "hidden": [width], "learning_rate": 0.005}

    def make() -> Any:
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier((width,), learning_rate_init=0.005, batch_size=64, random_state=seed)

    return Plan(f"mlp-{width}-seed-{seed}", "mlp", parameters, make, _one_pass)


def _forest(depth: int, seed: int) -> Plan:
    parameters = {"model": "forest", "seed": seed, "epochs": 10, "trees_per_epoch": 8, "max_depth": depth}

    def make() -> Any:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(0, max_depth=depth, warm_start=True, random_state=seed)

    def grow(model: Any, digits: Digits) -> None:
        model.n_estimators += 8
        model.fit(digits.train_images, digits.train_labels)

    return Plan(f"forest-{depth}-seed-{seed}", "forest", parameters, make, grow)


def _one_pass(model: Any, digits: Digits) -> None:
    """Train on all images once; the classes are named because a model may not see each at first."""
    model.partial_fit(digits.train_images, digits.train_labels, classes=_CLASSES)

"""Observations of metrics."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.capture.emissions.emission import Emission
from contexta.capture.emissions.fields import MAX_NAME_LENGTH, key_of, snake_of, tags_of, text_of, word_of
from contexta.capture.values import metric_number
from contexta.config.problems import shown
from contexta.contract.vocabularies import METRIC_AGGREGATION_SCOPES
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LARGEST_STEP", "MetricEmission", "step_of"]

#: Greatest step, in either direction: that of a signed 64-bit column.
LARGEST_STEP = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MetricEmission(Emission):
    """One observation of a metric.

    Args:
        key: Dot-separated key, such as ``"train.loss"``.
        value: A finite number, or anything that converts to one without loss of meaning (NumPy, torch, JAX scalars).
        unit: Unit label.
        aggregation_scope: What the value stands for: ``"step"``, ``"stage"``, ``"run"``, ``"operation"``, ``"slice"``.
        tags: Text pairs for filtering and grouping.
        summary_basis: What the value is: ``"raw_observation"``, ``"mean"``, ``"max"``, ``"min"``, ``"last"`` …
        step: Integer step, such as the epoch.

    Raises:
        ValidationError: A field breaks its rule; a value that is not finite among them.
    """

    key: str
    value: float
    unit: str | None = None
    aggregation_scope: str = "step"
    tags: Mapping[str, str] | None = None
    summary_basis: str = "raw_observation"
    step: int | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "key", key_of(self.key, "capture_model_invalid_metric_key"))
        put(self, "value", metric_number(self.value, finite=True))
        if self.unit is not None:
            put(self, "unit", text_of(self.unit, "unit", limit=MAX_NAME_LENGTH))
        word_of(self.aggregation_scope, METRIC_AGGREGATION_SCOPES, "aggregation_scope")
        put(self, "tags", tags_of(self.tags))
        basis = snake_of(self.summary_basis, "summary_basis", "capture_model_invalid_summary_basis")
        put(self, "summary_basis", basis)
        put(self, "step", step_of(self.step))


def step_of(value: object) -> int | None:
    """Return a step as an integer; None stays None.

    Raises:
        ValidationError: Not a whole number.
    """
    if value is None:
        return None
    number = value
    if type(number) is not int and not isinstance(number, bool) and hasattr(number, "__index__"):
        with contextlib.suppress(Exception):
            number = int(number.__index__())
    if type(number) is int and -LARGEST_STEP <= number <= LARGEST_STEP:
        return number
    raise ValidationError(
        f"step must be a whole number of at most 63 bits, not {shown(value)}",
        code="capture_model_invalid_step",
        details={"type": type(value).__name__},
    )

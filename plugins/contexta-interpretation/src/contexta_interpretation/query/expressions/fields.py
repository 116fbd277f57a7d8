"""The fields of the language: what a name means, what kind of value it has, and where a run's value is found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta_interpretation.query.expressions.facts import RunFacts

__all__ = ["Domain", "Field", "Kind"]


class Kind(StrEnum):
    """What kind of value a field has."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "true or false"
    #: Any of these, as it was recorded; of a list, several.
    SCALAR = "value"
    #: Several texts.
    TEXTS = "texts"


class Domain(StrEnum):
    """What has to be read of a run before a field can be told."""

    RUN = "run"
    METRICS = "metrics"
    STAGES = "stages"
    ARTIFACTS = "artifacts"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that an expression names.

    Args:
        name: Its first word, such as ``tags``.
        key: What follows, such as a tag's name; empty where nothing does.
        kind: What kind of value it has.
        domains: What has to be read.
        read: Returns its value for a run; None where the run has none.
        words: The only texts that it can have; empty for any.
        is_degraded: Tells whether the value for a run is of records that are marked as degraded; None for what no
            record tells.
    """

    name: str
    key: str
    kind: Kind
    domains: frozenset[Domain]
    read: Callable[[RunFacts], Any]
    words: tuple[str, ...] = ()
    is_degraded: Callable[[RunFacts], bool] | None = None

"""Events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.capture.emissions.emission import Emission
from contexta.capture.emissions.fields import attributes_of, key_of, tags_of, text_of, word_of
from contexta.contract.vocabularies import EVENT_LEVELS
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EventEmission"]


@dataclass(frozen=True, slots=True)
class EventEmission(Emission):
    """A structured event.

    Args:
        key: Dot-separated key, such as ``"training.epoch_complete"``.
        message: The text for people.
        level: ``"debug"``, ``"info"``, ``"warning"``, ``"error"`` or ``"critical"``.
        attributes: Structured JSON-safe fields.
        tags: Text pairs for filtering and grouping.

    Raises:
        ValidationError: A field breaks its rule.
    """

    key: str
    message: str
    level: str = "info"
    attributes: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "key", key_of(self.key, "capture_model_invalid_event_key"))
        put(self, "message", text_of(self.message, "message"))
        put(self, "level", word_of(self.level, EVENT_LEVELS, "level"))
        put(self, "attributes", attributes_of(self.attributes))
        put(self, "tags", tags_of(self.tags))
        if self.tags and "tags" in self.attributes:  # type: ignore[operator]  # frozen above
            raise ValidationError(
                "the event has tags and an attribute named 'tags'; a record has one place for both, so rename it",
                code="capture_event_tags_conflict",
            )

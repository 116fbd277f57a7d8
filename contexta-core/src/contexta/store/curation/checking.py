"""What may be said of a run afterwards: tags, names and notes, checked."""

from __future__ import annotations

from collections.abc import Mapping

from contexta.contract.limits import MAX_NAME_LENGTH, MAX_STRING_KEYS
from contexta.contract.text import check_characters
from contexta.errors import ValidationError

__all__ = ["MAX_NOTE_LENGTH", "checked_name", "checked_note", "checked_tags"]

#: Longest note, in characters; whatever is longer is a document, and belongs into an artifact.
MAX_NOTE_LENGTH = 65_536


def checked_tags(tags: object) -> dict[str, str]:
    """Return tags with text names and values.

    Raises:
        ValidationError: Not a mapping, or a name or value is not text (``curation_invalid_tag``).
    """
    if not isinstance(tags, Mapping) or not tags:
        raise ValidationError(
            f"tags must map names to texts, such as {{'quality': 'good'}}, not {str(tags)[:80]!r}",
            code="curation_invalid_tag",
        )
    if len(tags) > MAX_STRING_KEYS:
        raise ValidationError(
            f"{len(tags)} tags were given; at most {MAX_STRING_KEYS} are kept", code="curation_invalid_tag"
        )
    checked = {}
    for name, value in tags.items():
        if not isinstance(value, str):
            raise ValidationError(
                f"tag {str(name)[:80]!r} is {str(value)[:80]!r} ({type(value).__name__}); tags are texts: str(...)",
                code="curation_invalid_tag",
                details={"tag": str(name)},
            )
        checked[_text(name, "a tag's name", MAX_NAME_LENGTH, "curation_invalid_tag")] = check_characters(
            value, field_name=f"tags.{name}"
        )
    return checked


def checked_name(name: object) -> str:
    """Return the name of a run, without blanks around it.

    Raises:
        ValidationError: Not text, blank or too long (``curation_invalid_name``).
    """
    return _text(name, "the name of a run", MAX_NAME_LENGTH, "curation_invalid_name")


def checked_note(text: object, what: str = "a note") -> str:
    """Return a note, or its author, without blanks around it.

    Raises:
        ValidationError: Not text, blank or too long (``curation_invalid_note``).
    """
    return _text(text, what, MAX_NOTE_LENGTH, "curation_invalid_note")


def _text(value: object, what: str, longest: int, code: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValidationError(f"{what} must be text that is not blank, not {str(value)[:80]!r}", code=code)
    stripped = value.strip()
    if len(stripped) > longest:
        raise ValidationError(f"{what} has {len(stripped)} characters; at most {longest} are kept", code=code)
    return check_characters(stripped, field_name=what)

"""Text at the borders: what may come in, what makes a name a ref component, what may go to a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from contexta.errors import ValidationError

__all__ = ["MAX_SLUG_LENGTH", "check_characters", "display_safe", "shown", "slug"]

#: Longest slug, in characters; the longest component of a stable ref.
MAX_SLUG_LENGTH = 63

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
# C0 and C1 controls, BiDi marks, embeddings and isolates, line and paragraph separators, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def slug(text: str) -> str:
    """Turn any name into one legal component of a stable ref.

    Accents are dropped, letters become lower-case, runs of anything else become one hyphen.  A name that leaves
    nothing (one in a non-Latin script, say) gets a stable stand-in made from its hash.

    Args:
        text: The name.

    Returns:
        1 to 63 characters that match the component grammar; the same for the same name, always.

    Raises:
        ValidationError: ``text`` is not text (``context_invalid_string``).
    """
    if not isinstance(text, str):
        raise ValidationError(
            f"A name to make a slug of must be text, not {type(text).__name__}.",
            code="context_invalid_string",
            details={"type": type(text).__name__},
        )
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    result = _NOT_SLUG.sub("-", plain).strip("-")[:MAX_SLUG_LENGTH].rstrip("-")
    return result or f"x-{_short_hash(text)}"


def _short_hash(text: str) -> str:
    """Eight hexadecimal digits that depend on nothing but the text's canonical composition."""
    import hashlib

    composed = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
    return hashlib.sha256(composed).hexdigest()[:8]


def check_characters(
    text: str,
    *,
    field_name: str,
    path: str | None = None,
    label: str | None = None,
    code: str = "context_invalid_string",
) -> str:
    """Refuse the characters that no store and no encoding can carry: NUL and lone surrogates.

    Args:
        text: The text to look at.
        field_name: The field that holds the text, for the error's details.
        path: Where in the field the text stands; the field when omitted.
        label: What to call the text in the error; its path when omitted.
        code: The code of the error.

    Returns:
        The text, unchanged.

    Raises:
        ValidationError: A forbidden character was found; the details tell which and where.
    """
    if text.isascii() and "\x00" not in text:
        return text
    found = _FORBIDDEN.search(text)
    if found is None:
        return text
    name = "a NUL character" if found[0] == "\x00" else f"the lone surrogate U+{ord(found[0]):04X}"
    details = {"field_name": field_name, "character": f"U+{ord(found[0]):04X}", "position": found.start()}
    raise ValidationError(
        f"{label or path or field_name} holds {name} at position {found.start()}; remove it, it cannot be stored "
        "as text.",
        code=code,
        details=details if path is None else {**details, "path": path},
    )


def display_safe(text: str, *, multiline: bool = False) -> str:
    r"""Make text harmless for a terminal, a table or a log line.

    Control characters appear as ``\x1b`` (or ``\n``, ``\r``, ``\t``), direction overrides, line separators and lone
    surrogates as ``U+202E``.  Everything else, in any script, stays as it is.

    Args:
        text: Text from anywhere.
        multiline: Whether line feeds and tabs stay as they are.

    Returns:
        Text without control, BiDi or surrogate characters.
    """
    if not _UNSAFE.search(text):
        return text

    def escape(match: re.Match[str]) -> str:
        character = match[0]
        if multiline and character in "\n\t":
            return character
        if character in _SHORT_ESCAPES:
            return _SHORT_ESCAPES[character]
        number = ord(character)
        return f"\\x{number:02x}" if number < 0x100 else f"U+{number:04X}"

    return _UNSAFE.sub(escape, text)


def shown(value: object, limit: int = 80) -> str:
    """Describe any value in an error: short, bounded in time and memory, and without ever failing.

    Args:
        value: Anything: a number of thousands of digits, a huge container, an object that cannot be shown.
        limit: Most characters of what is quoted from the value.

    Returns:
        Its ``repr``, cut to the limit; its kind and size where that would be long or impossible.
    """
    if isinstance(value, str | bytes | bytearray):
        return repr(value[:limit])[: limit + 2]
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    kind = type(value).__name__
    if isinstance(value, Container):
        return f"a value of type {kind}"
    try:
        return repr(value)[:limit]
    # A __repr__ of the user's may raise anything, and the error about his value is worth more than that one.
    except Exception:  # noqa: BLE001
        return f"a value of type {kind}"

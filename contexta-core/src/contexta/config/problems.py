"""How the configuration reports what is wrong: the field's path, and where known the value's origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ConfigurationWarning", "closest_name", "config_error", "shown"]

_SHOWN_LENGTH = 80


class ConfigurationWarning(UserWarning):
    """Something in the configuration has no effect, for example an unknown ``CONTEXTA_*`` variable."""


def config_error(
    path: str,
    problem: str,
    *,
    code: str = "invalid_config_value",
    origin: str | None = None,
    cause: BaseException | None = None,
    **details: object,
) -> ConfigurationError:
    """Build the error for one field.

    Args:
        path: Dotted path of the field, as in ``records.max_segment_bytes``.
        problem: What was found and what is allowed.
        code: Stable identifier of the kind of problem.
        origin: Where the value came from, as in ``file:contexta.toml``.
        cause: The error behind this one.
        **details: Further machine-readable facts.

    Returns:
        The error, ready to be raised.
    """
    facts: dict[str, object] = {"path": path, "problem": problem, **details}
    text = f"{path}: {problem}"
    if origin is not None:
        facts["origin"] = origin
        text = f"{text} (from {origin})"
    return ConfigurationError(text, code=code, details=facts, cause=cause)


def shown(value: object) -> str:
    """Return a short ``repr`` of ``value`` that is safe to put into a message."""
    import reprlib  # only an error needs it

    # Bounded in depth as well: YAML aliases make small files whose full repr does not fit into memory.
    short = reprlib.Repr()
    short.maxlevel = 2
    short.maxstring = short.maxother = _SHOWN_LENGTH
    try:
        text = short.repr(value)
    except Exception:  # noqa: BLE001 - numbers of thousands of digits, and classes whose repr fails
        text = f"a {type(value).__name__} that cannot be written"
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def closest_name(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that ``word`` was probably meant to be, or None."""
    import difflib  # only an error needs it

    found = difflib.get_close_matches(word, list(candidates), n=1, cutoff=0.7)
    return found[0] if found else None

"""What is replaced in what leaves a workspace as a file: everything was redacted before it was written, unless not."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from contexta.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.config.models import SecurityConfig

__all__ = ["leaving_redactor", "redacted_texts"]


def leaving_redactor(security: SecurityConfig, salt: bytes | Callable[[], bytes]) -> Redactor:
    """Return what redacts a local export: at least as ``safe_default`` has it, unless that is switched off.

    A workspace that was written with ``redaction_mode = "off"``, or with other words for secrets, holds what was
    never redacted; ``allow_unredacted_local_exports`` lets that out.

    Args:
        security: The security section of the configuration.
        salt: Mixed into each digest; or a function that gives it.
    """
    if security.allow_unredacted_local_exports:
        return Redactor("off")
    mode = "safe_default" if security.redaction_mode == "off" else security.redaction_mode
    return Redactor(mode, security.secret_key_patterns, salt)


def redacted_texts(value: Any, redactor: Redactor) -> Any:
    """Return a result or report with the secrets in its texts replaced.

    Args:
        value: A dataclass, a mapping, a sequence or a value; what holds no secret is returned as it is.
        redactor: What replaces them.
    """
    if not redactor.active:
        return value
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, tuple):
        made = tuple(redacted_texts(item, redactor) for item in value)
        return value if all(new is old for new, old in zip(made, value, strict=True)) else made
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = redacted_texts(old, redactor)
            if new is not old:
                changed[field.name] = new
        return replace(value, **changed) if changed else value
    return value

"""``CONTEXTA_*`` variables: one for every field, two that select, and some with another meaning."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contexta.config.names import CANONICAL_ENV_PREFIX, PROFILE_ENV_KEY, PROFILE_OVERLAYS_ENV_KEY
from contexta.config.problems import ConfigurationWarning, closest_name, shown
from contexta.config.schema import environment_fields
from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from contexta.config.draft import ConfigDraft

__all__ = ["environment_selectors", "lay_environment", "read_environment"]

_SELECTORS = {
    PROFILE_ENV_KEY: "profile",
    # The resolved configuration's field of that name is set by choosing the profile.
    "CONTEXTA_PROFILE_NAME": "profile",
    PROFILE_OVERLAYS_ENV_KEY: "overlays",
}
# Read by other parts of Contexta; here they only must not be taken for typing errors.
_OTHER_NAMES = frozenset(
    {
        "CONTEXTA_DEBUG",
        "CONTEXTA_PLUGINS",
        "CONTEXTA_PLUGIN_ERRORS",
        "CONTEXTA_RUN",
        "CONTEXTA_TRACE_PLUGINS",
    }
)
_OTHER_PREFIXES = ("CONTEXTA_RUN_",)
_NOTHING_WORDS = frozenset({"null", "none"})


def read_environment(env: Mapping[str, str] | None) -> dict[str, str]:
    """Return the ``CONTEXTA_*`` variables that are set and not blank, stripped.

    Args:
        env: The variables; the process's own when None.

    Raises:
        ConfigurationError: If ``env`` is no mapping of text to text.
    """
    source = os.environ if env is None else env
    if not isinstance(source, Mapping):
        text = f"env: expected a mapping of text to text, got {type(source).__name__}"
        raise ConfigurationError(text, code="invalid_config_input", details={"path": "env"})
    found: dict[str, str] = {}
    for name, value in source.items():
        if not isinstance(name, str) or not name.startswith(CANONICAL_ENV_PREFIX):
            continue
        if not isinstance(value, str):
            text = f"env: expected text for {name}, got {type(value).__name__}"
            raise ConfigurationError(
                text, code="invalid_config_input", details={"path": "env", "env_key": name}
            )
        if value.strip():
            found[name] = value.strip()
    return found


def environment_selectors(variables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return what the variables select: value and origin by ``profile`` and ``overlays``."""
    chosen: dict[str, tuple[str, str]] = {}
    for name, selector in _SELECTORS.items():
        if name in variables:
            chosen.setdefault(selector, (variables[name], f"environment:{name}"))
    return chosen


def lay_environment(draft: ConfigDraft, variables: Mapping[str, str]) -> bool:
    """Lay the variables on top of a draft; unknown ones are warned about.

    Returns:
        Whether any of them set a field.

    Raises:
        ConfigurationError: If a field does not accept its variable's value.
    """
    fields = environment_fields()
    laid = False
    for name, text in sorted(variables.items()):
        leaf = fields.get(name)
        if name in _SELECTORS or name in _OTHER_NAMES or name.startswith(_OTHER_PREFIXES):
            continue
        if leaf is None:
            _warn(name, fields)
            continue
        cleared = leaf.rule.optional and text.lower() in _NOTHING_WORDS
        draft.set(leaf.path, None if cleared else text, f"environment:{name}")
        laid = True
    return laid


def _warn(name: str, fields: Mapping[str, Any]) -> None:
    # The prefix is common to all, so it would make any two names look alike.
    bare = [known.removeprefix(CANONICAL_ENV_PREFIX) for known in (*fields, *_SELECTORS)]
    close = closest_name(name.removeprefix(CANONICAL_ENV_PREFIX), bare)
    hint = f"; did you mean {CANONICAL_ENV_PREFIX}{close}?" if close else ""
    message = (
        f"the environment variable {shown(name)[1:-1]} is no setting of Contexta and has no effect{hint}"
    )
    warnings.warn(message, ConfigurationWarning, stacklevel=_outside_level())


def _outside_level() -> int:
    """Return the stack level of the first caller outside Contexta, as its own caller counts levels."""
    level = 1
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to the callers' names without building a traceback
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "contexta":
        frame = frame.f_back
        level += 1
    return level

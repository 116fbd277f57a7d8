"""What is replaced before the first write, and what may leave unreplaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from contexta.config.collection_rules import OptionsRule, TextTupleRule
from contexta.config.frozen_options import NO_OPTIONS
from contexta.config.rules import BooleanRule, ChoiceRule, TextRule
from contexta.config.section import Section, model, ruled

__all__ = ["SecurityConfig"]

_TEXTS = TextTupleRule()


@model
class SecurityConfig(Section):
    """What is replaced before the first write, and what may leave unreplaced.

    Args:
        redaction_mode: How much is taken for a secret; ``off`` takes nothing for one.
        environment_variable_allowlist: Environment variables that a run may record.
        secret_key_patterns: Words that make the value under a key that contains one a secret.
        allow_unredacted_local_exports: Whether a local export may hold what was not redacted.
        encryption_provider: Name of the plugin that encrypts backups; none when None.
        encryption_options: What that plugin accepts.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "security"

    redaction_mode: Literal["safe_default", "strict", "off"] = ruled(
        ChoiceRule("safe_default", "strict", "off"), default="safe_default"
    )
    environment_variable_allowlist: tuple[str, ...] = ruled(_TEXTS, default=())
    secret_key_patterns: tuple[str, ...] = ruled(
        _TEXTS, default=("token", "secret", "password", "passwd", "key")
    )
    allow_unredacted_local_exports: bool = ruled(BooleanRule(), default=False)
    encryption_provider: str | None = ruled(TextRule(optional=True), default=None)
    encryption_options: Mapping[str, Any] = ruled(OptionsRule(), default=NO_OPTIONS)

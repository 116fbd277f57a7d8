"""Which plugins may serve."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.collection_rules import TextTupleRule
from contexta.config.rules import BooleanRule, ChoiceRule
from contexta.config.section import Section, model, ruled

__all__ = ["PluginsConfig"]

_TEXTS = TextTupleRule()


@model
class PluginsConfig(Section):
    """Which plugins may serve.

    Args:
        autoload: Whether plugins are found through the installed distributions.
        disabled: Distributions (``contexta-sink-otel``) and components (``sink:otel``) that may not serve.
        allow: The only distributions and components that may serve; all when empty.
        on_error: What happens when an installed plugin that nobody asked for breaks.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "plugins"

    autoload: bool = ruled(BooleanRule(), default=True)
    disabled: tuple[str, ...] = ruled(_TEXTS, default=())
    allow: tuple[str, ...] = ruled(_TEXTS, default=())
    on_error: Literal["warn", "raise", "ignore"] = ruled(
        ChoiceRule("warn", "raise", "ignore"), default="warn"
    )

"""How strictly canonical objects are read and written."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.rules import BooleanRule, ChoiceRule, TextRule
from contexta.config.section import Section, model, ruled

__all__ = ["ContractConfig"]

_MODES = ChoiceRule("strict", "lenient")


@model
class ContractConfig(Section):
    """How strictly canonical objects are read and written.

    Args:
        schema_version: Version of the contract that is written.
        validation_mode: Whether an object that breaks a rule is refused or only reported.
        compatibility_mode: Whether data of another version is refused or read as far as possible.
        deterministic_serialization: Whether the same object always gives the same text.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "contract"

    schema_version: str = ruled(TextRule(), default="1.0.0")
    validation_mode: Literal["strict", "lenient"] = ruled(_MODES, default="strict")
    compatibility_mode: Literal["strict", "lenient"] = ruled(_MODES, default="strict")
    deterministic_serialization: bool = ruled(BooleanRule(), default=True)

"""How strictly canonical objects are read and written."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.rules import BooleanRule, ChoiceRule
from contexta.config.section import Section, model, ruled

__all__ = ["ContractConfig"]

_MODES = ChoiceRule("strict", "lenient")


@model
class ContractConfig(Section):
    """How strictly canonical objects are read and written.

    Args:
        schema_version: Version of the contract that is written; there is one so far.
        validation_mode: Whether a record store refuses a record that breaks a rule, or keeps it and warns.
        compatibility_mode: Whether a stored record of another major version is refused, or read as far as
            this version understands it.
        deterministic_serialization: Whether a record is stored with its fields in one order, so that equal records are
            equal bytes; otherwise in the order in which they were given.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "contract"

    schema_version: str = ruled(ChoiceRule("1.0.0"), default="1.0.0")
    validation_mode: Literal["strict", "lenient"] = ruled(_MODES, default="strict")
    compatibility_mode: Literal["strict", "lenient"] = ruled(_MODES, default="strict")
    deterministic_serialization: bool = ruled(BooleanRule(), default=True)

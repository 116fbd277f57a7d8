"""The base of every configuration model: fields are checked by the rules written beside them."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from typing import Any, ClassVar, TypeVar, dataclass_transform

from contexta.config.problems import config_error
from contexta.config.rules import Rule

__all__ = ["FieldRule", "Section", "SectionRule", "model", "nested", "ruled", "rules_of"]

_Model = TypeVar("_Model")

FieldRule = tuple[str, str, Rule]

_rules: dict[type, tuple[FieldRule, ...]] = {}


def ruled(rule: Rule, *, default: object = MISSING) -> Any:
    """Declare a field of a model with its rule and its default; without a default it must be given."""
    metadata = {"rule": rule}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def nested(*, default_factory: type[_Model]) -> Any:
    """Declare a field that holds another section, built with its defaults when it is not given."""
    return field(default_factory=default_factory, metadata={"rule": SectionRule(default_factory)})


@dataclass_transform(frozen_default=True, field_specifiers=(ruled, nested))
def model(kind: type[_Model]) -> type[_Model]:
    """Make a class a frozen, slotted dataclass.

    Equality, hash and text come from :class:`Section`: generated anew for each class, they would cost a fifth
    of the time that importing the configuration takes.
    """
    return dataclass(frozen=True, slots=True, eq=False, repr=False)(kind)


class Section:
    """Base of the configuration models."""

    __slots__ = ()

    #: Dotted path of the section within the whole configuration; empty for the whole.
    section_path: ClassVar[str] = ""

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        names = (name for name, _, _ in rules_of(type(self)))
        inner = ", ".join(f"{name}={value!r}" for name, value in zip(names, self._values(), strict=True))
        return f"{type(self).__name__}({inner})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name, _, _ in rules_of(type(self)))

    def __post_init__(self) -> None:
        for name, path, rule in rules_of(type(self)):
            value = getattr(self, name)
            checked = rule.check(value, path)
            if checked is not value:
                object.__setattr__(self, name, checked)


class SectionRule(Rule):
    """A field that holds a model of the given class."""

    __slots__ = ("kind",)

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    def _check(self, value: object, path: str) -> object:
        if isinstance(value, self.kind):
            return value
        hint = "; mappings go through load_config(config=...)" if isinstance(value, dict) else ""
        problem = f"expected a {self.kind.__name__}, got {type(value).__name__}{hint}"
        raise config_error(path, problem)


def rules_of(kind: type) -> tuple[FieldRule, ...]:
    """Return name, dotted path and rule of each field of a model class, in order."""
    known = _rules.get(kind)
    if known is None:
        prefix = kind.section_path  # type: ignore[attr-defined]
        known = _rules[kind] = tuple(
            (name, f"{prefix}.{name}" if prefix else name, entry.metadata["rule"])
            for name, entry in kind.__dataclass_fields__.items()  # type: ignore[attr-defined]
            if "rule" in entry.metadata
        )
    return known

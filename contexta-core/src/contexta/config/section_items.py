"""Sections that stand in a list of the configuration, as sinks and alert rules do: read strictly, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from contexta.config.problems import closest_name, config_error, shown
from contexta.config.section import Section, rules_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["exported_items", "listed_items", "section_of"]

_Item = TypeVar("_Item", bound=Section)


def listed_items(raw: object) -> list[object] | None:
    """Return the items of what was given as a list; None where it is none."""
    # A text is a sequence of letters, a mapping one of keys: neither is meant.
    if isinstance(raw, (str, bytes, Mapping)) or not isinstance(raw, Iterable):
        return None
    return list(raw)


def section_of(
    kind: type[_Item], item: object, path: str, folder: Path | None, required: Mapping[str, str]
) -> _Item:
    """Return one item of a list for what a file, the environment or a mapping holds.

    Args:
        kind: Class of the items.
        item: A mapping of fields, or an item as it is.
        path: Dotted path of the item, for errors.
        folder: What relative paths are relative to.
        required: Fields that must be given, and what each is for.

    Raises:
        ConfigurationError: An unknown, missing or unacceptable field; the text starts with its path.
    """
    if isinstance(item, kind):
        return item
    if not isinstance(item, Mapping):
        names = " and ".join(repr(name) for name in required)
        raise config_error(path, f"expected a mapping with {names}, got {shown(item)}")
    rules = {name: rule for name, _, rule in rules_of(kind)}
    values: dict[str, Any] = {}
    for key, value in item.items():
        rule = rules.get(key)
        if rule is None:
            close = closest_name(str(key), rules)
            hint = f"; did you mean {close!r}?" if close else f"; known are {', '.join(rules)}"
            problem = f"there is no such setting{hint}"
            raise config_error(f"{path}.{key}", problem, code="unknown_config_field", suggestion=close)
        values[key] = rule.parse(value, f"{path}.{key}", folder)
    for name, purpose in required.items():
        if name not in values:
            raise config_error(f"{path}.{name}", f"missing; it {purpose}", code="missing_config_field")
    return kind(**values)


def exported_items(kind: type[Section], items: Iterable[Section]) -> list[dict[str, object]]:
    """Return the items of a list as mappings of plain data."""
    rules = rules_of(kind)
    return [{name: rule.export(getattr(item, name)) for name, _, rule in rules} for item in items]

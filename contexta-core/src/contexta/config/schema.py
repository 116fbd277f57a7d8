"""Every field of the configuration by its dotted path, read off the models."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from contexta.config.models.unified import UnifiedConfig
from contexta.config.names import CANONICAL_ENV_PREFIX
from contexta.config.section import SectionRule, rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.config.rules import Rule

__all__ = ["LeafField", "environment_fields", "leaf_fields", "section_classes"]


class LeafField(NamedTuple):
    """A field that holds a value, not a section."""

    path: str
    rule: Rule


@cache
def leaf_fields() -> Mapping[str, LeafField]:
    """Return every field that holds a value, by dotted path, in order."""
    return {
        path: LeafField(path, rule)
        for path, rule in _walk(UnifiedConfig)
        if not isinstance(rule, SectionRule)
    }


@cache
def section_classes() -> Mapping[str, type]:
    """Return the model class of every section, by dotted path, in order."""
    return {path: rule.kind for path, rule in _walk(UnifiedConfig) if isinstance(rule, SectionRule)}


@cache
def environment_fields() -> Mapping[str, LeafField]:
    """Return every field by the name of its environment variable."""
    return {
        CANONICAL_ENV_PREFIX + path.upper().replace(".", "_"): leaf for path, leaf in leaf_fields().items()
    }


def _walk(kind: type) -> list[tuple[str, Rule]]:
    found: list[tuple[str, Rule]] = []
    for _, path, rule in rules_of(kind):
        found.append((path, rule))
        if isinstance(rule, SectionRule):
            found.extend(_walk(rule.kind))
    return found

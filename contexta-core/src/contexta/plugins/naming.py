"""How names are compared: component names, distribution names, and pins that hold both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Pin", "component_name", "distribution_name", "nearest"]

_SEPARATORS = re.compile(r"[-_.]+")


def component_name(name: str) -> str:
    """Fold a component's name for comparison: ``-`` and ``_`` are the same letter."""
    return name.strip().replace("-", "_")


def distribution_name(name: str) -> str:
    """Normalise a distribution's name as package indexes do."""
    return _SEPARATORS.sub("-", name.strip()).lower()


class Pin(NamedTuple):
    """What a configuration names: ``name``, ``distribution:name`` or ``distribution:module:name``.

    The longest form is only needed where one distribution offers one name twice.
    """

    name: str
    distribution: str | None = None
    value: str | None = None

    @classmethod
    def parse(cls, text: str) -> Pin:
        """Read a pin from a configuration value."""
        distribution, separator, rest = text.partition(":")
        if not separator:
            return cls(component_name(text))
        value, separator, name = rest.rpartition(":")
        return cls(
            component_name(name), distribution_name(distribution), value.strip() if separator else None
        )

    def matches(self, name: str, distribution: str, value: str) -> bool:
        """Tell whether an entry point is meant by this pin."""
        return (
            self.name == component_name(name)
            and self.distribution in {None, distribution_name(distribution)}
            and self.value in {None, value}
        )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a misspelt one most resembles, if any does."""
    # Only errors suggest; a start that goes well does not pay for difflib.
    import difflib

    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), None)

"""Rules for fields that hold several values: tuples of text, options, and names by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from contexta.config.frozen_options import FrozenOptions, freeze_options
from contexta.config.problems import config_error, shown
from contexta.config.rules import Rule

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DirectionsRule", "NamesRule", "OptionsRule", "TextTupleRule", "read_json_text"]


def read_json_text(text: str, path: str) -> object:
    """Return the value of a JSON text.

    Raises:
        ConfigurationError: If it is not JSON; the text is not repeated, as options may hold secrets.
    """
    import json  # most configurations hold none

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise config_error(path, f"expected JSON, and the text is none: {error}", cause=error) from error


class TextTupleRule(Rule):
    """Several texts; as one text they are separated by commas, and ``[]`` is none."""

    __slots__ = ()

    expected = "a list of texts that are not blank"

    def export(self, value: Any) -> object:
        """Return the texts as a list."""
        return [str(item) for item in value]

    def _read(self, text: str, path: str, folder: Path | None) -> object:  # noqa: ARG002
        if text.strip().startswith("["):
            return read_json_text(text, path)
        return tuple(item.strip() for item in text.split(",") if item.strip())

    def _check(self, value: object, path: str) -> object:
        # A text is a sequence of letters, a mapping one of keys: neither is meant.
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise self._refused(value, path)
        # A set has no order of its own, and a configuration has to be the same each time.
        items = tuple(sorted(value, key=str) if isinstance(value, (set, frozenset)) else value)
        for index, item in enumerate(items):
            if not isinstance(item, str) or not item.strip():
                raise config_error(f"{path}[{index}]", f"expected text that is not blank, got {shown(item)}")
        return items


class OptionsRule(Rule):
    """Options of a plugin: any plain data by name; as one text it is a JSON object."""

    __slots__ = ()

    def combine(self, lower: object, higher: object) -> object:
        """Merge both, mapping by mapping; the higher layer wins."""
        if not (isinstance(lower, FrozenOptions) and isinstance(higher, FrozenOptions)):
            return higher
        merged = dict(lower)
        for key, value in higher.items():
            merged[key] = self.combine(merged.get(key), value)
        return FrozenOptions(merged)

    def export(self, value: object) -> object:
        """Return the options as JSON data; paths and times become text."""
        return _exported(value)

    def _read(self, text: str, path: str, folder: Path | None) -> object:  # noqa: ARG002
        return read_json_text(text, path)

    def _check(self, value: object, path: str) -> object:
        return freeze_options(value, path)


class NamesRule(OptionsRule):
    """A name for each of several names; as one text ``compare=acme,trend=off`` or a JSON object."""

    __slots__ = ()

    def _read(self, text: str, path: str, folder: Path | None) -> object:
        if text.strip().startswith("{"):
            return super()._read(text, path, folder)
        pairs = [item.partition("=") for item in text.split(",") if item.strip()]
        if not all(separator for _, separator, _ in pairs):
            raise config_error(path, f"expected name=name pairs separated by commas, got {shown(text)}")
        return {name.strip(): value.strip() for name, _, value in pairs}

    def _check(self, value: object, path: str) -> object:
        frozen = freeze_options(value, path)
        names: dict[str, str] = {}
        for key, name in frozen.items():
            # YAML 1.1 reads a bare `off` as false.
            text = "off" if name is False else name
            if not isinstance(text, str) or not text.strip():
                raise config_error(f"{path}.{key}", f"expected a name, got {shown(name)}")
            names[key] = text
        return frozen if names == dict(frozen) else FrozenOptions(names)


class DirectionsRule(NamesRule):
    """``lower`` or ``higher`` by the key of a metric; as one text ``fid=lower,mos=higher`` or a JSON object."""

    __slots__ = ()

    expected = "lower or higher by metric"

    def _check(self, value: object, path: str) -> object:
        directions: Any = super()._check(value, path)
        for key, word in directions.items():
            if word not in {"lower", "higher"}:
                raise config_error(f"{path}.{key}", f"expected 'lower' or 'higher', got {shown(word)}")
        return directions


def _exported(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _exported(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_exported(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

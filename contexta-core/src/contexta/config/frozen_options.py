"""Option mappings: whatever a plugin accepts, held so that a configuration stays immutable and hashable."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from contexta.config.problems import config_error, shown

__all__ = ["NO_OPTIONS", "FrozenOptions", "freeze_options", "is_secret_name"]

_MAXIMUM_DEPTH = 32
# YAML aliases can unfold a small file into billions of values.
_MAXIMUM_VALUES = 10_000
_SECRET_WORDS = ("token", "secret", "passw", "key", "credential", "auth", "dsn")


class FrozenOptions(Mapping[str, Any]):
    """A read-only mapping of text to plain data; nested mappings are frozen too, lists are tuples.

    Build one with :func:`freeze_options`.
    """

    __slots__ = ("_hash", "_values")

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._hash: int | None = None

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._values.items()))
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        # The hash of text differs between processes, so it does not travel.
        return FrozenOptions, (self._values,)

    def __copy__(self) -> FrozenOptions:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenOptions:
        return self

    def __repr__(self) -> str:
        # A configuration is printed in logs and tracebacks; passwords in options are not.
        inner = ", ".join(f"{key!r}: {_masked(key, value)}" for key, value in self._values.items())
        return f"{{{inner}}}"

    def to_dict(self) -> dict[str, Any]:
        """Return a new dict of plain data (dicts and lists), free to be changed."""
        return {key: _thawed(value) for key, value in self._values.items()}


def freeze_options(value: object, path: str) -> FrozenOptions:
    """Freeze a mapping of options.

    Args:
        value: The mapping as given.
        path: Dotted path of the field, for errors.

    Returns:
        The same options, immutable.

    Raises:
        ConfigurationError: If it is no mapping, or holds something that is not plain data.
    """
    if isinstance(value, FrozenOptions):
        return value
    if not isinstance(value, Mapping):
        raise config_error(path, f"expected a mapping (a table) of options, got {type(value).__name__}")
    return _Freezer().freeze_mapping(value, path, 0)


class _Freezer:
    """Freezes one mapping and counts its values, so that hostile nesting ends in an error."""

    def __init__(self) -> None:
        self._count = 0

    def freeze_mapping(self, values: Mapping[Any, Any], path: str, depth: int) -> FrozenOptions:
        items = values.items()
        return FrozenOptions(
            {_key(key, path): self.freeze(item, f"{path}.{key}", depth + 1) for key, item in items}
        )

    def freeze(self, value: object, path: str, depth: int) -> object:
        self._count += 1
        if depth > _MAXIMUM_DEPTH or self._count > _MAXIMUM_VALUES:
            limit = f"at most {_MAXIMUM_DEPTH} levels and {_MAXIMUM_VALUES} values"
            raise config_error(path, f"the options are too deep or too many ({limit})")
        if isinstance(value, Mapping):
            return self.freeze_mapping(value, path, depth)
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
            return tuple(self.freeze(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value))
        if isinstance(value, float) and not math.isfinite(value):
            raise config_error(path, f"expected a finite number, got {value}")
        # TOML and YAML hold dates and times; they are told by a method, as datetime is dear to import.
        if (
            value is None
            or isinstance(value, (str, bool, int, float, PurePath))
            or hasattr(value, "isoformat")
        ):
            return value
        kind = type(value).__name__
        raise config_error(path, f"expected plain data (text, number, boolean, list, mapping), got {kind}")


def _key(key: object, path: str) -> str:
    if not isinstance(key, str) or not key.strip():
        raise config_error(path, f"option names are text, got {shown(key)}")
    return key


def is_secret_name(name: str) -> bool:
    """Tell whether the text under an option of this name is better not shown."""
    return any(word in name.lower() for word in _SECRET_WORDS)


def _masked(key: str, value: object) -> str:
    secret = isinstance(value, str) and is_secret_name(key)
    return "'***'" if secret else repr(value)


def _thawed(value: object) -> object:
    if isinstance(value, FrozenOptions):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_thawed(item) for item in value]
    return value


NO_OPTIONS = FrozenOptions({})

"""Paths: absolute from the moment they enter a configuration, so that it names one place from anywhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.config.derived import DerivedPath
from contexta.config.problems import config_error, shown
from contexta.config.rules import Rule

if TYPE_CHECKING:
    from contexta.errors import ConfigurationError

__all__ = ["PathRule"]


class PathRule(Rule):
    """A path; ``~`` is expanded, a relative one is resolved, and it need not exist.

    Args:
        keep: Texts that are no path and stay as they are, such as ``:memory:``.
        optional: Whether None is a value of the field.
    """

    __slots__ = ("keep",)

    expected = "a path"

    def __init__(self, *, keep: tuple[str, ...] = (), optional: bool = True) -> None:
        super().__init__(optional=optional)
        self.keep = keep

    def export(self, value: object) -> object:
        """Return the path as text."""
        return None if value is None else str(value)

    def _read(self, text: str, path: str, folder: Path | None) -> object:
        if folder is None or not text.strip() or text in self.keep:
            return text
        # An absolute text replaces the folder; "~" has to be expanded before it is joined.
        return folder / _expanded(text, path)

    def _check(self, value: object, path: str) -> object:
        if DerivedPath.is_for(value, path):
            return value
        if (
            not isinstance(value, (str, os.PathLike))
            or isinstance(text := os.fspath(value), bytes)
            or not text.strip()
        ):
            raise self._refused(value, path)
        if text in self.keep:
            return Path(text)
        try:
            return _expanded(text, path).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise _unusable(text, path, error) from error


def _expanded(text: str, path: str) -> Path:
    try:
        return Path(text).expanduser()
    except (RuntimeError, ValueError) as error:
        raise _unusable(text, path, error) from error


def _unusable(text: str, path: str, error: Exception) -> ConfigurationError:
    return config_error(path, f"{shown(text)} is not a usable path: {error}", cause=error)

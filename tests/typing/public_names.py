"""What type checkers see of the public names; checked by mypy against the source and against the wheel, never run."""

from __future__ import annotations

from typing import assert_type

import contexta
from contexta.errors import ContextaError, DependencyError, MissingPluginError, NotFoundError


def version() -> None:
    """The version is text."""
    assert_type(contexta.__version__, str)


def one_root(error: ContextaError) -> None:
    """Every error has a code, and the builtin classes catch those that mean the same."""
    assert_type(error.code, str)
    lookup: type[LookupError] = NotFoundError
    missing: tuple[type[ImportError], ...] = (DependencyError, MissingPluginError)
    assert issubclass(lookup, ContextaError)
    assert all(issubclass(kind, ContextaError) for kind in missing)

"""Whether a test leaves the environment variables as it found them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["environment_kept"]

#: pytest and its plugins keep these up to date themselves.
_VOLATILE = frozenset({"COLUMNS", "LINES", "PYTEST_CURRENT_TEST"})


@contextmanager
def environment_kept() -> Iterator[None]:
    """Fail the test when the block changes environment variables, and put them back."""
    before = _variables()
    yield
    after = _variables()
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    for name in changed:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    if changed:
        pytest.fail(f"the test changed environment variables: {', '.join(changed)}")


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _VOLATILE}

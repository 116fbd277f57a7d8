"""Many instances at once, and the collector meanwhile."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import pytest

from contexta.spi.bulk import collector_paused, instances


@dataclass(frozen=True, slots=True)
class _Pair:
    left: int
    right: str


@pytest.fixture
def collecting():
    """Restore what the collector did before."""
    before = gc.isenabled()
    yield
    (gc.enable if before else gc.disable)()


def test_instances_are_those_that_the_class_makes() -> None:
    """Columns become the instances that calling the class for each row makes."""
    assert instances(_Pair, 2, {"left": [1, 2], "right": ["a", "b"]}) == [_Pair(1, "a"), _Pair(2, "b")]


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize("before", [True, False])
def test_the_collector_goes_on_as_before(before) -> None:
    """Inside, nothing is collected; behind it, and behind a failure, the collector does what it did before."""
    (gc.enable if before else gc.disable)()
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled() is before
    with pytest.raises(ZeroDivisionError), collector_paused():
        1 / 0  # noqa: B018 - it fails
    assert gc.isenabled() is before

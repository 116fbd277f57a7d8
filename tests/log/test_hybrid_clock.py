"""The hybrid logical clock: order, whatever the wall clock does."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.errors import ValidationError
from contexta.log import HybridClock

MICROSECOND = 1_000
NOW = 1_700_000_000_000_000


def test_a_stamp_is_sixteen_digits_of_wall_time() -> None:
    """While the wall clock behaves, a stamp is its microseconds."""
    assert HybridClock(lambda: NOW * MICROSECOND + 999).tick() == "1700000000000000"


def test_a_standing_clock_counts_on() -> None:
    """Ticks in one microsecond differ, by one."""
    clock = HybridClock(lambda: NOW * MICROSECOND)
    assert [clock.tick() for _ in range(3)] == ["1700000000000000", "1700000000000001", "1700000000000002"]


@given(st.lists(st.integers(0, 4_000_000_000_000_000_000), min_size=1, max_size=50))
def test_stamps_increase_whatever_the_wall_clock_does(times: list[int]) -> None:
    """Any sequence of wall times gives strictly increasing texts of one width."""
    remaining = iter(times)
    clock = HybridClock(lambda: next(remaining))
    stamps = [clock.tick() for _ in times]
    assert stamps == sorted(set(stamps))
    assert {len(stamp) for stamp in stamps} == {16}


@given(st.integers(0, 4_000_000_000_000_000_000), st.integers(0, 9_000_000_000_000_000))
def test_a_tick_sorts_behind_what_was_observed(now: int, observed: int) -> None:
    """After observing another process's stamp, the next one is later than it."""
    clock = HybridClock(lambda: now)
    text = f"{observed:016d}"
    clock.observe(text)
    assert clock.tick() > text


@pytest.mark.parametrize(
    "text", ["", "12", "x" * 16, "17000000000000000", "１７００００００００００００００"]
)
def test_what_is_no_stamp_is_refused(text: str) -> None:
    """A foreign text does not move the clock; the error has a stable code."""
    with pytest.raises(ValidationError) as caught:
        HybridClock().observe(text)
    assert caught.value.code == "clock_stamp_invalid"


def test_threads_never_get_the_same_stamp() -> None:
    """Four threads on one clock that stands still: all stamps differ."""
    clock = HybridClock(lambda: NOW * MICROSECOND)
    stamps: list[str] = []
    threads = [
        threading.Thread(target=lambda: stamps.extend(clock.tick() for _ in range(500))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(stamps)) == 2000

"""Whether a directory still has the names that it had: told by its time once that can be trusted."""

from __future__ import annotations

import os

import pytest

from contexta_store_jsonl import listing
from contexta_store_jsonl.listing import NOTHING, list_directory, listed_again

#: Long ago, in nanoseconds.
_SETTLED = 1_700_000_000_000_000_000


@pytest.fixture
def directory(tmp_path):
    """Make a directory of two files that was changed long ago."""
    place = tmp_path / "segments"
    place.mkdir()
    for name in ("a.seg", "b.open"):
        (place / name).touch()
    os.utime(place, ns=(_SETTLED, _SETTLED))
    return place


@pytest.fixture
def listings(monkeypatch):
    """Count the listings of directories."""
    counted = []
    listdir = os.listdir
    monkeypatch.setattr(listing.os, "listdir", lambda place: counted.append(place) or listdir(place))
    return counted


def test_a_settled_directory_is_listed_once(directory, listings):
    """Unchanged for long, its time alone tells that the names are the same."""
    first = list_directory(directory)
    assert first.names == {"a.seg", "b.open"}
    assert all(listed_again(directory, first) is first for _ in range(3))
    assert len(listings) == 1


def test_another_name_is_seen(directory, listings):
    """A file that comes, goes or is renamed changes the time, and so the names."""
    first = list_directory(directory)
    (directory / "b.open").rename(directory / "b.seg")
    second = listed_again(directory, first)
    assert second.names == {"a.seg", "b.seg"}
    (directory / "c.open").touch()
    assert listed_again(directory, second).names == {"a.seg", "b.seg", "c.open"}
    (directory / "a.seg").unlink()
    assert "a.seg" not in listed_again(directory, second).names


def test_a_time_of_just_now_tells_nothing(directory, listings):
    """What changed a moment ago may change again under the same time, so the names are read each time."""
    (directory / "c.open").touch()
    changed = directory.stat().st_mtime_ns
    first = list_directory(directory)
    (directory / "d.open").touch()
    os.utime(directory, ns=(changed, changed))
    assert first.changed_at is None
    assert "d.open" in listed_again(directory, first).names


def test_a_directory_that_is_gone_holds_nothing(directory):
    """Before it is made, and after it was removed, there are no names."""
    first = list_directory(directory)
    for name in first.names:
        (directory / name).unlink()
    directory.rmdir()
    assert listed_again(directory, first) == NOTHING == list_directory(directory)

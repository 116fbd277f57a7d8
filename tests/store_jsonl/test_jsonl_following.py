"""Following a run: everything once, whoever writes it, through rotation and compaction."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contexta.spi.following import SupportsFollowing, follow_by_scans
from contexta_store_jsonl import following

RUN = "run:p.a"
SCRIPT = """
import sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
with open_backend(OpenContext(root=Path(sys.argv[1]), durability="flush", max_segment_bytes=4000)) as store:
    for number in range(int(sys.argv[2])):
        store.append([{"type": "metric", "id": f"w{number}", "run": "run:p.a", "key": "loss", "value": number,
                       "time": "2026-03-01T10:00:00Z"}])
"""


def metric(record_id, *, run=RUN, second=0):
    """Return a flat metric record."""
    return {
        "type": "metric",
        "id": record_id,
        "run": run,
        "key": "loss",
        "value": 1.0,
        "time": f"2026-03-01T10:{second // 60:02d}:{second % 60:02d}Z",
    }


def ids(found):
    """Return the identifiers of records."""
    return [each.record["id"] for each in found]


def test_the_first_look_yields_what_is_there(open_store):
    """Everything of the run and nothing of another comes first; without anything new a look is empty."""
    store = open_store()
    store.append([metric("1"), metric("x", run="run:p.b"), metric("2")])
    looks = open_store().follow(RUN)
    assert (["1", "2"], [], []) == (ids(next(looks)), ids(next(looks)), ids(next(looks)))


def test_each_look_yields_what_came_since(open_store):
    """Records of two writers come once each, those of one in order; so do those of a writer that comes later."""
    one, two = open_store(), open_store()
    one.append([metric("a0")])
    looks = open_store().follow(RUN)
    assert ["a0"] == ids(next(looks))
    one.append([metric("a1"), metric("x", run="run:p.b"), metric("a2")])
    two.append([metric("b0")])
    assert ["a1", "a2", "b0"] == sorted(ids(next(looks)))
    open_store().append([metric("c0")])
    one.append([metric("a3")])
    assert ["a3", "c0"] == sorted(ids(next(looks)))
    assert [] == ids(next(looks))


def test_nothing_is_lost_where_segments_rotate(open_store):
    """A writer that seals segment after segment between two looks is followed through all of them."""
    store = open_store(max_segment_bytes=500)
    looks = open_store().follow(RUN)
    assert [] == ids(next(looks))
    names = [f"{number:03d}" for number in range(60)]
    for name in names[:30]:
        store.append([metric(name)])
    first = ids(next(looks))
    for name in names[30:]:
        store.append([metric(name)])
    assert names == first + ids(next(looks))


@given(
    steps=st.lists(
        st.sampled_from(["append", "append", "look", "compact", "reopen"]), min_size=1, max_size=25
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_record_comes_once_whatever_happens_between(steps, open_store, tmp_path_factory):
    """Appends, compactions and closed writers in any order: all that was appended is yielded once."""
    root = tmp_path_factory.mktemp("followed") / "records"
    store, reader = (open_store(root=root, max_segment_bytes=600) for _ in range(2))
    looks = reader.follow(RUN)
    appended, seen = [], ids(next(looks))
    for step in steps:
        if step == "append":
            names = [f"{len(appended) + each}" for each in range(3)]
            store.append([metric(name, second=int(name)) for name in names])
            appended += names
        elif step == "look":
            seen += ids(next(looks))
        elif step == "compact":
            reader.compact()
        else:
            store.close()
            store = open_store(root=root, max_segment_bytes=600)
    seen += ids(next(looks))
    assert sorted(appended) == sorted(seen)


def test_what_is_older_than_the_memory_does_not_come_again(open_store, monkeypatch):
    """After a compaction, records that were yielded long ago are told from new ones by their time."""
    monkeypatch.setattr(following, "_REMEMBERED", 5)
    store = open_store(max_segment_bytes=600)
    looks = open_store().follow(RUN)
    store.append([metric(f"{number}", second=number) for number in range(20)])
    assert 20 == len(next(looks))
    store.append([metric("new", second=30)])
    store.compact()
    assert ["new"] == ids(next(looks))


def test_another_process_is_followed(open_store, start, tmp_path):
    """What another process appends, segment after segment, comes completely and in order."""
    looks = open_store().follow(RUN)
    seen = ids(next(looks))
    writer = start(SCRIPT, tmp_path / "records", 400)
    while writer.poll() is None:
        seen += ids(next(looks))
    seen += ids(next(looks))
    assert [f"w{number}" for number in range(400)] == seen


def test_a_deleted_run_has_nothing_to_follow(open_store):
    """Of a run that was deleted nothing is yielded."""
    store = open_store()
    store.append([metric("1")])
    store.delete_runs([RUN])
    assert [] == ids(next(store.follow(RUN)))


def test_a_store_without_it_is_followed_by_scans(open_store):
    """The plain way yields the same, from any store."""
    store = open_store()
    assert isinstance(store, SupportsFollowing)
    assert "following" in store.capabilities
    store.append([metric("1")])
    looks = follow_by_scans(store, RUN)
    assert ["1"] == ids(next(looks))
    assert [] == ids(next(looks))
    store.append([metric("2")])
    assert ["2"] == ids(next(looks))


@pytest.mark.parametrize("known", [0, 3])
def test_a_record_that_nobody_can_read_is_passed_over(known, open_store, tmp_path):
    """A damaged line is left out and counted, before the first look or after it."""
    store = open_store()
    store.append([metric(f"{number}") for number in range(3)])
    reader = open_store()
    looks = reader.follow(RUN)
    if known:
        next(looks)
    (segment,) = (tmp_path / "records" / "segments").iterdir()
    store.append([metric("torn"), metric("whole")])
    segment.write_bytes(segment.read_bytes().replace(b'"id":"torn"', b'"id":"tarn"'))
    assert "whole" == ids(next(looks))[-1]
    assert 1 == reader.damage_count

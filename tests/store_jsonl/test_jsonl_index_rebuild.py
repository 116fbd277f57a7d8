"""Building the index anew, and what it spares: one run costs what that run holds."""

from __future__ import annotations

import pytest

from contexta.errors import ReadOnlyStoreError
from contexta.spi.records import ScanFilter


def points(run, count):
    """Return metrics of one run."""
    return [
        {
            "type": "metric", "id": f"{run}{number:06d}", "run": f"run:p.{run}", "key": "loss", "step": number,
            "value": number / 8, "time": f"2026-03-01T10:{number // 60 % 60:02d}:{number % 60:02d}Z",
        }
        for number in range(count)
    ]  # fmt: skip


def test_a_rebuild_covers_sealed_and_open_segments(open_store) -> None:
    """All but the open segment's header and what is behind its last line is covered; doing it twice changes nothing."""
    sealed = open_store()
    sealed.append(points("a", 500))
    sealed.close()
    store = open_store()
    store.append(points("b", 500))
    report = store.rebuild_indexes()
    assert report.performed
    assert report.uncovered_bytes == 0
    assert report.index_bytes > 0
    assert store.rebuild_indexes().covered_bytes == report.covered_bytes
    assert store.counts_by_run() == {"run:p.a": {"metric": 500}, "run:p.b": {"metric": 500}}


def test_an_empty_store_has_nothing_to_cover(open_store, tmp_path) -> None:
    """Nothing is built where there are no records."""
    report = open_store().rebuild_indexes()
    assert (report.covered_bytes, report.index_bytes) == (0, 0)
    assert list((tmp_path / "records" / "index").glob("*.duckdb")) == []


def test_a_read_only_store_is_not_rebuilt(open_store) -> None:
    """Its index is left as it is."""
    with pytest.raises(ReadOnlyStoreError):
        open_store(read_only=True).rebuild_indexes()


def test_what_has_no_space_says_so_and_answers(open_store, tmp_path) -> None:
    """A directory that cannot be made is a typed error of the rebuild, and of nothing else."""
    from contexta.errors import StoreAccessError

    store = open_store()
    store.append(points("a", 10))
    (tmp_path / "records" / "index").write_text("")
    with pytest.raises(StoreAccessError):
        store.rebuild_indexes()
    assert store.counts("run:p.a") == {"metric": 10}


def bytes_read(open_store, runs):
    """Return how many bytes of segments a fresh store reads to show one of some runs."""
    with open_store() as store:
        read = []
        original = store._reader.read

        def counted(segment, cursor, *, max_bytes=None):
            chunk = original(segment, cursor, max_bytes=max_bytes)
            read.append(chunk.cursor.offset - cursor.offset)
            return chunk

        store._reader.read = counted
        middle = f"run:p.r{runs // 2:04d}"
        assert len(list(store.scan(ScanFilter(run_ref=middle)))) == 20
        assert store.counts(middle) == {"metric": 20}
        assert [summary.count for summary in store.summaries(runs=[middle])] == [20]
        return sum(read)


def test_one_run_costs_what_it_holds(open_store) -> None:
    """Ten times the runs in the store do not make one run read more bytes of segments."""
    read = []
    for runs in (200, 2_000):
        with open_store() as store:
            for number in range(200 if runs == 200 else 1_800):
                store.append(points(f"r{number + (0 if runs == 200 else 200):04d}", 20))
            store.close()
        with open_store() as store:
            assert store.rebuild_indexes().performed
        read.append(bytes_read(open_store, runs))
    few, many = read
    assert many <= 1.2 * few
    # Marks stand 16 KiB apart, and one run's lines are 3 KiB.
    assert few < 40_000

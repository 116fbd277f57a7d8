"""The files of the index: whatever becomes of them, the answers are those of a plain scan."""

from __future__ import annotations

import contextlib
import os
import random
import threading

import pytest

from contexta.log import filesystem
from contexta.spi.summaries import PlainSummaries
from contexta_store_jsonl.index import building, coverage, part
from contexta_store_jsonl.index.directory import IndexDirectory

duckdb = pytest.importorskip("duckdb")

RUNS = [f"run:p.r{number}" for number in range(5)]


@pytest.fixture(autouse=True)
def _eager(monkeypatch) -> None:
    """Build a part for everything that is new, down to single lines."""
    monkeypatch.setattr(coverage, "DUE_BYTES", 1)
    monkeypatch.setattr(coverage, "LEAST_BYTES", 1)


def point(number, **changes):
    """Return a metric of the run whose turn it is."""
    return {
        "type": "metric", "id": f"i{number:05d}", "run": RUNS[number % len(RUNS)], "key": "loss", "step": number,
        "value": number / 8, "time": f"2026-03-01T10:00:{number % 60:02d}.{number:06d}Z", **changes,
    }  # fmt: skip


@pytest.fixture
def filled(open_store, tmp_path):
    """Append 200 points of five runs in several segments, and return the directory of an index that covers them."""
    writer = open_store(max_segment_bytes=8_000)
    writer.append([point(number) for number in range(200)])
    writer.close()
    with open_store() as reader:
        assert len(reader.summaries()) == len(RUNS)
    assert parts(tmp_path)
    return tmp_path / "records" / "index"


def parts(tmp_path):
    """Return the files of the parts, the newest last."""
    return sorted((tmp_path / "records" / "index").glob("part-*.duckdb"))


def assert_right(store) -> None:
    """Hold answers to those of a plain scan, and the number of points to what was appended."""
    plain = PlainSummaries(store)
    assert sorted(store.summaries(), key=repr) == sorted(plain.summaries(), key=repr)
    for run in RUNS:
        assert store.counts(run) == {"metric": 40}
        assert store.points(run, "loss") == plain.points(run, "loss")
        assert len(store.points(run, "loss")) == 40


def test_one_run_is_read_from_where_the_index_says(filled, open_store, tmp_path, monkeypatch) -> None:
    """A scan of one run reads fewer bytes than the store holds, and all of its records."""
    del filled
    writer = open_store()
    writer.append([point(number, run="run:p.long", id=f"l{number:05d}") for number in range(5_000)])
    writer.close()
    with open_store() as store:
        store.summaries()
        read = []
        original = store._reader.read

        def counted(segment, cursor, *, max_bytes=None):
            read.append(max_bytes)
            return original(segment, cursor, max_bytes=max_bytes)

        monkeypatch.setattr(store._reader, "read", counted)
        from contexta.spi.records import ScanFilter

        assert len(list(store.scan(ScanFilter(run_ref=RUNS[0])))) == 40
    assert 0 < sum(read) < 60_000


def test_a_question_about_a_run_leaves_parts_without_it_alone(
    filled, open_store, tmp_path, monkeypatch
) -> None:
    """Of two parts only the one that holds a run is asked about it; about all runs both are."""
    del filled
    with open_store() as writer:
        writer.append([point(300, run="run:p.small")])
    with open_store() as store:
        store.summaries()
        assert len(parts(tmp_path)) == 2
        asked = []
        original = part.Part.counts
        monkeypatch.setattr(
            part.Part, "counts", lambda self, runs: asked.append(runs) or original(self, runs)
        )
        assert store.counts_by_run(runs=["run:p.small"]) == {"run:p.small": {"metric": 1}}
        assert len(asked) == 1
        assert store.counts_by_run(runs=[RUNS[0], "run:p.small"])[RUNS[0]] == {"metric": 40}
        assert len(asked) == 3
        assert len(store.counts_by_run()) == len(RUNS) + 1
        assert len(asked) == 5


def test_a_view_in_the_place_of_a_table_reads_nothing(filled, open_store, tmp_path) -> None:
    """A part from a hostile workspace is refused before any of its tables is read, by readers and by builders."""
    (path,) = parts(tmp_path)
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE contested")
        connection.execute(f"CREATE VIEW contested AS SELECT content AS run FROM read_text('{secret}')")
    os.utime(secret, ns=(0, 0))
    with open_store() as store:
        assert_right(store)
    (mended,) = parts(tmp_path)
    assert mended != path
    assert secret.read_text() == "x"


def test_a_confined_connection_reads_no_other_file(tmp_path, filled) -> None:
    """Neither the file system beside the index nor settings are in reach of what a part could ask for."""
    from contexta_store_jsonl.index.layout import confine, connect

    (tmp_path / "secret.txt").write_text("x")
    connection = connect(":memory:", threads=1)
    confine(connection, [filled])
    for statement in (
        f"SELECT * FROM read_text('{tmp_path}/secret.txt')",
        f"ATTACH '{tmp_path}/other.duckdb'",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        "SET enable_external_access = true",
        f"SELECT * FROM read_text('{filled}/../../secret.txt')",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stretches SET start_offset = -5",
        "UPDATE stretches SET mark_offset = list_transform(mark_offset, lambda each: each + 1000000000)",
        "UPDATE stretches SET mark_n = []",
        "UPDATE extents SET low_id = NULL",
        "UPDATE summaries SET first_stretch = 99",
        "ALTER TABLE points ADD COLUMN extra INTEGER",
        "DROP TABLE refused",
        "CREATE MACRO f(x) AS x + 1",
        "CREATE TABLE more (x INTEGER)",
    ],
)
def test_a_part_that_makes_no_sense_is_passed_over(filled, open_store, tmp_path, change) -> None:
    """Impossible places, missing bounds and foreign tables cost the part, and no answer."""
    del filled
    (path,) = parts(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(change)
    with open_store() as store:
        assert_right(store)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_costs_no_answer(filled, open_store, tmp_path, seed) -> None:
    """A part that is cut, overwritten or has a flipped bit gives the right answers or none."""
    del filled
    chance = random.Random(seed)
    (path,) = parts(tmp_path)
    data = bytearray(path.read_bytes())
    place = chance.randrange(len(data))
    if seed % 2:
        data[place] ^= 1 << chance.randrange(8)
    else:
        del data[place:]
    path.write_bytes(data)
    with open_store() as store:
        assert_right(store)


def test_a_file_in_the_place_of_the_directory(open_store, tmp_path, caplog) -> None:
    """Where no index can be kept every question is answered, and one warning says why."""
    writer = open_store()
    writer.append([point(number) for number in range(200)])
    (tmp_path / "records" / "index").write_text("")
    assert_right(writer)
    assert_right(writer)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_full_disk_while_building(open_store, tmp_path, monkeypatch, caplog) -> None:
    """A build that fails leaves nothing behind and is not tried again with the next question."""
    writer = open_store()
    writer.append([point(number) for number in range(200)])

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "stage", full)
    assert_right(writer)
    assert_right(writer)
    assert len(caplog.records) == 1
    assert [path.name for path in (tmp_path / "records" / "index").iterdir()] == [".lock"]


def test_what_cannot_be_asked_is_left_alone(filled, open_store, monkeypatch, caplog) -> None:
    """Questions that fail for another reason than the file's end in the plain answers, not in building for ever."""
    del filled
    monkeypatch.setattr(
        part, "_EXTENTS", "SELECT nonsense FROM {0}.extents WHERE {1} AND list_contains($runs, run)"
    )
    with open_store() as store:
        assert_right(store)
    assert "left alone" in caplog.records[-1].message


def test_a_read_only_store_reads_the_index_and_builds_none(filled, open_store, tmp_path) -> None:
    """What is there is used; what is missing stays missing."""
    (path,) = parts(tmp_path)
    with open_store(read_only=True) as store:
        assert_right(store)
        assert store._catalog._index.coverage.parts
    path.unlink()
    with open_store(read_only=True) as store:
        assert_right(store)
    assert [each.name for each in filled.iterdir()] == [".lock"]


def test_without_indexes_nothing_is_kept(open_store, tmp_path) -> None:
    """The setting leaves the directory out, and the answers are the same."""
    writer = open_store(settings={"enable_indexes": False})
    writer.append([point(number) for number in range(200)])
    assert_right(writer)
    assert not (tmp_path / "records" / "index").exists()


def test_one_builds_and_the_others_answer(open_store, tmp_path) -> None:
    """While somebody holds the right to build, a question is answered without it."""
    writer = open_store()
    writer.append([point(number) for number in range(200)])
    with IndexDirectory(tmp_path / "records" / "index").building() as ours:
        assert ours
        assert_right(writer)
        assert parts(tmp_path) == []
    writer.append([point(0, run="run:p.other")])
    assert_right(writer)
    assert parts(tmp_path)


def test_leftovers_of_a_dead_builder_are_removed(filled, open_store) -> None:
    """Half a part, its spill directory and an excerpt go with the next build; another version's part stays."""
    (filled / ".tmp-1234.spill").mkdir()
    (filled / ".tmp-1234").write_bytes(b"half")
    (filled / "part-v999-00000001-0123abcd.duckdb").write_bytes(b"theirs")
    with open_store() as store:
        store.append([point(0, run="run:p.other")])
        assert_right(store)
    assert {path.name[:9] for path in filled.iterdir()} == {".lock", "part-v2-0", "part-v999"}


def test_a_part_that_is_replaced_while_it_is_attached(filled, open_store, tmp_path, monkeypatch) -> None:
    """Who lists a part that is gone a moment later lists again and takes the one that replaced it."""
    (path,) = parts(tmp_path)
    newer = path.with_name("part-v2-00000002-01234567.duckdb")
    original = IndexDirectory.parts
    lists = []

    def listing(self):
        found = original(self)
        if not lists:
            path.rename(newer)
        lists.append(found)
        return found

    monkeypatch.setattr(IndexDirectory, "parts", listing)
    with open_store(read_only=True) as store:
        assert_right(store)
        assert [each.file.path for each in store._catalog._index.coverage.parts] == [newer]
    del filled


def test_a_directory_with_wildcards_in_its_name(open_store, tmp_path) -> None:
    """Characters that DuckDB expands in names of files are taken as they are."""
    root = tmp_path / "we[1]rd * d'ir" / "records"
    writer = open_store(root=root)
    writer.append([point(number) for number in range(200)])
    assert_right(writer)
    assert len(list((root / "index").glob("part-*"))) == 1


def test_a_directory_that_duckdb_cannot_write_to(open_store, tmp_path, caplog) -> None:
    """A question mark in a path sends DuckDB's log elsewhere: there is no index then, and there are the answers."""
    writer = open_store(root=tmp_path / "why?" / "records")
    writer.append([point(number) for number in range(200)])
    assert_right(writer)
    assert len(caplog.records) == 1


def wait_for(pid) -> int:
    """Return the exit status of a child."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_asks_for_itself(filled, open_store) -> None:
    """Parent and child answer after a fork with attached parts, and the child ends as any process does."""
    del filled
    store = open_store()
    assert_right(store)
    pid = os.fork()
    if not pid:
        status = 1
        try:
            assert_right(store)
            status = 0
        finally:
            # The interpreter's own end would run the test session a second time.
            os._exit(status)
    assert wait_for(pid) == 0
    assert_right(store)


FORKING = """
import os, sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
from contexta_store_jsonl.index import coverage
coverage.DUE_BYTES = coverage.LEAST_BYTES = 1
store = open_backend(OpenContext(root=Path(sys.argv[1]), durability="flush"))
assert len(store.summaries()) == 5
pid = os.fork()
assert len(store.summaries()) == 5
if pid:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    print("ended")
"""


def test_a_child_with_parts_of_its_parent_ends(filled, start, tmp_path) -> None:
    """The end of the interpreter waits for no thread of the parent."""
    del filled
    printed, _ = start(FORKING, tmp_path / "records").communicate(timeout=20)
    assert printed.split() == ["ended"]


def test_a_fork_during_a_build_keeps_the_right_to_build_with_nobody(tmp_path) -> None:
    """A child that lives on does not hold the lock that its parent let go."""
    directory = IndexDirectory(tmp_path / "index")
    (told, tell), (ended, end) = os.pipe(), os.pipe()
    with directory.building() as ours:
        assert ours
        pid = os.fork()
        if not pid:
            os.close(end)
            os.write(tell, b"!")
            os.read(ended, 1)
            os._exit(0)
        os.read(told, 1)
    try:
        with directory.building() as ours:
            assert ours
    finally:
        for descriptor in (told, tell, ended, end):
            os.close(descriptor)
        assert wait_for(pid) == 0


def test_threads_ask_while_parts_are_built(filled, open_store) -> None:
    """Six threads of one store ask and append at once; none fails, and nothing is lost."""
    del filled
    store, failures = open_store(), []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                store.append([point(turn, run=f"run:p.t{number}", id=f"t{number}.{turn}")])
                assert len(store.points(f"run:p.t{number}", "loss")) == turn + 1
                assert store.counts(RUNS[number % 5]) == {"metric": 40}
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert_right(store)


CALLS = ("replace", "sync_directory", "remove_file", "create_private_directory", "write_all")


class Killed(BaseException):
    """Stands for the death of the process."""


@pytest.mark.parametrize("name", CALLS)
def test_death_at_a_call_of_a_build_loses_nothing(filled, open_store, monkeypatch, name) -> None:
    """Whichever step is the last one: the next process answers rightly, builds, and leaves no trace of the dead one."""
    with open_store() as store:
        store.append([point(0, run="run:p.other")])

        def die(*_, **__):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(filesystem, name, die)
            with contextlib.suppress(Killed):
                store.summaries()
    with open_store() as store:
        store.append([point(1, run="run:p.other")])
        assert_right(store)
    assert {path.name[:8] for path in filled.iterdir()} == {".lock", "part-v2-"}

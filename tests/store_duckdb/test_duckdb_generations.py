"""The index: built from the journal, used instead of it, and never needed."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from contexta.errors import ConfigurationError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta_store_duckdb import generation as generation_module
from contexta_store_duckdb import table as table_module
from contexta_store_duckdb.options import DuckDBOptions

if TYPE_CHECKING:
    from pathlib import Path

RUN = EntityKind.RUN
STAGE = EntityKind.STAGE


def fill(store, count: int, start: int = 0) -> None:
    """Journal so many closed runs with a stage each."""
    for n in range(start, start + count):
        run = {
            "name": f"r{n}",
            "project_ref": "project:p",
            "tags": {"parity": "odd" if n % 2 else "even"},
            "participants": {
                f"{store.writer}.{n}": {
                    "attempt": 1,
                    "status": "failed" if n % 3 == 0 else "completed",
                    "started_at": f"2024-01-01T00:{n // 60 % 60:02d}:{n % 60:02d}.123456789Z",
                    "ended_at": f"2024-01-01T01:{n // 60 % 60:02d}:{n % 60:02d}Z",
                }
            },
        }
        stage = {"run_ref": f"run:p.r{n}", "stage_name": "s", "order_index": n}
        store.apply([Mutation(RUN, f"run:p.r{n}", run), Mutation(STAGE, f"stage:p.r{n}.s", stage)])


def generations(root: Path) -> list[Path]:
    """List the published files, oldest first."""
    return sorted((root / "index").glob("generation-*.duckdb"))


QUERIES = [
    EntityQuery(RUN),
    EntityQuery(RUN, descending=True, limit=7, offset=3),
    EntityQuery(RUN, status="failed", order_by="name"),
    EntityQuery(RUN, tags={"parity": "odd"}, order_by="ended_at", descending=True),
    EntityQuery(RUN, fields={"project_ref": "project:p"}, started_after="2024-01-01T00:00:20.123456789Z"),
    EntityQuery(RUN, started_before="2024-01-01T00:00:20.123456788Z"),
    EntityQuery(RUN, refs=("run:p.r5", "run:p.none")),
    EntityQuery(STAGE, fields={"run_ref": "run:p.r9"}, order_by="order_index"),
]


def answers(store) -> list[list[tuple[str, dict]]]:
    """Ask everything of QUERIES."""
    return [[(entity.ref, entity.document) for entity in store.find(query)] for query in QUERIES]


@pytest.fixture
def from_generation(monkeypatch):
    """Count the generations that are read."""
    reads = []
    original = generation_module.read

    def read(path):
        reads.append(path.name)
        return original(path)

    monkeypatch.setattr(generation_module, "read", read)
    return reads


def test_a_generation_answers_like_the_journal(root, open_store, from_generation) -> None:
    """Every query has the same answer from the journal, from a generation, and from one with a tail."""
    fill(open_store(index=False), 60)
    expected = answers(open_store(index=False))
    assert answers(open_store(index_threshold_bytes=1)) == expected
    assert len(generations(root)) == 1
    assert answers(open_store(read_only=True)) == expected
    assert len(from_generation) == 1
    fill(open_store(), 30, start=45)
    assert answers(open_store(read_only=True)) == answers(open_store(index=False))


def test_what_a_generation_covers_is_not_read_again(root, open_store) -> None:
    """A reader starts behind the generation's cursors: finished segments are not opened, and the cost is the same."""
    writer = open_store(segment=2_000)
    fill(writer, 40)
    writer.close()
    builder = open_store(index_threshold_bytes=1)
    builder.find(EntityQuery(RUN))
    reader = open_store(read_only=True)
    opened = []
    original = reader._view.tail.reader.read
    reader._view.tail.reader.read = lambda segment, cursor: (
        opened.append(segment.name) or original(segment, cursor)
    )
    assert len(reader.find(EntityQuery(RUN))) == 40
    assert opened == []
    assert reader._view.tail.cost == builder._view.tail.cost


def test_a_patch_after_the_generation_merges_by_clock(root, open_store) -> None:
    """States keep the clock of every field, so a tail overrides a generation field by field."""
    store = open_store(index_threshold_bytes=1)
    store.apply(
        [Mutation(RUN, "run:p.r", {"name": "old", "description": "kept", "tags": {"a": "1", "b": "2"}})]
    )
    store.find(EntityQuery(RUN))
    other = open_store(index=False)
    other.find(EntityQuery(RUN))
    other.apply([Mutation(RUN, "run:p.r", {"name": "new", "tags": {"b": None, "c": "3"}})])
    document = {"name": "new", "description": "kept", "tags": {"a": "1", "c": "3"}}
    assert open_store(read_only=True).get(RUN, "run:p.r").document == document


def test_an_open_run_in_a_generation_is_folded_when_it_is_read(root, open_store, start) -> None:
    """Who lives is asked at every question: a run that was open when the file was built reads as interrupted later."""
    process = start(
        'backend.apply([Mutation(RUN, "run:p.r", opened())])\nprint("ready", flush=True)\nsys.stdin.read()'
    )
    process.stdout.readline()
    assert open_store(index_threshold_bytes=1).get(RUN, "run:p.r").document["status"] == "open"
    assert len(generations(root)) == 1
    process.kill()
    process.wait()
    reader = open_store(read_only=True)
    assert reader.find(EntityQuery(RUN, status="open")) == []
    found = reader.find(EntityQuery(RUN, status="interrupted"))
    assert [entity.document["status"] for entity in found] == ["interrupted"]


def test_a_patch_changes_what_the_generation_said_of_an_entity(open_store) -> None:
    """Status, time and name of an entity come from its state as soon as anything was merged into it."""
    store = open_store(index_threshold_bytes=1)
    fill(store, 4)
    store.find(EntityQuery(RUN))
    reader = open_store(read_only=True)
    assert [entity.ref for entity in reader.find(EntityQuery(RUN, status="failed"))] == [
        "run:p.r0",
        "run:p.r3",
    ]
    entry = {"attempt": 2, "status": "failed", "started_at": "2023-01-01T00:00:00Z"}
    store.apply([Mutation(RUN, "run:p.r2", {"name": "a", "participants": {f"{store.writer}.x": entry}})])
    failed = [entity.ref for entity in reader.find(EntityQuery(RUN, status="failed"))]
    assert failed == ["run:p.r2", "run:p.r0", "run:p.r3"]
    by_name = [entity.ref for entity in reader.find(EntityQuery(RUN, order_by="name"))]
    assert by_name == ["run:p.r2", "run:p.r0", "run:p.r1", "run:p.r3"]


def test_deleting_the_index_costs_nothing_but_time(root, open_store) -> None:
    """Without its files, also under a reader that has used them, every answer is the same."""
    store = open_store(index_threshold_bytes=1)
    fill(store, 20)
    expected = answers(store)
    reader = open_store(read_only=True)
    assert answers(reader) == expected
    shutil.rmtree(root / "index")
    assert answers(reader) == expected
    assert answers(open_store(read_only=True)) == expected
    assert answers(open_store(index_threshold_bytes=1)) == expected
    assert len(generations(root)) == 1


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "text", "directory"])
def test_a_damaged_generation_is_ignored_and_replaced(root, open_store, from_generation, harm) -> None:
    """Whatever happens to the file, answers come from the journal, and the next publication replaces it."""
    store = open_store(index_threshold_bytes=1)
    fill(store, 20)
    expected = answers(store)
    [path] = generations(root)
    content = path.read_bytes()
    path.unlink()
    if harm == "directory":
        path.mkdir()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"flip": flipped, "cut": content[:-4096], "empty": b"", "text": b"x" * 9000}[harm])
    assert answers(open_store(read_only=True)) == expected
    assert from_generation == []
    assert answers(open_store(index_threshold_bytes=1)) == expected
    assert [found.name[11:19] for found in generations(root)][-1] == "00000002"
    assert answers(open_store(read_only=True)) == expected
    assert len(from_generation) == 1


def test_a_generation_of_another_format_is_ignored(root, open_store, monkeypatch) -> None:
    """A file of a newer version's tables is left to that version."""
    monkeypatch.setattr(generation_module, "FORMAT", generation_module.FORMAT + 1)
    store = open_store(index_threshold_bytes=1)
    fill(store, 5)
    expected = answers(store)
    monkeypatch.undo()
    reader = open_store(read_only=True)
    assert answers(reader) == expected
    assert reader._view._covered == 0


def test_a_generation_of_another_journal_is_ignored(root, open_store) -> None:
    """After a restore of an older journal nothing of the newer one shines through, shorter or missing segments alike."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.old", {"name": "old"})])
    backup = {path.name: path.read_bytes() for path in (root / "journal").iterdir()}
    store.apply([Mutation(RUN, "run:p.new", {"name": "new"})])
    store.close()
    assert len(open_store(index_threshold_bytes=1).find(EntityQuery(RUN))) == 2
    shutil.rmtree(root / "journal")
    (root / "journal").mkdir(mode=0o700)
    for name, content in backup.items():
        (root / "journal" / name).write_bytes(content)
    assert [entity.ref for entity in open_store(read_only=True).find(EntityQuery(RUN))] == ["run:p.old"]


def test_the_newest_two_generations_are_kept(root, open_store) -> None:
    """Publication counts up and removes what is older than the one before."""
    for n in range(4):
        store = open_store(index_threshold_bytes=1)
        fill(store, 10 * 2**n, start=1000 * n)
        store.find(EntityQuery(RUN))
    assert [path.name[11:19] for path in generations(root)] == ["00000003", "00000004"]
    assert sorted(path.name for path in (root / "index").iterdir() if path not in generations(root)) == [
        ".lock"
    ]


def test_a_generation_is_due_after_a_quarter_more(root, open_store) -> None:
    """Little growth publishes nothing, so that publishing stays in proportion to writing."""
    store = open_store(index_threshold_bytes=1)
    fill(store, 100)
    store.find(EntityQuery(RUN))
    fill(store, 10, start=100)
    store.find(EntityQuery(RUN))
    assert len(generations(root)) == 1
    fill(store, 30, start=110)
    store.find(EntityQuery(RUN))
    assert len(generations(root)) == 2


def test_a_small_journal_publishes_nothing(root, open_store) -> None:
    """Below the threshold no index comes into being."""
    store = open_store()
    fill(store, 20)
    answers(store)
    assert not (root / "index").exists()


def test_publishing_beside_another_publisher_is_skipped(root, open_store) -> None:
    """While another process holds the index's lock, a reader answers without publishing."""
    import fcntl

    store = open_store(index_threshold_bytes=1)
    fill(store, 5)
    (root / "index").mkdir(mode=0o700)
    with (root / "index" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert len(store.find(EntityQuery(RUN))) == 5
    assert generations(root) == []


def test_readers_and_publishers_beside_writers_agree_in_the_end(root, open_store, start) -> None:
    """Two writers, two publishing readers: no error, exact counts, and a cold reader finds everything."""
    writers = [
        start(
            """
for n in range(150):
    backend.apply([Mutation(RUN, f"run:p.{sys.argv[2]}-{n}", {"name": str(n)})])
backend.close()
""",
            name,
        )
        for name in "ab"
    ]
    readers = [
        start(
            """
from contexta_store_duckdb.options import DuckDBOptions
last = 0
while last < 300:
    backend = open_backend(OpenContext(Path(sys.argv[1])), DuckDBOptions(index_threshold_bytes=2000))
    found = len(backend.find(EntityQuery(RUN)))
    assert found >= last, (found, last)
    last = found
    backend.close()
print(last)
"""
        )
        for _ in range(2)
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert [reader.communicate()[0] for reader in readers] == ["300\n", "300\n"]
    assert len(open_store(read_only=True).find(EntityQuery(RUN))) == 300
    assert 1 <= len(generations(root)) <= 2


def test_leftovers_of_a_dead_publisher_are_removed(root, open_store) -> None:
    """Half-built files do not pile up."""
    index = root / "index"
    index.mkdir(parents=True, mode=0o700)
    for name in (".tmp-0123456789abcdef", ".tmp-0123456789abcdef.wal", ".tmp-0123456789abcdef.ndjson"):
        (index / name).write_bytes(b"x")
    store = open_store(index_threshold_bytes=1)
    fill(store, 5)
    store.find(EntityQuery(RUN))
    assert sorted(path.name for path in index.iterdir()) == [".lock", generations(root)[0].name]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_an_index_that_cannot_be_written_fails_no_answer(root, open_store) -> None:
    """Without the right to create the index, questions are answered all the same."""
    store = open_store(index_threshold_bytes=1)
    fill(store, 5)
    root.chmod(0o500)
    try:
        assert len(store.find(EntityQuery(RUN))) == 5
    finally:
        root.chmod(0o700)


def test_an_index_in_the_way_fails_no_answer(root, open_store, caplog) -> None:
    """A file where the directory should be is told in the log, and the question is answered."""
    store = open_store(index_threshold_bytes=1)
    fill(store, 5)
    (root / "index").write_text("in the way")
    assert len(store.find(EntityQuery(RUN))) == 5
    assert "No index" in caplog.text


def test_a_generation_is_private_and_open_to_sql(root, open_store) -> None:
    """The file is its owner's, in a storage format for DuckDB 1.5 and later, with the documented tables."""
    import duckdb

    store = open_store(index_threshold_bytes=1)
    fill(store, 3)
    store.find(EntityQuery(RUN))
    [path] = generations(root)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT ref, project_ref, name, status, started_at, document->>'$.tags.parity' FROM entities "
            "WHERE kind = 'run' ORDER BY started_at DESC"
        ).fetchall()
        storage = connection.execute("SELECT tags FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()
    # 2024-01-01T00:00:00Z is 1704067200 seconds after the epoch.
    first = 1_704_067_200_123_456_789
    assert rows == [
        ("run:p.r2", "project:p", "r2", "completed", first + 2_000_000_000, "even"),
        ("run:p.r1", "project:p", "r1", "completed", first + 1_000_000_000, "odd"),
        ("run:p.r0", "project:p", "r0", "failed", first, "even"),
    ]
    assert "v1.5" in str(storage)


def test_times_beyond_the_columns_are_kept(open_store) -> None:
    """A time that 64 bits of nanoseconds cannot hold is null in the column and whole in the answer."""
    store = open_store(index_threshold_bytes=1)
    entry = {
        "attempt": 1,
        "status": "completed",
        "started_at": "0001-01-01T00:00:00Z",
        "ended_at": "9999-01-01T00:00:00Z",
    }
    store.apply([Mutation(RUN, "run:p.old", {"participants": {f"{store.writer}.0": entry}})])
    fill(store, 1)
    store.find(EntityQuery(RUN))
    reader = open_store(read_only=True)
    assert [entity.ref for entity in reader.find(EntityQuery(RUN))] == ["run:p.old", "run:p.r0"]
    assert (
        reader.find(EntityQuery(RUN, order_by="ended_at"))[1].document["ended_at"] == "9999-01-01T00:00:00Z"
    )


@pytest.mark.parametrize("value", [0, -1, True, "8", 1.5, None])
def test_a_threshold_that_is_none_is_refused(value) -> None:
    """The error names the option."""
    with pytest.raises(ConfigurationError, match="index_threshold_bytes"):
        DuckDBOptions(index_threshold_bytes=value)


def test_a_claim_beside_a_question_loses_no_patch(open_store, monkeypatch) -> None:
    """A thread that claims a run while another asks for the first time leaves what came after the index in place."""
    first = open_store(index_threshold_bytes=1)
    fill(first, 8)
    first.find(EntityQuery(RUN))
    first.apply([Mutation(RUN, f"run:p.r{n}", {"name": "renamed"}) for n in range(8)])
    store = open_store()
    store.find(EntityQuery(STAGE))
    at_work, asked = threading.Event(), threading.Event()

    class SlowRow(table_module.Row):
        """A row that the claiming thread makes slowly."""

        def __init__(self, *arguments) -> None:
            super().__init__(*arguments)
            if threading.current_thread() is claimer and not at_work.is_set():
                at_work.set()
                asked.wait(0.5)

    monkeypatch.setattr(table_module, "Row", SlowRow)
    claimer = threading.Thread(target=store.claim_run, args=["run:p.other"])
    claimer.start()
    assert at_work.wait(10)
    store.find(EntityQuery(RUN))
    asked.set()
    claimer.join()
    assert {run.document["name"] for run in store.find(EntityQuery(RUN))} == {"renamed"}


def test_a_view_in_an_index_reads_no_file_of_the_reader(open_store, root, tmp_path) -> None:
    """A workspace from a stranger cannot show the reader's own files: such an index is left for the journal."""
    import duckdb

    (tmp_path / "private.txt").write_text("mine")
    store = open_store(index_threshold_bytes=1)
    fill(store, 3)
    store.find(EntityQuery(RUN))
    (path,) = generations(root)
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE entities RENAME TO others")
        connection.execute(
            f"CREATE VIEW entities AS SELECT * REPLACE ((SELECT content FROM read_text('{tmp_path}/private.txt'))"
            " AS ref) FROM others"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    path.rename(path.with_name(f"{path.stem[:-32]}{digest}.duckdb"))
    fresh = open_store(read_only=True)
    assert [run.ref for run in fresh.find(EntityQuery(RUN))] == ["run:p.r0", "run:p.r1", "run:p.r2"]

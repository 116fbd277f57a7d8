"""Several processes on one workspace: visibility, liveness, forks."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

RUN = EntityKind.RUN

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")


def test_each_process_sees_the_others_writes_at_once(open_store, start) -> None:
    """What one process has applied, the other finds with its next question, in both directions, round after round."""
    other = start(
        """
for line in sys.stdin:
    n = int(line)
    seen = backend.get(RUN, "run:p.r").document["parent"]
    backend.apply([Mutation(RUN, "run:p.r", {"child": n})])
    print(seen, flush=True)
"""
    )
    store = open_store()
    for n in range(30):
        store.apply([Mutation(RUN, "run:p.r", {"parent": n})])
        other.stdin.write(f"{n}\n")
        other.stdin.flush()
        assert int(other.stdout.readline()) == n
        assert store.get(RUN, "run:p.r").document == {"parent": n, "child": n}


def test_a_write_that_follows_a_read_wins_whatever_the_clocks_say(open_store, start) -> None:
    """A process whose wall clock is hours behind still overrides what it has read."""
    ahead = open_store()
    ahead.apply([Mutation(RUN, "run:p.r", {"name": "first"})])
    behind = start(
        """
import time
from contexta.log.clock import HybridClock
backend._journal._clock = HybridClock(lambda: time.time_ns() - 7_200_000_000_000)
assert backend.get(RUN, "run:p.r").document == {"name": "first"}
backend.apply([Mutation(RUN, "run:p.r", {"name": "second"})])
"""
    )
    assert behind.wait() == 0
    assert ahead.get(RUN, "run:p.r").document == {"name": "second"}


def test_concurrent_writers_lose_nothing(open_store, start) -> None:
    """Four processes patch one run at once; every key of every one is there."""
    writers = [
        start(
            """
for n in range(200):
    backend.apply([Mutation(RUN, "run:p.r", {"parameters": {f"{sys.argv[2]}.{n}": n}})])
backend.close()
""",
            name,
        )
        for name in "abcd"
    ]
    reader = open_store(read_only=True)
    while any(writer.poll() is None for writer in writers):
        reader.find(EntityQuery(RUN))
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    expected = {f"{name}.{n}": n for name in "abcd" for n in range(200)}
    assert reader.get(RUN, "run:p.r").document == {"parameters": expected}


LIVE = """
backend.apply([Mutation(RUN, "run:p.r", opened(int(sys.argv[2]), host="h", pid=1))])
print("ready", flush=True)
sys.stdin.readline()
backend.apply([Mutation(RUN, "run:p.r", opened(int(sys.argv[2]), status="completed", ended_at="2024-01-01T01:00:00Z"))])
backend.close()
"""


def test_a_run_is_open_while_its_process_lives_and_then_completed(open_store, start) -> None:
    """The folded status follows the participation while the writer lives, and after it closed orderly."""
    store = open_store()
    process = start(LIVE, 1)
    process.stdout.readline()
    found = store.find(EntityQuery(RUN, status="open"))
    assert [(entity.ref, entity.document["started_at"]) for entity in found] == [
        ("run:p.r", "2024-01-01T00:00:00Z")
    ]
    process.communicate("go\n")
    document = store.get(RUN, "run:p.r").document
    assert (document["status"], document["ended_at"]) == ("completed", "2024-01-01T01:00:00Z")


def test_a_killed_process_leaves_an_interrupted_run(open_store, start) -> None:
    """After kill -9 the run reads as interrupted, for a reader that saw it open and for a new one."""
    store = open_store()
    process = start(LIVE, 1)
    process.stdout.readline()
    assert store.get(RUN, "run:p.r").document["status"] == "open"
    process.kill()
    process.wait()
    assert store.get(RUN, "run:p.r").document["status"] == "interrupted"
    fresh = open_store(read_only=True)
    assert [entity.ref for entity in fresh.find(EntityQuery(RUN, status="interrupted"))] == ["run:p.r"]
    assert fresh.find(EntityQuery(RUN, status="open")) == []


def test_a_resumed_attempt_reopens_an_interrupted_run(open_store, start) -> None:
    """The next attempt's participation decides; the start stays that of the first."""
    store = open_store()
    first = start(LIVE, 1)
    first.stdout.readline()
    first.kill()
    first.wait()
    assert store.get(RUN, "run:p.r").document["status"] == "interrupted"
    second = start(LIVE.replace("opened(", 'opened(started="2024-01-02T00:00:00Z", attempt='), 2)
    second.stdout.readline()
    document = store.get(RUN, "run:p.r").document
    assert (document["status"], document["started_at"]) == ("open", "2024-01-01T00:00:00Z")
    second.communicate("go\n")
    assert store.get(RUN, "run:p.r").document["status"] == "completed"


def test_a_run_is_never_seen_interrupted_while_it_ends_orderly(open_store, start) -> None:
    """A reader that asks all the time sees open, then completed: death is checked before the last lines are read."""
    store = open_store()
    writers = [
        start(
            """
for n in range(20):
    ref = f"run:p.{sys.argv[2]}-{n}"
    mine = open_backend(OpenContext(Path(sys.argv[1]), durability="flush"))
    entry = {"attempt": 1, "status": "open", "started_at": "2024-01-01T00:00:00Z"}
    mine.apply([Mutation(RUN, ref, {"participants": {f"{mine.writer}.0": entry}})])
    mine.apply([Mutation(RUN, ref, {"participants": {f"{mine.writer}.0": entry | {"status": "completed"}}})])
    mine.close()
""",
            name,
        )
        for name in "ab"
    ]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.update(entity.document["status"] for entity in store.find(EntityQuery(RUN)))
    assert seen <= {"open", "completed"}
    assert [entity.document["status"] for entity in store.find(EntityQuery(RUN))] == ["completed"] * 40


def test_an_end_that_a_death_brings_to_light_is_ordered_by(open_store, start) -> None:
    """A run of two participants, one ended and one killed, gets its place in the order when it is interrupted."""
    store = open_store()
    process = start(LIVE, 1)
    process.stdout.readline()

    def ended(name: str, minute: int):
        entry = {"attempt": 1, "status": "completed", "started_at": "2024-01-01T00:00:00Z"}
        entry["ended_at"] = f"2024-01-01T00:{minute:02d}:00Z"
        return Mutation(RUN, f"run:p.{name}", {"participants": {f"{store.writer}.{name}": entry}})

    store.apply([ended("r", 20), ended("early", 10), ended("late", 30)])
    by_end = EntityQuery(RUN, order_by="ended_at")
    assert [entity.ref for entity in store.find(by_end)] == ["run:p.early", "run:p.late", "run:p.r"]
    process.kill()
    process.wait()
    assert [entity.ref for entity in store.find(by_end)] == ["run:p.early", "run:p.r", "run:p.late"]


def test_what_a_writer_wrote_just_before_its_death_counts(open_store) -> None:
    """A writer that ends its run between the reading and the look at its lock leaves a completed run."""
    entry = {"attempt": 1, "status": "open", "started_at": "2024-01-01T00:00:00Z"}
    writer = open_store()
    name = f"{writer.writer}.0"
    writer.apply([Mutation(RUN, "run:p.r", {"participants": {name: entry}})])
    reader = open_store(read_only=True)
    ask = reader._view._liveness._ask

    def end_first(token):
        writer.apply([Mutation(RUN, "run:p.r", {"participants": {name: entry | {"status": "completed"}}})])
        writer.close()
        return ask(token)

    reader._view._liveness._ask = end_first
    assert reader.get(RUN, "run:p.r").document["status"] == "completed"


@needs_fork
def test_a_forked_child_is_a_writer_of_its_own(open_store) -> None:
    """The child writes under another token, both see everything, and the parent goes on."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.r", {"a": 1})])
    assert store.get(RUN, "run:p.r").document == {"a": 1}
    parent = store.writer
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child = store.writer
            store.apply([Mutation(RUN, "run:p.r", {"b": 2, "child": child})])
            status = 0 if child != parent and store.get(RUN, "run:p.r").document["a"] == 1 else 2
            store.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    store.apply([Mutation(RUN, "run:p.r", {"c": 3})])
    document = store.get(RUN, "run:p.r").document
    assert {name: document[name] for name in "abc"} == {"a": 1, "b": 2, "c": 3}
    assert document["child"] != parent == store.writer


@needs_fork
def test_a_fork_beside_a_busy_reader_leaves_a_usable_child(open_store) -> None:
    """A child forked while another thread reads and writes has working locks and a whole view."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.first", {"n": 0})])
    stop = threading.Event()

    def work() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            store.apply([Mutation(RUN, f"run:p.r{n % 50}", {"n": n})])
            store.find(EntityQuery(RUN))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    signal.alarm(20)
                    store.apply([Mutation(EntityKind.PROJECT, "project:p", {"name": "p"})])
                    status = (
                        0
                        if store.get(EntityKind.PROJECT, "project:p") and store.find(EntityQuery(RUN))
                        else 2
                    )
                finally:
                    os._exit(status)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        stop.set()
        thread.join()


def test_threads_share_one_backend(open_store) -> None:
    """Eight threads write and read through one backend; nothing is lost and nobody fails."""
    store = open_store()
    failures = []

    def work(name: int) -> None:
        try:
            for n in range(50):
                store.apply([Mutation(RUN, "run:p.r", {"parameters": {f"{name}.{n}": n}})])
                assert store.get(RUN, "run:p.r").document["parameters"][f"{name}.{n}"] == n
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.get(RUN, "run:p.r").document["parameters"]) == 400


def test_an_unfinished_call_is_not_seen(root, open_store) -> None:
    """Lines that say that more of their call follows are held back, for ever if their writer died."""
    from contexta.log.writer import LogWriter
    from contexta_store_duckdb.entries import encode_entry

    store = open_store()
    store.apply([Mutation(RUN, "run:p.a", {"name": "a"})])
    torn = LogWriter(root / "journal", durability="flush")
    torn.append(encode_entry("9000000000000000-x", Mutation(RUN, "run:p.b", {"name": "b"}), more=True))
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.a"]
    torn.append(encode_entry("9000000000000001-x", Mutation(RUN, "run:p.c", {"name": "c"})))
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.a", "run:p.b", "run:p.c"]
    torn.close()


def test_a_segment_is_found_though_the_directory_kept_its_time(root, open_store) -> None:
    """Two changes within one tick of the file system's clock look like one: a young time proves nothing."""
    store, other = open_store(), open_store()
    store.apply([Mutation(RUN, "run:p.a", {"name": "a"})])
    store.find(EntityQuery(RUN))
    before = (root / "journal").stat()
    other.apply([Mutation(RUN, "run:p.b", {"name": "b"})])
    os.utime(root / "journal", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.a", "run:p.b"]


def test_a_quiet_directory_is_not_listed_again(root, open_store, monkeypatch) -> None:
    """A question costs no listing while no segment came, yet what is appended to known ones is read."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.a", {"name": "a"})])
    os.utime(root / "journal", (1_700_000_000, 1_700_000_000))
    store.find(EntityQuery(RUN))
    listings = []
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listings.append(path) or listdir(path))
    store.apply([Mutation(RUN, "run:p.b", {"name": "b"})])
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.a", "run:p.b"]
    assert listings == []


def test_asking_a_small_journal_never_imports_duckdb(start) -> None:
    """A process that lists ten runs pays for no database."""
    process = start(
        """
backend.apply([Mutation(RUN, f"run:p.r{n}", opened(ordinal=n)) for n in range(10)])
assert len(backend.find(EntityQuery(RUN))) == 10
backend.close()
print([name for name in sys.modules if "duckdb" in name and not name.startswith("contexta_")])
"""
    )
    output, _ = process.communicate()
    assert (process.returncode, output) == (0, "[]\n")


def test_importing_the_plugin_loads_neither_duckdb_nor_the_backend() -> None:
    """What the host imports to learn the name is light."""
    import subprocess

    script = (
        "import sys, contexta_store_duckdb.plugin as p; [provider] = p.contexta_metadata_stores();"
        "print(provider.name, [n for n in sys.modules if n in ('duckdb', 'contexta_store_duckdb.backend')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "duckdb []\n"


@needs_fork
def test_many_dead_writers_are_told_by_few_looks_at_the_journal(open_store, start, monkeypatch) -> None:
    """A list of 60 interrupted runs does not list the journal for each of them: 1,500 once took 13 seconds."""
    process = start(
        """
import os
for n in range(60):
    child = os.fork()
    if child == 0:
        backend.apply([Mutation(RUN, f"run:p.r{n}", opened())])
        os._exit(0)
    os.waitpid(child, 0)
"""
    )
    assert process.wait() == 0
    listings = []
    list_directory = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listings.append(path) or list_directory(path))
    runs = open_store(read_only=True).find(EntityQuery(RUN))
    assert [run.document["status"] for run in runs] == ["interrupted"] * 60
    assert len(listings) < 25

"""Several processes on one store, forks, threads and kill -9."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter

from contexta.spi.records import ScanFilter

WRITER = """
import sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
who, count = sys.argv[2], int(sys.argv[3])
with open_backend(OpenContext(root=Path(sys.argv[1]), durability="flush", max_segment_bytes=50_000)) as store:
    own = store.open_series({"type": "metric", "run": f"run:p.{who}", "key": "loss"})
    shared = store.open_series({"type": "metric", "run": "run:p.shared", "key": "loss"})
    for i in range(count):
        time = f"2026-03-01T10:{i // 60 % 60:02}:{i % 60:02}Z"
        store.append_point(own, f"{who}-{i}", float(i), time, i)
        store.append_points([(shared, f"{who}-s{i}", float(i), time, i)])
"""

ENDLESS = """
import os, sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
store = open_backend(OpenContext(root=Path(sys.argv[1]), durability="flush", max_segment_bytes=20_000))
series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
i = 0
while True:
    store.append_point(series, f"m{i}", float(i), "2026-03-01T10:00:00Z", i)
    os.write(1, b"%d\\n" % i)
    i += 1
"""


def test_two_processes_append_beside_a_reader(open_store, tmp_path, start) -> None:
    """No error, no loss, no repetition: every count only rises, and ends exact for each way of asking."""
    processes = [start(WRITER, tmp_path / "records", who, 1500) for who in ("a", "b")]
    store = open_store(read_only=True)
    last = 0
    while any(process.poll() is None for process in processes):
        counted = store.counts("run:p.shared").get("metric", 0)
        assert counted >= last
        assert len(store.points("run:p.shared", "loss")) >= counted
        last = counted
        time.sleep(0.01)
    assert [process.wait() for process in processes] == [0, 0]
    assert store.counts("run:p.shared") == {"metric": 3000}
    assert store.counts("run:p.a") == store.counts("run:p.b") == {"metric": 1500}
    steps = Counter(point.step for point in store.points("run:p.shared", "loss"))
    assert steps == dict.fromkeys(range(1500), 2)
    own = [stored.record["step"] for stored in store.scan(ScanFilter(run_ref="run:p.b"))]
    assert own == list(range(1500))
    assert {summary.run: summary.count for summary in store.summaries()} == {
        "run:p.shared": 3000, "run:p.a": 1500, "run:p.b": 1500,
    }  # fmt: skip
    assert store.check_integrity() == []


def test_everything_acknowledged_survives_kill_9(open_store, tmp_path, start) -> None:
    """At five moments of a writing process: each point whose append had returned is there, once, in order."""
    for round_number in range(5):
        root = tmp_path / str(round_number)
        process = start(ENDLESS, root)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02 * round_number)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
        process.wait()
        acknowledged = int(rest[-1]) + 1 if rest else 1
        steps = [point.step for point in open_store(root=root, read_only=True).points("run:p.r", "loss")]
        assert len(steps) >= acknowledged
        assert steps == list(range(len(steps)))


def test_a_forked_child_appends_and_reads(open_store) -> None:
    """Parent and child go on with the same store and the same handle; both see all points."""
    store = open_store()
    series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
    store.append_point(series, "m0", 0.0, "2026-03-01T10:00:00Z", 0)
    assert store.summaries()[0].count == 1
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.append_point(series, "m1", 1.0, "2026-03-01T10:00:01Z", 1)
            code = 0 if store.summaries()[0].count == len(store.points("run:p.r", "loss")) == 2 else 2
            store.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store.append_point(series, "m2", 2.0, "2026-03-01T10:00:02Z", 2)
    assert [point.record_id for point in store.points("run:p.r", "loss")] == ["m0", "m1", "m2"]
    assert store.counts("run:p.r") == {"metric": 3}


def test_a_fork_in_the_middle_of_a_refresh_leaves_the_child_able_to_ask(open_store, monkeypatch) -> None:
    """A child that inherits the catalogue locked by a thread it does not have starts with a new one."""
    store = open_store()
    series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
    store.append_point(series, "m0", 0.0, "2026-03-01T10:00:00Z", 0)
    inside, leave = threading.Event(), threading.Event()
    read = store._reader.read

    def slow(segment, cursor, **limit):
        inside.set()
        leave.wait(30)
        return read(segment, cursor, **limit)

    monkeypatch.setattr(store._reader, "read", slow)
    asking = threading.Thread(target=store.summaries)
    asking.start()
    assert inside.wait(30)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store._reader.read = read
            code = 0 if store.summaries()[0].count == 1 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    leave.set()
    asking.join()


def test_threads_append_and_ask_at_once(open_store) -> None:
    """Four threads of one store lose nothing, and every question in between is answered."""
    store = open_store(max_segment_bytes=20_000)
    series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
    failures: list[BaseException] = []

    def work(who: int) -> None:
        try:
            for i in range(300):
                store.append_point(series, f"{who}-{i}", float(i), "2026-03-01T10:00:00Z", i)
                if i % 50 == 0:
                    assert store.counts("run:p.r")["metric"] > i
                    assert store.summaries()[0].count > i
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.counts("run:p.r") == {"metric": 1200}

"""A record store whose storage calls fail one by one: killed at each (R3), and each refused with EIO and ENOSPC (R4).

The program appends, rotates, adopts what a dead writer left, compacts and builds the index.  strace counts and fails
the calls, so that they fail in the system and not in a stand-in of ours.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

from contexta.spi.context import OpenContext
from contexta.spi.summaries import PlainSummaries
from contexta_store_jsonl.backend import open_backend

CALLS = "openat,mkdir,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,flock"
APPENDS = 8

PROGRAM = """
import os, sys
from pathlib import Path
from contexta.errors import ContextaError
from contexta.log.adoption import adopt_dead
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def point(number):
    return {"type": "metric", "id": f"i{number:03d}", "run": "run:p.r", "key": "loss", "value": number / 8,
            "step": number, "time": f"2026-03-01T10:00:00.{number + 1:06d}Z"}
root = Path(sys.argv[1])
store = open_backend(OpenContext(root=root, durability="fsync", max_segment_bytes=700))
def attempt(word, call):
    try:
        call()
    except (ContextaError, OSError) as error:
        say("refused", word, type(error).__name__, getattr(error, "code", error))
    else:
        say("ok", word)
for number in range(8):
    attempt(number, lambda: store.append([point(number)]))
attempt("adopt", lambda: adopt_dead(root / "segments"))
attempt("compact", store.compact)
attempt("index", store.rebuild_indexes)
attempt("close", store.close)
say("end")
"""
#: Leaves a segment with half a line, as a killed process does.
DYING = """
import os, sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
store = open_backend(OpenContext(root=Path(sys.argv[1]), durability="fsync"))
store.append([{"type": "metric", "id": "dead", "run": "run:p.dead", "key": "loss", "value": 1.0,
               "time": "2026-03-01T09:00:00Z"}])
(segment,) = (Path(sys.argv[1]) / "segments").glob("*.open")
with segment.open("ab") as file:
    file.write(b'{"n":2,"type":"met')
os._exit(0)
"""

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("strace") is None, reason="strace is not installed"
    ),
    # Some hundred programs under strace, one after the other.
    pytest.mark.timeout(1_800),
]


class Call(NamedTuple):
    """One call of the program on its store.

    Attributes:
        name: Which system call.
        number: How often that was called in the thread until then, from 1.
        is_of_index: Whether it is one on the index: DuckDB shares these between its threads as it likes.
    """

    name: str
    number: int
    is_of_index: bool


def traced(root, *injection):
    """Run the program under strace on a store with a dead writer; return the process and what it said."""
    root.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-B", "-c", DYING, str(root)], check=True)
    command = [
        "strace",
        "-f",
        "-y",
        "-qq",
        "-o",
        str(root.parent / "log"),
        "-e",
        f"trace={CALLS}",
        *injection,
    ]
    done = subprocess.run(
        [*command, sys.executable, "-B", "-c", PROGRAM, str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [line.split() for line in done.stdout.splitlines(keepends=True) if line.endswith("\n")]


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """List the calls of the program's one thread below its root, in order; the number counts all of that name.

    strace counts the calls of each thread for itself, and DuckDB builds the index with some of its own, which come and
    go as they like.
    """
    root = tmp_path_factory.mktemp("calls") / "place" / "records"
    done, lines = traced(root)
    if done.returncode:
        pytest.skip(f"strace cannot trace here: {done.stderr[-200:]}")
    words = [*map(str, range(APPENDS)), "adopt", "compact", "index", "close"]
    assert lines == [["ok", word] for word in words] + [["end"]]
    counts: dict[str, int] = {}
    found = []
    traces = (root.parent / "log").read_text(encoding="utf-8", errors="replace").splitlines()
    thread = traces[0].split()[0]
    for line in traces:
        name = re.match(rf"{thread} +(\w+)\(", line)
        if name is None:
            continue
        counts[name[1]] = counts.get(name[1], 0) + 1
        if str(root) in line:
            found.append(Call(name[1], counts[name[1]], str(root / "index") in line))
    assert len(found) > 6 * APPENDS
    return found


@pytest.fixture(params=["some", pytest.param("all", marks=pytest.mark.campaign)])
def chosen(request, calls):
    """Give one call of each kind from the middle of the program, or all of them in a campaign."""
    if request.param == "all":
        return calls
    by_name: dict[str, list[Call]] = {}
    for call in calls:
        by_name.setdefault(call.name, []).append(call)
    return [found[len(found) // 2] for found in by_name.values()]


def look(root, acknowledged, attempted):
    """Hold a store against what was acknowledged, in every way of asking, and write to it."""
    with open_backend(OpenContext(root=root, durability="flush")) as store:
        found = [each.record["step"] for each in store.scan() if each.record["run"] == "run:p.r"]
        assert found == sorted(set(found))
        assert set(acknowledged) <= set(found) <= set(attempted)
        assert [each.record["id"] for each in store.scan() if each.record["run"] == "run:p.dead"] == ["dead"]
        assert {finding.severity for finding in store.check_integrity()} <= {"warning"}
        assert [point.step for point in store.points("run:p.r", "loss")] == found
        assert sorted(store.summaries(), key=repr) == sorted(PlainSummaries(store).summaries(), key=repr)
        store.append([{"type": "event", "id": "later", "run": "run:p.r", "time": "2026-03-01T11:00:00Z"}])
        assert store.counts("run:p.r")["event"] == 1
        for left in root.rglob(".tmp-*"):
            # What is young may be of somebody who lives.
            os.utime(left, (0, 0))
        store.repair(store.repair_candidates(store.check_integrity()))
        store.compact()
        assert store.rebuild_indexes().performed
    with open_backend(OpenContext(root=root, durability="flush", read_only=True)) as store:
        assert [point.step for point in store.points("run:p.r", "loss")] == found
        assert store.check_integrity() == []
        assert [(str(path), path.stat().st_size) for path in root.rglob(".tmp-*")] == []


def test_killed_at_every_call(chosen, tmp_path, record_property):
    """Whatever call is the last one: all that was acknowledged is there, the store checks, mends and goes on."""
    for position, call in enumerate(chosen):
        root = tmp_path / str(position) / "records"
        done, lines = traced(root, "-e", f"inject={call.name}:signal=KILL:when={call.number}")
        assert done.returncode != 0 or call.is_of_index, call
        acknowledged = [int(line[1]) for line in lines if line[0] == "ok" and line[1].isdigit()]
        look(root, acknowledged, range(len(acknowledged) + 1))
        shutil.rmtree(root.parent)
    record_property("calls", len(chosen))


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_refused_at_every_call(chosen, tmp_path, error, record_property):
    """Each refusal is a typed error of the call that failed, or no error at all; the same process goes on."""
    for position, call in enumerate(chosen):
        root = tmp_path / str(position) / "records"
        done, lines = traced(root, "-e", f"inject={call.name}:error={error}:when={call.number}")
        assert done.returncode == 0, (call, done.stderr[-2_000:])
        assert lines[-1] == ["end"], (call, lines)
        # The same number counts for DuckDB's threads, so the index may be refused beside the call that was chosen.
        refused = [line for line in lines if line[0] == "refused" and line[1] != "index"]
        assert len(refused) <= 1, (call, lines)
        if error == "ENOSPC" and call.name in {"pwrite64", "fsync", "fdatasync"}:
            named = [line for line in refused if line[1].isdigit()]
            assert all(line[2] == "StorageFullError" for line in named), (call, lines)
        acknowledged = [int(line[1]) for line in lines if line[0] == "ok" and line[1].isdigit()]
        assert len(acknowledged) >= APPENDS - 1, (call, lines)
        look(root, acknowledged, range(APPENDS))
        shutil.rmtree(root.parent)
    record_property("calls", len(chosen))

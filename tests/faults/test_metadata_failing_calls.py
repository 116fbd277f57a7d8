"""A metadata store whose storage calls fail one by one: killed at each, and each refused with EIO and ENOSPC.

strace counts and fails the calls, so that they fail in the system and not in a stand-in of ours.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

from contexta.config import MetadataStoreConfig
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.metadata import MetadataStore

CALLS = "openat,mkdir,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink"
APPENDS = 8

PROGRAM = """
import os, sys
from contexta.config import MetadataStoreConfig
from contexta.errors import ContextaError
from contexta.spi.metadata import EntityKind, Mutation
from contexta.store.metadata import MetadataStore
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
store = MetadataStore(MetadataStoreConfig(database_path=sys.argv[1]))
for number in range(8):
    ref = f"run:p.r{number}"
    try:
        if not store.claim_run(ref):
            say("taken", number)
        mutations = [Mutation(EntityKind.RUN, ref, {"name": f"r{number}"}), Mutation(EntityKind.RUN, ref, {"status": "open"})]
        store.apply(mutations)
    except ContextaError as error:
        say("refused", number, type(error).__name__, error.code)
    else:
        say("ok", number)
try:
    store.close()
except ContextaError as error:
    say("refused", "close", type(error).__name__, error.code)
say("end")
"""

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("strace") is None, reason="strace is not installed"
    ),
    # Some hundred programs under strace, one after the other.
    pytest.mark.timeout(900),
]


class Call(NamedTuple):
    """One call of the program on its store."""

    name: str
    number: int


def traced(root, log, *injection):
    """Run the program under strace; return the process and the lines that it printed whole."""
    command = ["strace", "-f", "-y", "-qq", "-o", str(log), "-e", f"trace={CALLS}", *injection]
    done = subprocess.run(
        [*command, sys.executable, "-B", "-c", PROGRAM, str(root / "ledger.db")],
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [line.split() for line in done.stdout.splitlines(keepends=True) if line.endswith("\n")]


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """List the program's calls below its root, in order; the number counts all calls of that name in the process."""
    place = tmp_path_factory.mktemp("calls")
    done, lines = traced(place / "metadata", place / "log")
    if done.returncode:
        pytest.skip(f"strace cannot trace here: {done.stderr[-200:]}")
    assert lines == [["ok", str(number)] for number in range(APPENDS)] + [["end"]]
    counts: dict[str, int] = {}
    found = []
    for line in (place / "log").read_text(encoding="utf-8", errors="replace").splitlines():
        name = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if name is None:
            continue
        counts[name[1]] = counts.get(name[1], 0) + 1
        if str(place / "metadata") in line:
            found.append(Call(name[1], counts[name[1]]))
    assert len(found) > 4 * APPENDS
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
    """Hold a store against what was acknowledged, and write to it."""
    with MetadataStore(MetadataStoreConfig(database_path=root / "ledger.db")) as store:
        found = {run.ref: run.document for run in store.find(EntityQuery(EntityKind.RUN, order_by="ref"))}
        assert {f"run:p.r{number}" for number in acknowledged} <= found.keys()
        assert found.keys() <= {f"run:p.r{number}" for number in attempted}
        # Both mutations of a call, or none.
        assert all(document.get("status") == "open" for document in found.values())
        report = store.check_integrity()
        assert {issue.severity for issue in report.issues} <= {"warning"}, report.issues
        for number in acknowledged:
            assert not store.claim_run(f"run:p.r{number}")
        store.apply([Mutation(EntityKind.RUN, "run:p.later", {"name": "later", "status": "open"})])
        assert store.get(EntityKind.RUN, "run:p.later") is not None
        assert store.apply_repairs().ok
    with MetadataStore(MetadataStoreConfig(database_path=root / "ledger.db", read_only=True)) as store:
        after = {run.ref for run in store.find(EntityQuery(EntityKind.RUN, order_by="ref"))}
        assert after == found.keys() | {"run:p.later"}
        assert store.check_integrity().ok


def test_killed_at_every_call(chosen, tmp_path):
    """Whatever call is the last one: all that was acknowledged is there, the store opens, checks, mends and goes on."""
    for position, call in enumerate(chosen):
        root = tmp_path / str(position) / "metadata"
        root.parent.mkdir()
        done, lines = traced(
            root, root.parent / "log", "-e", f"inject={call.name}:signal=KILL:when={call.number}"
        )
        assert done.returncode != 0, call
        acknowledged = [int(line[1]) for line in lines if line[0] == "ok"]
        look(root, acknowledged, range(len(acknowledged) + 1))


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_refused_at_every_call(chosen, tmp_path, error):
    """Each refusal is a typed error of the call that failed, or no error at all; the same process goes on."""
    for position, call in enumerate(chosen):
        root = tmp_path / str(position) / "metadata"
        root.parent.mkdir()
        done, lines = traced(
            root, root.parent / "log", "-e", f"inject={call.name}:error={error}:when={call.number}"
        )
        assert done.returncode == 0, (call, done.stderr[-2_000:])
        assert lines[-1] == ["end"], (call, lines)
        refused = [line for line in lines if line[0] == "refused"]
        assert len(refused) <= 1, (call, lines)
        if error == "ENOSPC" and call.name in {"pwrite64", "fsync", "fdatasync"}:
            assert all(line[2] == "StorageFullError" for line in refused if line[1] != "close"), (call, lines)
        acknowledged = [int(line[1]) for line in lines if line[0] == "ok"]
        assert len(acknowledged) >= APPENDS - 1, (call, lines)
        look(root, acknowledged, range(APPENDS))

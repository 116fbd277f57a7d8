"""The loss of the DuckDB files of the metadata store, in every way: it costs no run and no error, only a little time."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.metadata import MetadataStore
from contexta_store_duckdb.backend import open_backend
from contexta_store_duckdb.options import DuckDBOptions

RUNS = 30


def opened(root, *, threshold=1, read_only=False):
    """Open a store that publishes a generation with nearly every question."""
    context = OpenContext(root, durability="flush", read_only=read_only)
    return open_backend(context, DuckDBOptions(index_threshold_bytes=threshold))


def write_runs(backend, numbers):
    """Write runs, each with a tag that tells its number."""
    for number in numbers:
        ref = f"run:demo.r{number:05}"
        assert backend.claim_run(ref)
        fields = {
            "name": f"r{number}",
            "project_ref": "project:demo",
            "status": "completed",
            "tags": {"n": str(number)},
        }
        backend.apply([Mutation(EntityKind.RUN, ref, {**fields, "started_at": "2026-01-01T00:00:00Z"})])


def found(backend):
    """Return the numbers of the runs that are there, by their tags."""
    runs = backend.find(EntityQuery(EntityKind.RUN, order_by="ref"))
    assert all(run.document["status"] == "completed" for run in runs)
    return [int(run.document["tags"]["n"]) for run in runs]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Write a store with several generations once."""
    root = tmp_path_factory.mktemp("indexed") / "metadata"
    backend = opened(root)
    backend.apply([Mutation(EntityKind.PROJECT, "project:demo", {"name": "demo"})])
    for start in range(0, RUNS, 10):
        write_runs(backend, range(start, start + 10))
        assert len(found(backend)) == start + 10
    backend.close()
    assert len(list((root / "index").glob("*.duckdb"))) == 2
    return root


def generations(root):
    """Return the generations, the newest last."""
    return sorted((root / "index").glob("generation-*.duckdb"))


def delete(root, chance):
    """Delete one file, all of them, or the directory."""
    which = chance.randrange(3)
    if which == 0:
        chance.choice(generations(root)).unlink()
    elif which == 1:
        for path in generations(root):
            path.unlink()
    else:
        shutil.rmtree(root / "index")


def truncate(root, chance):
    """Cut the newest, or both, at a random place."""
    for path in generations(root)[chance.randrange(2) :]:
        content = path.read_bytes()
        path.write_bytes(content[: chance.randrange(len(content))])


def flip_bit(root, chance):
    """Flip one bit of the newest, or of both."""
    for path in generations(root)[chance.randrange(2) :]:
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)


def put_beside(root, chance):
    """Leave a write-ahead log of random bytes, a lock file and half a build beside a generation."""
    for path in generations(root):
        path.with_name(f"{path.name}.wal").write_bytes(chance.randbytes(chance.randrange(1, 4_096)))
    (root / "index" / f".tmp-{chance.randrange(1 << 60):016x}").write_bytes(chance.randbytes(1_000))


def replace_content(root, chance):
    """Put another file under the name: garbage, nothing, a foreign database, a directory, or the other generation."""
    path = generations(root)[-1]
    which = chance.randrange(5)
    path.unlink()
    if which == 0:
        path.write_bytes(chance.randbytes(10_000))
    elif which == 1:
        path.touch()
    elif which == 2:
        import duckdb

        duckdb.connect(str(path)).close()
    elif which == 3:
        path.mkdir()
    else:
        shutil.copyfile(generations(root)[0], path)


DAMAGES = [delete, truncate, flip_bit, put_beside, replace_content]
TRIALS = [pytest.param(seed, marks=[] if seed < 4 else pytest.mark.campaign) for seed in range(40)]


@pytest.mark.parametrize("seed", TRIALS)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_losing_the_index_loses_no_run(template, tmp_path, damage, seed):
    """Every run is there at once, the store is written to, the next generation is whole, and the check is clean."""
    root = tmp_path / "metadata"
    shutil.copytree(template, root)
    damage(root, random.Random(seed))
    reader = opened(root, read_only=True)
    assert found(reader) == list(range(RUNS))
    reader.close()
    backend = opened(root)
    assert found(backend) == list(range(RUNS))
    assert not backend.claim_run("run:demo.r00000")
    write_runs(backend, [RUNS])
    assert found(backend) == list(range(RUNS + 1))
    backend.close()
    assert {issue.severity for issue in backend_findings(root)} <= {"warning"}
    with MetadataStore.over(opened(root)) as store:
        assert store.apply_repairs().report.issue_counts["error"] == 0
        assert found(store.backend) == list(range(RUNS + 1))
        store.backend.close()


def backend_findings(root):
    """Return what a full check finds."""
    backend = opened(root, read_only=True)
    try:
        return backend.check_integrity()
    finally:
        backend.close()


PUBLISHING = """
import os, signal, sys
from pathlib import Path
from contexta.log import filesystem
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta_store_duckdb import index
from contexta_store_duckdb.backend import open_backend
from contexta_store_duckdb.options import DuckDBOptions
last, calls = int(sys.argv[2]), 0
def dies(function):
    def called(*arguments, **named):
        global calls
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return function(*arguments, **named)
    return called
for name in ("create_file", "replace", "remove_file", "sync_directory", "create_private_directory"):
    setattr(filesystem, name, dies(getattr(filesystem, name)))
index._digest = dies(index._digest)
backend = open_backend(OpenContext(Path(sys.argv[1]), durability="flush"), DuckDBOptions(index_threshold_bytes=1))
backend.find(EntityQuery(EntityKind.RUN))
print("alive", calls)
"""


def test_killed_while_a_generation_is_published(template, tmp_path):
    """A process that dies at any step of a publication leaves the store as it was; the next one publishes."""
    for last in range(100):
        root = tmp_path / str(last) / "metadata"
        shutil.copytree(template, root)
        # Without the newest, so that there is one to publish.
        for path in generations(root):
            path.unlink()
        done = subprocess.run(
            [sys.executable, "-c", PUBLISHING, str(root), str(last)],
            capture_output=True,
            text=True,
            check=False,
        )
        backend = opened(root)
        assert found(backend) == list(range(RUNS))
        backend.close()
        assert generations(root)
        assert not [path for path in (root / "index").iterdir() if path.name.startswith(".tmp-")]
        assert not backend_findings(root)
        if done.returncode != -signal.SIGKILL:
            assert done.stdout.startswith("alive")
            break
    assert last > 4


@pytest.mark.parametrize(
    ("count", "seconds"), [(1_000, 3.0), pytest.param(10_000, 10.0, marks=pytest.mark.campaign)]
)
def test_runs_are_rebuilt_in_time(tmp_path, count, seconds, record_property):
    """Without any DuckDB file, all runs are read from the journal, and the index is published again, within the limit."""
    root = tmp_path / "metadata"
    backend = opened(root, threshold=1 << 40)
    mutations = [Mutation(EntityKind.PROJECT, "project:demo", {"name": "demo"})]
    for number in range(count):
        ref = f"run:demo.r{number:05}"
        entry = {
            "attempt": 1,
            "status": "completed",
            "started_at": "2026-01-01T00:00:00Z",
            "host": "h",
            "pid": 1,
        }
        fields = {"name": f"r{number}", "project_ref": "project:demo", "tags": {"n": str(number)}}
        parameters = {f"p{index}": index / 3 for index in range(20)}
        mutations.append(Mutation(EntityKind.RUN, ref, {**fields, "participants": {"w.0": entry}}))
        mutations.append(Mutation(EntityKind.RUN, ref, {"parameters": parameters}))
        closing = {**entry, "ended_at": "2026-01-01T00:01:00Z"}
        mutations.append(Mutation(EntityKind.RUN, ref, {"participants": {"w.0": closing}}))
    for start in range(0, len(mutations), 300):
        backend.apply(mutations[start : start + 300])
    backend.close()
    shutil.rmtree(root / "index", ignore_errors=True)
    started = time.monotonic()
    rebuilt = opened(root)
    assert len(found(rebuilt)) == count
    took = time.monotonic() - started
    assert generations(root)
    rebuilt.close()
    record_property("seconds", round(took, 2))
    print(f"{count} runs rebuilt in {took:.2f} s")
    assert took < seconds

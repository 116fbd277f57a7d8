"""What the SQLite stores survive: kills, failing calls, damage, crowds and a full disk (for real)."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest

from contexta.errors import ContextaError, StorageFullError
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, Mutation
from contexta_store_sqlite.metadata.backend import open_backend as open_metadata
from contexta_store_sqlite.records.backend import open_backend

PREAMBLE = """
import os, sys
from pathlib import Path
from contexta.errors import ContextaError
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta_store_sqlite.metadata.backend import open_backend as open_metadata
from contexta_store_sqlite.records.backend import open_backend as open_records
root = Path(sys.argv[1])
def say(text):
    os.write(1, f"{text}\\n".encode())
def metric(name, run="run:demo.r1"):
    return {"type": "metric", "id": name, "run": run, "key": "loss", "value": 0.5, "time": "2026-01-31T12:00:00Z"}
records = open_records(OpenContext(root, durability="fsync"))
"""
APPEND_FOR_EVER = "n = 0\nwhile True:\n    records.append([metric(f'm{n}')])\n    say(f'm{n}')\n    n += 1\n"
#: Eight appends; a typed error is told, and the next append is tried.
APPEND_EIGHT = """
for n in range(8):
    try:
        records.append([metric(f'm{n}')])
    except ContextaError as error:
        say(f'refused {error.code}')
    else:
        say(f'm{n}')
records.close()
say('end')
"""


def _program(source, root, *arguments, before=()):
    return [*before, sys.executable, "-P", "-c", PREAMBLE + source, str(root), *map(str, arguments)]


@pytest.fixture
def start(root):
    """Start programs that do not outlive the test."""
    started = []

    def run(source, *arguments):
        process = subprocess.Popen(_program(source, root, *arguments), stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def _names(root):
    store = open_backend(OpenContext(root, durability="flush"))
    with store:
        names = [each.record["id"] for each in store.scan()]
        findings = list(store.check_integrity())
        store.append([{**_metric("later"), "run": "run:demo.later"}])
    assert [] == findings
    return names


def _metric(name):
    return {
        "type": "metric", "id": name, "run": "run:demo.r1", "key": "loss", "value": 0.5, "time": "2026-01-31T12:00:00Z"
    }  # fmt: skip


# -- R1: killed at any time -------------------------------------------------------------------------------------------


def _kill_rounds(start, root, rounds):
    lost = Counter()
    for number in range(rounds):
        process = start(APPEND_FOR_EVER)
        first = process.stdout.readline()
        time.sleep(random.Random(number).uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.wait()
        told = (first + process.stdout.read()).splitlines(keepends=True)
        acknowledged = {line[:-1] for line in told if line.endswith("\n")}
        names = _names(root)
        lost[number] = len(acknowledged - set(names))
        shutil.rmtree(root)
    return lost


def test_a_killed_writer_loses_nothing(start, root):
    """Killed at a random moment, a writer has lost nothing that it acknowledged, and the store is whole."""
    assert 0 == sum(_kill_rounds(start, root, 3).values())


@pytest.mark.campaign
def test_a_killed_writer_loses_nothing_in_thirty_rounds(start, root):
    """The same thirty times."""
    assert 0 == sum(_kill_rounds(start, root, 30).values())


# -- R3, R4: killed or failing at each call ---------------------------------------------------------------------------

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate")
POINTS = [(call, number) for call in CALLS for number in range(1, 33)]
QUICK = [("pwrite64", 3), ("pwrite64", 12), ("fdatasync", 2), ("fdatasync", 5)]
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


def _inject(root, call, number, what):
    trace = [
        "strace",
        "-f",
        "-qq",
        "-o",
        os.devnull,
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:{what}:when={number}",
    ]
    done = subprocess.run(
        _program(APPEND_EIGHT, root, before=trace), capture_output=True, text=True, check=False, timeout=60
    )
    return done, [line for line in done.stdout.splitlines() if line.startswith("m")]


def _check_point(root, call, number, what):
    done, acknowledged = _inject(root, call, number, what)
    if what.startswith("error"):
        assert 0 == done.returncode, done.stderr
        assert "end" in done.stdout
        # One call fails, so at most one append does, and those behind it work.
        assert len(acknowledged) >= 6, done.stdout
    assert set(acknowledged) <= set(_names(root)), f"{call} {number} {what}"


@needs_strace
@pytest.mark.parametrize("what", ["signal=KILL", "error=EIO", "error=ENOSPC"])
@pytest.mark.parametrize("point", QUICK, ids=str)
def test_a_call_that_fails_or_kills_loses_nothing(root, point, what):
    """At the n-th write or sync of eight appends: killed, or refused with a typed error; nothing acknowledged is lost."""
    _check_point(root, *point, what)


@needs_strace
@pytest.mark.campaign
@pytest.mark.parametrize("what", ["signal=KILL", "error=EIO", "error=ENOSPC"])
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_each_call_that_fails_or_kills_loses_nothing(root, point, what):
    """The same at every write, sync and truncation."""
    _check_point(root, *point, what)


# -- R7: damage -------------------------------------------------------------------------------------------------------


def _damage(data, rng):
    """Return the bytes of a database with one kind of damage."""
    kind = rng.randrange(6)
    place = rng.randrange(100, len(data) - 4_096)
    if kind == 0:
        return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
    if kind == 1:
        return data[:place] + bytes(512) + data[place + 512 :]
    if kind == 2:
        return data[: len(data) - rng.randrange(1, 8_192)]
    if kind == 3:
        return data[:place] + rng.randbytes(64) + data[place + 64 :]
    page = 4_096 * rng.randrange(1, len(data) // 4_096)
    if kind == 4:
        other = 4_096 * rng.randrange(1, len(data) // 4_096)
        return data[:page] + data[other : other + 4_096] + data[page + 4_096 :]
    return data[:page] + bytes(4_096) + data[page + 4_096 :]


def _check_damage(root, rounds):
    """Damage a database in many ways; return how much of what was untouched could be read."""
    expected = {f"m{number}": number / 7 for number in range(400)}
    with open_backend(OpenContext(root, durability="flush")) as store:
        store.append(
            [{**_metric(name), "value": value, "message": name * 5} for name, value in expected.items()]
        )
    path = root / "records.sqlite3"
    whole = path.read_bytes()
    shares = []
    for seed in range(rounds):
        path.write_bytes(_damage(whole, random.Random(seed)))
        for name in ("records.sqlite3-wal", "records.sqlite3-shm"):
            (root / name).unlink(missing_ok=True)
        with open_backend(OpenContext(root, read_only=True)) as store:
            try:
                found = {each.record["id"]: each.record["value"] for each in store.scan()}
            except ContextaError:
                found = {}
            findings = store.check_integrity()
        assert found.items() <= expected.items(), f"seed {seed}: something that was never written"
        assert found == expected or findings, f"seed {seed}: silent"
        shares.append(len(found) / len(expected))
    return sorted(shares)


def test_damage_is_never_silent(root):
    """Whatever is done to the file: no wrong value is shown, and where one is missing the check says so."""
    shares = _check_damage(root, 60)
    assert shares[len(shares) // 2] >= 0.9


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_damage_is_never_silent_in_a_thousand_rounds(root):
    """The same a thousand times."""
    _check_damage(root, 1_000)


# -- R10, R11: a crowd ------------------------------------------------------------------------------------------------

WRITER = """
metadata = open_metadata(OpenContext(root / "metadata", durability="flush"))
records = open_records(OpenContext(root / "records", durability="flush"))
for n in range(int(sys.argv[3])):
    records.append([metric(f"w{sys.argv[2]}n{n}")])
    metadata.apply([Mutation(EntityKind.SAMPLE, f"sample:demo.r1.fit.w{sys.argv[2]}n{n}", {"name": "s"})])
records.close()
metadata.close()
say("done")
"""
READER = """
metadata = open_metadata(OpenContext(root / "metadata", read_only=True))
records = open_records(OpenContext(root / "records", read_only=True))
seen, rounds = (0, 0), 0
while not (root / "over").exists():
    now = (len(list(records.scan())), len(metadata.find(EntityQuery(EntityKind.SAMPLE))))
    assert now[0] >= seen[0] and now[1] >= seen[1], (seen, now)
    seen, rounds = now, rounds + 1
say(f"polls {rounds}")
"""


def _check_crowd(start, root, writers, count):
    root.mkdir()
    reader = start(READER)
    processes = [start(WRITER, number, count) for number in range(writers)]
    told = [process.communicate(timeout=100)[0] for process in processes]
    (root / "over").touch()
    polls = reader.communicate(timeout=60)[0]
    assert ["done\n"] * writers == told
    assert (0, 0) == (max(process.returncode for process in processes), reader.returncode)
    assert int(polls.split()[1]) > 0
    with open_backend(OpenContext(root / "records", read_only=True)) as store:
        names = [each.record["id"] for each in store.scan()]
        assert [] == list(store.check_integrity())
    assert {f"w{number}n{n}" for number in range(writers) for n in range(count)} == set(names)
    assert writers * count == len(names)


def test_a_crowd_on_a_fresh_workspace(start, root):
    """Four writers and a reader that start at once: nothing is lost, nobody fails, and no count goes back."""
    _check_crowd(start, root, 4, 60)


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_large_crowd_on_a_fresh_workspace(start, root):
    """Sixteen writers with a thousand appends each, and a reader."""
    _check_crowd(start, root, 16, 1_000)


# -- R12: a full disk -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 2 MiB and 40 files, where the system allows it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,nr_inodes=40,mode=700", "tmpfs", str(place)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small file system needs root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("size", [10, 1_000, 20_000])
def test_a_full_disk_is_told_and_loses_nothing(small_disk, size):
    """The append that does not fit raises StorageFullError; nothing is lost, reading works, and it goes on with space."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    store = open_backend(OpenContext(small_disk / "records", durability="fsync"))
    acknowledged = []
    with pytest.raises(StorageFullError) as caught:
        for number in range(100_000):
            store.append([{**_metric(f"m{number}"), "message": "x" * size}])
            acknowledged.append(f"m{number}")
    assert caught.value.retryable
    assert acknowledged
    assert acknowledged == [each.record["id"] for each in store.scan()]
    with pytest.raises(StorageFullError):
        store.append([{**_metric("big"), "message": "x" * 1_900_000}])
    ballast.unlink()
    store.append([_metric("after")])
    with open_backend(OpenContext(small_disk / "records", durability="fsync")) as other:
        assert [*acknowledged, "after"] == [each.record["id"] for each in other.scan()]
        assert [] == list(other.check_integrity())
    store.close()


def _use_each_file(root, copies):
    """Do once what makes and writes the files of both stores; return the errors not about space, and how many are."""
    context = OpenContext(root, durability="fsync")
    wrong, refused = [], 0
    with open_backend(context) as records, open_metadata(context) as metadata:
        copies.mkdir()
        for work in (
            lambda: records.append([{**_metric("m0"), "message": "x" * 9_000}]),
            lambda: list(records.scan()),
            lambda: metadata.claim_run("run:demo.r1"),
            lambda: metadata.apply([Mutation(EntityKind.RUN, "run:demo.r1", {"name": "x" * 9_000})]),
            lambda: metadata.get(EntityKind.RUN, "run:demo.r1"),
            lambda: records.write_backup(copies),
            lambda: metadata.write_backup(copies),
        ):
            try:
                work()
            except StorageFullError:
                refused += 1
            except Exception as error:
                wrong.append(repr(error))
    return wrong, refused


@pytest.mark.parametrize("free_pages", range(0, 72, 3))
def test_whatever_write_has_no_space_says_so(small_disk, tmp_path, free_pages):
    """With so many pages left another write is the first that fails: it is StorageFullError, wherever it was."""
    root, copies = small_disk / "store", tmp_path / "copies"
    free = os.statvfs(small_disk).f_bavail * 4_096
    (small_disk / "ballast").write_bytes(bytes(free - free_pages * 4_096))
    wrong, refused = _use_each_file(root, copies)
    assert [] == wrong
    assert refused or free_pages > 12
    (small_disk / "ballast").unlink()
    shutil.rmtree(copies)
    assert ([], 0) == _use_each_file(root, copies)


@pytest.mark.parametrize("free_files", range(9))
def test_whatever_file_cannot_be_made_for_want_of_inodes_says_so(small_disk, tmp_path, free_files):
    """The same for a disk that has space, and room for so many files only."""
    root, copies = small_disk / "store", tmp_path / "copies"
    ballast = [small_disk / str(number) for number in range(os.statvfs(small_disk).f_favail - free_files)]
    for path in ballast:
        path.touch()
    wrong, refused = _use_each_file(root, copies)
    assert [] == wrong
    assert refused or free_files > 6
    for path in ballast:
        path.unlink()
    shutil.rmtree(copies)
    assert ([], 0) == _use_each_file(root, copies)


def test_a_copy_that_has_no_space_names_the_disk_of_the_copy(small_disk, tmp_path):
    """A backup onto a full disk says that this disk is full, not that of the store."""
    with open_backend(OpenContext(tmp_path / "records", durability="flush")) as store:
        store.append([{**_metric(f"m{number}"), "message": "x" * 20_000} for number in range(200)])
        with pytest.raises(StorageFullError) as caught:
            store.write_backup(small_disk)
    assert str(small_disk / "records.sqlite3") == caught.value.details["path"]

"""Loss of power (R5): every state of the disk that the calls of a log allow, after appends, seals, adoption, compaction.

The calls of :mod:`contexta.log.filesystem` are recorded, and the disk is put together as it may be after a loss of power
behind any of them, in three models: everything written is there; only what was synced is there, files by their own
sync and names by their directory's; and, of what was not synced, any part, torn or zeroed.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from contexta.log import DamageKind, LogReader, LogWriter, filesystem
from contexta.log.adoption import adopt_dead
from contexta.log.compaction import compact_log
from contexta.log.durability import Durability

NAMES = ("create_file", "write_all", "truncate_file", "sync_file", "sync_directory", "replace", "remove_file")
NAMES += ("create_private_directory",)


class Recorder:
    """Records the calls on a directory, as they were made.

    Attributes:
        calls: Name and arguments of each, files by a number of their own; ``("ack", record)`` in between.
    """

    def __init__(self, patch) -> None:
        self.calls: list[tuple] = []
        # Numbers of files are given out again by the system once their files are gone.
        self._serials: dict[int, int] = {}
        for name in NAMES:
            patch.setattr(filesystem, name, self._recording(name, getattr(filesystem, name)))

    def made(self, number, path) -> int:
        """Note that a file was made."""
        self._serials[number] = len(self.calls)
        self.calls.append(("create", self._serials[number], path))
        return self._serials[number]

    def _recording(self, name, real):
        def call(*arguments):
            before = self._note(name, arguments)
            result = real(*arguments)
            if name == "create_file":
                self.made(os.fstat(result).st_ino, Path(arguments[0]))
            elif before is not None:
                self.calls.append(before)
            return result

        return call

    def _note(self, name, arguments):
        if name in {"write_all", "truncate_file", "sync_file"}:
            descriptor, *rest = arguments
            return (name, self._serials[os.fstat(descriptor).st_ino], *rest)
        return None if name == "create_file" else (name, *map(Path, arguments))


class Disk:
    """What is on a disk: contents of files, and names, each with what is not synced yet."""

    def __init__(self) -> None:
        self.contents: dict[int, bytearray] = {}
        self.unsynced: dict[int, list[tuple]] = {}
        self.names: dict[Path, int] = {}
        self.unsynced_names: list[tuple] = []

    def play(self, call) -> None:
        kind, *rest = call
        if kind in {"write_all", "truncate_file"}:
            self.unsynced.setdefault(rest[0], []).append((kind, *rest[1:]))
        elif kind == "sync_file":
            for change in self.unsynced.pop(rest[0], []):
                apply(self.contents.setdefault(rest[0], bytearray()), change)
        elif kind == "sync_directory":
            mine = [change for change in self.unsynced_names if concerns(change, rest[0])]
            self.unsynced_names = [change for change in self.unsynced_names if change not in mine]
            for change in mine:
                rename(self.names, change)
        elif kind in {"create", "replace", "remove_file"}:
            self.unsynced_names.append(call)

    def state(self, model, chance) -> dict[Path, bytes]:
        """Return the files that may be there after a loss of power."""
        names = dict(self.names)
        kept = {"all": len(self.unsynced_names), "synced": 0}.get(
            model, chance.randint(0, len(self.unsynced_names))
        )
        for change in self.unsynced_names[:kept]:
            rename(names, change)
        files = {}
        for path, number in names.items():
            content = bytearray(self.contents.get(number, b""))
            for change in self.unsynced.get(number, []) if model != "synced" else ():
                apply(content, change if model == "all" else harmed(change, chance))
            files[path] = bytes(content)
        return files


def concerns(change, directory) -> bool:
    """Whether a change of names is one of a directory."""
    return directory in {path.parent for path in change if isinstance(path, Path)}


def rename(names, change) -> None:
    """Apply a change of names."""
    kind, *rest = change
    if kind == "create":
        names[rest[1]] = rest[0]
    elif kind == "replace" and rest[0] in names:
        names[rest[1]] = names.pop(rest[0])
    elif kind == "remove_file":
        names.pop(rest[0], None)


def apply(content, change) -> None:
    """Apply a change of a file's content."""
    kind, *rest = change
    if kind == "truncate_file":
        del content[rest[0] :]
    else:
        data, offset = rest
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data


def harmed(change, chance):
    """Return what may be left of a write that was not synced: all, nothing, a part, or zeros."""
    kind, *rest = change
    if kind == "truncate_file":
        return change
    data, offset = rest
    how = chance.randrange(4)
    if how == 0:
        return change
    cut = chance.randint(0, len(data))
    return (kind, (b"", data[:cut], bytes(len(data)))[how - 1], offset)


def work(directory, recorder, durability) -> None:
    """Append through rotations with two writers, leave one dead, adopt it, compact, and append again."""

    def append(writer, number) -> None:
        batch = [b'"i":%d,"k":%d,"pad":"%s"' % (number, k, b"x" * 50) for k in range(1 + number % 3)]
        writer.append_many(batch)
        recorder.calls.append(("ack", batch))

    with LogWriter(directory, durability=durability, max_segment_bytes=900) as writer:
        for number in range(10):
            append(writer, number)
    pid = os.fork()
    if not pid:
        # Dies with an open segment; what it does is not in the recording, so its file is added as one that is synced.
        dying = LogWriter(directory, durability=Durability.FSYNC)
        dying.append(b'"dead":1')
        os._exit(0)
    os.waitpid(pid, 0)
    (left,) = directory.glob("*.open")
    number = recorder.made(left.stat().st_ino, left)
    recorder.calls += [
        ("write_all", number, left.read_bytes(), 0),
        ("sync_file", number),
        ("sync_directory", directory),
        ("ack", [b'"dead":1']),
    ]
    adopt_dead(directory)
    compact_log(directory)
    with LogWriter(directory, durability=durability) as writer:
        for number in range(10, 13):
            append(writer, number)


def look(directory, acknowledged, records, *, may_lose) -> None:
    """Open what is there: all that was acknowledged is read once, nothing else is wrong, and writing goes on."""
    found = records(directory)
    assert len(found) == len(set(found))
    if not may_lose:
        assert set(acknowledged) <= set(found)
    allowed = {DamageKind.TORN_TAIL}
    assert {damage.kind for damage in LogReader(directory).verify()} <= allowed | (
        set(DamageKind) if may_lose else set()
    )
    with LogWriter(directory, durability=Durability.FLUSH) as writer:
        writer.append(b'"later":true')
    assert sorted(records(directory)) == sorted([*found, b'"later":true'])


@pytest.fixture
def records():
    """Return the members of every readable record of a log."""

    def read(directory):
        reader = LogReader(directory)
        lines = [line for segment in reader.segments() for _, _, line in reader.read(segment).lines]
        return [line[line.index(b",") + 1 : -16] for line in lines]

    return read


@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("durability", [Durability.FSYNC, Durability.FLUSH])
def test_no_state_of_the_disk_loses_what_was_acknowledged(
    tmp_path, monkeypatch, records, durability, rounds, record_property
):
    """Synced records are there after every loss of power; of the others any may be lost, and none is in the way."""
    directory = tmp_path / "log"
    with monkeypatch.context() as patch:
        recorder = Recorder(patch)
        work(directory, recorder, durability)
    disk, acknowledged, states = Disk(), [], 0
    chance = random.Random(5)
    for place, call in enumerate(recorder.calls):
        disk.play(call)
        if call[0] == "ack":
            acknowledged += call[1]
            continue
        models = ["all", "synced", *["harmed"] * rounds]
        for turn, model in enumerate(models):
            root = tmp_path / f"{place}-{turn}"
            root.mkdir(mode=0o700)
            for path, content in disk.state(model, chance).items():
                if path.parent == directory:
                    (root / path.name).write_bytes(content)
            lost = durability is Durability.FLUSH and model != "all"
            look(root, acknowledged, records, may_lose=lost)
            states += 1
            for path in sorted(root.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            root.rmdir()
    record_property("states", states)
    assert states > 150

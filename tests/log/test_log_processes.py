"""Several processes on one log, and processes that are killed."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

from contexta.log import START, DamageKind, LogReader, LogWriter

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from contexta.log import Cursor

WRITER = """
import sys
from pathlib import Path
from contexta.log import LogWriter
who, count = int(sys.argv[2]), int(sys.argv[3])
with LogWriter(Path(sys.argv[1]), durability="flush", max_segment_bytes=20_000) as writer:
    for i in range(0, count, 2):
        if i % 100:
            writer.append(b'"who":%d,"i":%d' % (who, i))
            writer.append(b'"who":%d,"i":%d' % (who, i + 1))
        else:
            writer.append_many([b'"who":%d,"i":%d' % (who, i + k) for k in (0, 1)])
"""

ENDLESS = """
import os, sys
from pathlib import Path
from contexta.log import LogWriter
writer = LogWriter(Path(sys.argv[1]), durability=sys.argv[2], max_segment_bytes=8_000)
i = 0
while True:
    if i % 7:
        writer.append(b'"i":%d' % i)
        os.write(1, b"%d\\n" % i)
        i += 1
    else:
        writer.append_many([b'"i":%d' % (i + k) for k in range(5)])
        os.write(1, b"".join(b"%d\\n" % (i + k) for k in range(5)))
        i += 5
"""


def test_four_writers_and_a_reader_share_a_fresh_directory(
    directory: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """Started at once: no error, nobody waits, every record once and in its writer's order, the count never falls."""
    processes = [start(WRITER, directory, who, 4_000) for who in range(4)]
    reader = LogReader(directory)
    cursors: dict[str, Cursor] = {}
    seen: dict[str, list[bytes]] = {}
    last_round = False
    while True:
        for segment in reader.segments():
            chunk = reader.read(segment, cursors.get(segment.name, START))
            cursors[segment.name] = chunk.cursor
            assert chunk.damages == ()
            seen.setdefault(segment.writer, []).extend(line for _, _, line in chunk.lines)
        if last_round:
            break
        last_round = all(process.poll() is not None for process in processes)
    assert [process.wait() for process in processes] == [0] * 4
    assert sorted([line[line.index(b",") + 1 : -16] for line in lines] for lines in seen.values()) == [
        [b'"who":%d,"i":%d' % (who, i) for i in range(4_000)] for who in range(4)
    ]
    assert reader.verify() == []
    assert set(reader.writers_alive().values()) == {"dead"}


def test_nothing_acknowledged_is_lost_by_kills_at_random_moments(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]], records: Callable[[Path], list[bytes]]
) -> None:
    """Ten kills: every acknowledged record is there, in order, batches whole, and the log goes on."""
    chance = random.Random(7)
    total = 0
    for round_ in range(10):
        directory = tmp_path / str(round_)
        process = start(ENDLESS, directory, ["fsync", "flush"][round_ % 2])
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        printed = (first + process.stdout.read()).splitlines(keepends=True)
        acknowledged = [int(line) for line in printed if line.endswith("\n")]
        found = [int(record.removeprefix(b'"i":')) for record in records(directory)]
        assert found == list(range(len(found)))
        assert found[: len(acknowledged)] == acknowledged
        # At most the one call that was under way is there beyond what was acknowledged.
        assert len(found) - len(acknowledged) in {0, 1, 2, 3, 4, 5}
        assert {damage.kind for damage in LogReader(directory).verify()} <= {DamageKind.TORN_TAIL}
        with LogWriter(directory) as writer:
            writer.append(b'"i":-1')
        assert len(records(directory)) == len(found) + 1
        total += len(acknowledged)
    assert total > 100

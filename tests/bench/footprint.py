"""Rows 5a and 5b: what a point takes on the disk, and what capturing takes in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmark import open_workspace
from figures import Figure, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["bytes_of_a_point", "memory_of_capturing"]

_HOT, _HOT_LEAN, _COMPACTED = 500, 110, 20
_MOST_MEMORY, _MOST_GROWTH = 40.0, 2.0

_CAPTURING = """
import json, sys
from contexta import Contexta
from pathlib import Path
def peak():
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024
with Contexta(workspace=sys.argv[1], config={"records": {"durability_mode": "flush"}}) as ctx:
    with ctx.run("memory") as run:
        for step in range(1_000):
            run.metric("loss", step / 7, step=step)
        early = peak()
        for step in range(1_000, int(sys.argv[2])):
            run.metric("loss", step / 7, step=step)
        late = peak()
print(json.dumps([early, late]))
"""
_BARE = """
import json, os, sys
from pathlib import Path
descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for step in range(int(sys.argv[2])):
    os.write(descriptor, json.dumps({"key": "loss", "value": step / 7, "step": step}).encode() + b"\\n")
fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
print(json.dumps(int(fields["VmRSS"].split()[0]) / 1024))
"""


def bytes_of_a_point(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 5a: the plane of records, its index included, before and after compaction; the floor is a compact line."""
    count = benchmark.amount(200_000, 20_000)
    place = benchmark.directory()
    with open_workspace(place / "ws", "flush") as ctx, ctx.run("disk") as run:
        for first in range(0, count, 1_000):
            run.emit_metrics(
                [
                    {"key": "loss", "value": 1 / (step + 1), "step": step}
                    for step in range(first, first + 1_000)
                ]
            )
    raw = len(json.dumps({"run": "disk", "key": "loss", "value": 1 / 3, "step": count, "time": 1.7e9})) + 1
    records = place / "ws" / "records"
    yield _size("hot, without the index", _bytes(records) / count, raw, _HOT_LEAN)
    with open_workspace(place / "ws") as ctx:
        index = ctx.record_store.rebuild_indexes().index_bytes
        yield _size(f"hot, with the index ({index / count:.1f} B)", _bytes(records) / count, raw, _HOT)
        ctx.record_store.compact()
        ctx.record_store.rebuild_indexes()
        yield _size("compacted, with the index", _bytes(records) / count, raw, _COMPACTED)
        yield Figure(
            "5a", "the index alone", f"{index / count:.1f} B", "", f"{raw} B", index / count / raw, ""
        )


def _bytes(directory: Path) -> int:
    """Return what the files of a directory occupy, in bytes."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _size(state: str, size: float, raw: int, goal: int) -> Figure:
    return Figure(
        "5a",
        f"bytes of a point, {state}",
        f"{size:.1f} B",
        "",
        f"{raw} B",
        size / raw,
        f"≤ {goal} B",
        size <= goal,
    )


def memory_of_capturing(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 5b: resident memory after 100,000 points, and how much of it came after the first thousand."""
    count = benchmark.amount(100_000, 10_000)
    place = benchmark.directory()
    early, late = _said(_CAPTURING, place / "ws", count)
    bare = _said(_BARE, place / "raw.jsonl", count)
    yield Figure(
        "5b",
        f"resident memory after {count:,} metric() calls; floor: json and os.write",
        f"{late:.1f} MiB",
        "",
        f"{bare:.1f} MiB",
        late / bare,
        f"≤ {_MOST_MEMORY:.0f} MiB",
        late <= _MOST_MEMORY,
    )
    yield Figure(
        "5b",
        "its growth after the first 1,000 calls",
        quantity(late - early, " MiB"),
        "",
        "",
        None,
        f"≤ {_MOST_GROWTH:.0f} MiB",
        late - early <= _MOST_GROWTH,
    )


def _said(program: str, path: Path, count: int) -> object:
    """Return what a program prints about itself."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(count)], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)

"""Row 3d: opening and closing a run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, middle, percentile, quantity
from programs import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark import Benchmark

__all__ = ["open_and_close"]

# A program of its own: what is captured with a run depends on the repository around the program.
_PROGRAM = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from benchmark import alternate, open_workspace
from raw_lines import RawLines
place, durability, count = pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def captured(number):
    with ctx.run(f"run {number}"):
        pass

def written(number):
    raw.metric(0.5, number)
    raw.metric(0.5, number)

with open_workspace(place / "ws", durability) as ctx, RawLines(place / "raw", synced=durability == "fsync") as raw:
    # The first run of a process gathers the environment, which later ones have from the start.
    taken = alternate(count, captured, written, warm_up=1)
    with open_workspace(place / "ws") as reader:
        from contexta.spi.metadata import EntityKind, EntityQuery
        found = reader.metadata_store.find(EntityQuery(kind=EntityKind.RUN))
        assert len(found) == count + 1, f"{count + 1} runs were opened and closed, and {len(found)} are readable"
print(json.dumps(taken))
"""

_CHANGED_LINES = 300


def open_and_close(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3d: an empty run, whose row everybody can read when the block ends."""
    for durability in ("fsync", "flush"):
        yield _measured(benchmark, durability, benchmark.directory(), "")
    repository = _changed_repository(benchmark)
    if repository is not None:
        yield _measured(
            benchmark, "flush", repository, f", {_CHANGED_LINES} changed lines in the repository around it"
        )


def _changed_repository(benchmark: Benchmark) -> Path | None:
    """Return a repository with changes that are not committed, or None without git."""
    git = shutil.which("git")
    if git is None:
        return None
    place = benchmark.directory()
    source = place / "train.py"
    source.write_text(
        "".join(f"parameter_{line} = {line}\n" for line in range(_CHANGED_LINES)), encoding="utf-8"
    )
    named = [git, "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q"], ["add", "train.py"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(named + command, cwd=place, check=True, capture_output=True)
    source.write_text(
        "".join(f"parameter_{line} = -{line}\n" for line in range(_CHANGED_LINES)), encoding="utf-8"
    )
    return place


def _measured(benchmark: Benchmark, durability: str, directory: Path, around: str) -> Figure:
    here = str(Path(__file__).parent)
    arguments = [here, str(benchmark.directory()), durability, str(benchmark.amount(300, 30))]
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, *arguments],
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    product, floor = json.loads(done.stdout)
    return Figure(
        "3d",
        f"run opened and closed, {durability}{around}; floor: two raw lines",
        quantity(middle(product), "s"),
        quantity(percentile(product, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(product) / middle(floor),
        "≤ 1 ms",
        middle(product) <= 1e-3,
    )

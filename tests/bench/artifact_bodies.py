"""Row 6: a large file taken in: copied, hashed, and on stable storage."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from benchmark import alternate
from figures import Figure, percentile, quantity

from contexta.spi.context import OpenContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["large_bodies"]

#: Size of the file, in MiB; another one where the disk is small or the machine busy.
_SIZE_VARIABLE = "BENCH_ARTIFACT_MIB"
_MIB = 1_048_576


def large_bodies(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 6: taking a file in, beside hashing it and then copying it."""
    size = int(os.environ.get(_SIZE_VARIABLE, benchmark.amount(1_024, 64))) * _MIB
    source = benchmark.directory() / "source"
    _write(source, size)
    for durability in ("flush", "fsync"):
        yield _measured(benchmark, source, size, durability, mode="copy")
    yield _measured(benchmark, source, size, "flush", mode="adopt")


def _write(path: Path, size: int) -> None:
    """Write bytes that no file system can leave out."""
    block = os.urandom(8 * _MIB)
    with path.open("wb") as file:
        for _ in range(0, size, len(block)):
            file.write(block)
        file.truncate(size)


def _measured(benchmark: Benchmark, source: Path, size: int, durability: str, *, mode: str) -> Figure:
    from contexta_store_files.backend import open_backend

    place = benchmark.directory()
    digits: list[str] = []

    def product(number: int) -> None:
        handed = source
        if mode == "adopt":
            handed = place / "handed"
            if not handed.exists():
                shutil.copyfile(source, handed)
        with open_backend(OpenContext(root=place / f"store-{number}", durability=durability), None) as store:
            content = store.ingest(handed, mode=mode)
        digits[:] = [content.digest.partition(":")[2]]

    def floor(number: int) -> None:
        with source.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        shutil.copyfile(source, place / f"copy-{number}")
        if durability == "fsync":
            with (place / f"copy-{number}").open("rb") as file:
                os.fsync(file.fileno())
        if digits and digits[0] != found:
            raise RuntimeError(f"the store says {digits[0]}, and it is {found}")

    taken: list[float] = []
    raw: list[float] = []
    for turn in range(benchmark.amount(5, 3)):
        if mode == "adopt":
            shutil.copyfile(source, place / "handed")
        # One at a time, and removed at once: the disk need not hold more than two copies.
        ours, theirs = alternate(
            1, lambda _, turn=turn: product(turn), lambda _, turn=turn: floor(turn), warm_up=0
        )
        taken += ours
        raw += theirs
        shutil.rmtree(place / f"store-{turn}")
        (place / f"copy-{turn}").unlink()
    # Writing may wait for the page cache, which is not ours: the quietest turn tells.
    ratio = min(taken) / min(raw)
    goal = {"copy": 0.85, "adopt": None}[mode] if durability == "flush" else None
    return Figure(
        "6",
        f"{size // _MIB:,} MiB taken in, {mode}, {durability}, best; floor: sha256, then copyfile",
        quantity(min(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(min(raw), "s"),
        ratio,
        "" if goal is None else f"≤ x{goal}",
        None if goal is None else ratio <= goal,
    )

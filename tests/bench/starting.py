"""Rows 3a to 3c: what a fresh process waits for."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from figures import Figure, middle, quantity
from programs import Usage, run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmark import Benchmark

__all__ = ["command_line", "imports", "small_script"]

_NOTHING = "pass"
_IMPORTS = ("import contexta", "from contexta import Contexta")
_WITHOUT_DUCKDB = "\nimport sys\nassert 'duckdb' not in sys.modules, 'duckdb was imported'"

# What the console script of an installation does.
_COMMAND = """
import sys
from contexta_cli.main import main
sys.argv[0] = "contexta"
sys.exit(main())
"""
_COMMAND_GOALS = {"--version": 0.080, "--help": 0.100}

_SCRIPT = """
import sys
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("small") as run:
    run.metric("loss", 0.5, step=1)
assert "duckdb" not in sys.modules, "duckdb was imported"
"""
_RAW_SCRIPT = """
import json, os, sys
os.makedirs(sys.argv[1], exist_ok=True)
descriptor = os.open(sys.argv[1] + "/raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for record in ({"run": "small", "status": "open"}, {"loss": 0.5, "step": 1}, {"run": "small", "status": "completed"}):
    os.write(descriptor, json.dumps(record).encode() + b"\\n")
    os.fdatasync(descriptor)
os.close(descriptor)
"""


def _in_turn(rounds: int, *programs: Callable[[], Usage]) -> list[list[Usage]]:
    """Run programs in turn; each once before, so that its modules are compiled and in the page cache."""
    for program in programs:
        program()
    taken: list[list[Usage]] = [[] for _ in programs]
    for _ in range(rounds):
        for program, usages in zip(programs, taken, strict=True):
            usages.append(program())
    return taken


def _wall(usages: list[Usage]) -> float:
    return middle([usage.wall for usage in usages])


def _processor(usages: list[Usage]) -> float:
    return middle([usage.processor for usage in usages])


def imports(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3a: importing, in wall time, and in processor time net of a program that does nothing."""
    for statement in _IMPORTS:
        product, nothing = _in_turn(
            benchmark.amount(25, 5),
            lambda statement=statement: run_program(statement + _WITHOUT_DUCKDB),
            lambda: run_program(_NOTHING),
        )
        wall, net = _wall(product), _processor(product) - _processor(nothing)
        yield Figure(
            "3a",
            f"{statement}; processor net of `pass`: {quantity(net, 's')}",
            quantity(wall, "s"),
            floor=quantity(_wall(nothing), "s"),
            ratio=wall / _wall(nothing),
            goal="≤ 70 ms wall, ≤ 55 ms net, no duckdb",
            met=wall <= 0.070 and net <= 0.055,
        )


def command_line(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3b: the command line's quickest answers."""
    for option, goal in _COMMAND_GOALS.items():
        product, nothing = _in_turn(
            benchmark.amount(25, 5),
            lambda option=option: run_program(_COMMAND, option),
            lambda: run_program(_NOTHING),
        )
        wall = _wall(product)
        yield Figure(
            "3b",
            f"contexta {option}; processor net of `pass`: {quantity(_processor(product) - _processor(nothing), 's')}",
            quantity(wall, "s"),
            floor=quantity(_wall(nothing), "s"),
            ratio=wall / _wall(nothing),
            goal=f"≤ {goal * 1_000:.0f} ms",
            met=wall <= goal,
        )


def small_script(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3c: import, open, one run, one point, close: the whole of it, with everything captured by default."""
    place = benchmark.directory()
    numbers = itertools.count()
    for what, name in (("a new", lambda: f"new{next(numbers)}"), ("an existing", lambda: "existing")):
        product, raw = _in_turn(
            benchmark.amount(25, 5),
            lambda name=name: run_program(_SCRIPT, place / name()),
            lambda: run_program(_RAW_SCRIPT, place / "raw"),
        )
        wall = _wall(product)
        yield Figure(
            "3c",
            f"whole script with one point, {what} store; processor: {quantity(_processor(product), 's')}",
            quantity(wall, "s"),
            floor=quantity(_wall(raw), "s"),
            ratio=wall / _wall(raw),
            goal="≤ 0.15 s, no duckdb",
            met=wall <= 0.15,
        )

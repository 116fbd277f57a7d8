"""Rows 3e and 3f: what installed plugins cost those who use another, and those who use none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from figures import Figure, middle, quantity
from programs import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["foreign_plugins", "resolving"]

_DISTRIBUTIONS = 150
_FOREIGN = 50

# In one process, with the imports behind it: the scan and the choice; the floor reads the same files.
_RESOLVING = """
import sys
sys.path.insert(0, sys.argv[1])
import importlib_metadata, pluggy
from time import perf_counter
from pathlib import Path
from contexta.plugins import PluginHost
import contexta.plugins.activation
def resolve():
    begin = perf_counter()
    PluginHost(environ={}).resolve("sink", "bench_one", required_by="bench")
    return perf_counter() - begin
def read():
    begin = perf_counter()
    for place in sys.path:
        for folder in Path(place).glob("*.dist-info"):
            try:
                (folder / "entry_points.txt").read_bytes()
            except OSError:
                pass
    return perf_counter() - begin
resolve(), read()
rounds = int(sys.argv[2])
product, floor = zip(*[(resolve(), read()) for _ in range(rounds)])
print(sorted(product)[rounds // 2], sorted(floor)[rounds // 2])
"""

# The whole of it in a fresh process: pluggy and importlib_metadata are imported here as well.
_FRESH = """
import sys
sys.path.insert(0, sys.argv[1])
from contexta.plugins import PluginHost
PluginHost(environ={}).resolve("sink", "bench_one", required_by="bench")
assert "bench_sink" in sys.modules
"""
_NOTHING = "pass"

_MODULES = """
import contextlib, io, sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {statement}
print(*sorted(set(sys.modules) - before))
"""
_STATEMENTS = {
    "import contexta": "import contexta",
    "contexta --help": "from contexta_cli.main import main; main(['--help'])",
}


def _site(directory: Path, *, plugins: int, others: int) -> Path:
    """Write distributions into a directory: foreign plugins, one of which is a whole sink, and others."""
    for number in range(plugins):
        _distribution(
            directory, f"bench-plugin-{number}", f"[contexta.sink]\nbench_{number} = bench_absent\n"
        )
    for number in range(others):
        _distribution(directory, f"bench-other-{number}", "[console_scripts]\nbench = bench_absent:main\n")
    _distribution(directory, "bench-sink", "[contexta.sink]\nbench_one = bench_sink\n")
    (directory / "bench_sink.py").write_text(
        "from contexta.plugins import Provider, hookimpl\n"
        "@hookimpl\ndef contexta_sinks():\n    return [Provider('bench_one', 'bench_absent:open_sink')]\n",
        encoding="utf-8",
    )
    return directory


def _distribution(directory: Path, name: str, entry_points: str) -> None:
    folder = directory / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir()
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: contexta<3,>=2\n"
    (folder / "METADATA").write_text(text, encoding="utf-8")
    (folder / "entry_points.txt").write_text(entry_points, encoding="utf-8")


def resolving(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3e: resolving one component by name among 150 more distributions, a third of them plugins."""
    site = _site(benchmark.directory(), plugins=_FOREIGN, others=_DISTRIBUTIONS - _FOREIGN - 1)
    rounds = benchmark.amount(25, 5)
    product, floor = (float(word) for word in run_program(_RESOLVING, site, rounds).output.split())
    yield Figure(
        "3e",
        f"resolve one sink by name, {_DISTRIBUTIONS} distributions more on the path",
        quantity(product, "s"),
        floor=quantity(floor, "s"),
        ratio=product / floor,
        goal="≤ 30 ms",
        met=product <= 0.030,
    )
    fresh, nothing = ([run_program(text, site) for _ in range(rounds)] for text in (_FRESH, _NOTHING))
    wall, least = (middle([usage.wall for usage in usages]) for usages in (fresh, nothing))
    yield Figure(
        "3e",
        "the same in a fresh process, with every import it takes",
        quantity(wall, "s"),
        floor=quantity(least, "s"),
        ratio=wall / least,
    )


def foreign_plugins(benchmark: Benchmark) -> Iterator[Figure]:
    """Row 3f: the modules that are loaded with no foreign plugin installed, and with fifty."""
    empty, crowded = benchmark.directory(), _site(benchmark.directory(), plugins=_FOREIGN, others=0)
    for name, statement in _STATEMENTS.items():
        program = _MODULES.format(statement=statement)
        alone, beside = (run_program(program, place).output.split() for place in (empty, crowded))
        yield Figure(
            "3f",
            f"{name}: modules loaded beside {_FOREIGN} foreign plugins",
            f"{len(beside)}",
            floor=f"{len(alone)}",
            ratio=len(beside) / len(alone),
            goal="the same modules",
            met=alone == beside,
        )

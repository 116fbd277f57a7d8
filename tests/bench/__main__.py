"""The benchmarks: `python tests/bench [ROW ...]`; each figure stands beside the floor measured in the same run."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from artifact_bodies import large_bodies
from asking_many_runs import ask_many_runs, scan_everything
from benchmark import Benchmark, Measurement
from cold_questions import find_runs_cold
from contract import metric_record_both_ways
from crowd import writers_beside_readers
from dashboard_speed import dashboard
from diagnosing_long_runs import diagnose_long_runs
from figures import HEADINGS, Figure, format_line, format_table
from finding_runs import find_runs
from footprint import bytes_of_a_point, memory_of_capturing
from latest_values import latest_values, scale
from long_lineage import follow_lineage
from metric_batches import batches_of_a_thousand
from one_metric import constant_cost, durable_call, one_call, sustained_rate
from one_run import one_run_of_many
from opening_runs import open_and_close
from plugins import foreign_plugins, resolving
from reading_series import long_history
from second_process import open_run_elsewhere
from sqlite_stores import sqlite_beside_stock
from starting import command_line, imports, small_script
from two_of_many import compare_two, read_history, two_of_many

ROWS: dict[str, Measurement] = {
    "1a": one_call,
    "1b": sustained_rate,
    "1c": durable_call,
    "1d": constant_cost,
    "2": batches_of_a_thousand,
    "3a": imports,
    "3b": command_line,
    "3c": small_script,
    "3d": open_and_close,
    "3e": resolving,
    "3f": foreign_plugins,
    "4a": find_runs,
    "4b": find_runs_cold,
    "4c": read_history,
    "4d": compare_two,
    "4e": two_of_many,
    "history": long_history,
    "5a": bytes_of_a_point,
    "5b": memory_of_capturing,
    "6": large_bodies,
    "7": latest_values,
    "8": open_run_elsewhere,
    "snapshot": one_run_of_many,
    "scale": scale,
    "lineage": follow_lineage,
    "ask": ask_many_runs,
    "diagnose": diagnose_long_runs,
    "scan": scan_everything,
    "contract": metric_record_both_ways,
    "crowd": writers_beside_readers,
    "sqlite": sqlite_beside_stock,
    "web": dashboard,
}


def main() -> int:
    """Measure the rows that were asked for; return 1 if a goal was missed and that was asked for."""
    arguments = _arguments()
    # What a surrounding run or profile would change is not measured here.
    for name in [name for name in os.environ if name.startswith("CONTEXTA_")]:
        del os.environ[name]
    root = Path(tempfile.mkdtemp(prefix="contexta-bench-", dir=arguments.directory))
    figures: list[Figure] = []
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {_load()} at the start", flush=True
    )
    print(format_line(HEADINGS), flush=True)
    try:
        _leave_repository(root)
        benchmark = Benchmark(root, quick=arguments.quick)
        for row in arguments.rows or ROWS:
            for figure in ROWS[row](benchmark):
                figures.append(figure)
                print(format_line(figure.cells), flush=True)
    finally:
        os.chdir(Path(root.anchor))
        shutil.rmtree(root)
    missed = sum(figure.met is False for figure in figures)
    print(f"load {_load()} at the end; {missed} of {len(figures)} figures miss their goal")
    if arguments.markdown:
        print(f"\n{format_table(figures)}")
    return 1 if missed and arguments.strict else 0


def _leave_repository(root: Path) -> None:
    """Stand in the directory, as a program around which there is no repository.

    A run is captured with the repository's changes; the figures must not depend on those of this checkout.
    """
    os.chdir(root)
    # The directory may lie inside a repository: this file ends the search, and git takes it for a broken one.
    (root / ".git").touch()
    sys.modules["__main__"].__file__ = str(root / "bench.py")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"rows to measure: {', '.join(ROWS)}; all when none"
    )
    parser.add_argument(
        "--quick", action="store_true", help="do a small part of the work, to see that it runs"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table once more, as Markdown")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a goal is missed")
    parser.add_argument(
        "--directory", type=Path, help="where to write; the file system there is measured too"
    )
    arguments = parser.parse_args()
    unknown = [row for row in arguments.rows if row not in ROWS]
    if unknown:
        parser.error(f"there is no row {unknown[0]!r}; the rows are {', '.join(ROWS)}")
    return arguments


def _load() -> str:
    """Return the machine's load of the last minute; figures from a busy machine say less."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main())

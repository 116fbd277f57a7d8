"""Exports of any size fit into little memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.capture import MetricEmission

PROGRAM = """
import resource, sys
from contexta import Contexta
from contexta.export import export_metrics, export_runs

ctx = Contexta(workspace=sys.argv[1])
export_runs(ctx, sys.argv[2] + ".first", file_format=sys.argv[3])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path = export_metrics(ctx, sys.argv[2], file_format=sys.argv[3])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, path.stat().st_size)
"""

POINTS = 60_000
#: As rows in memory the points would take some 900 bytes each, so 54 MB; a segment of the store is 1 MB of text.
MOST_MEGABYTES = 30


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A workspace with 60,000 points of one metric of one run."""
    workspace = tmp_path_factory.mktemp("large") / "ws"
    settings = {
        "records": {"durability_mode": "flush"},
        "capture": {"capture_environment_snapshot": False, "capture_code_revision": False},
    }
    with Contexta(workspace=str(workspace), config=settings) as ctx, ctx.run("long"):
        for begin in range(0, POINTS, 5_000):
            ctx.emit_metrics(
                [MetricEmission("loss", 1.0 / (step + 1)) for step in range(begin, begin + 5_000)]
            )
    return workspace


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_memory_does_not_grow_with_the_rows(large, tmp_path, file_format):
    """The export of 60,000 rows takes a fraction of what they would take in memory."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(large), str(tmp_path / "metrics"), file_format],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    kilobytes, size = map(int, done.stdout.split())
    assert size > POINTS
    assert kilobytes / 1024 < MOST_MEGABYTES

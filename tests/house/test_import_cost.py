"""What you import is what you pay: which modules an import loads, seen from a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Packages that cost tens of milliseconds or more, and are for the parts that use them.
HEAVY = frozenset(
    [
        "IPython",
        "cattrs",
        "duckdb",
        "fsspec",
        "mlflow",
        "numpy",
        "opentelemetry",
        "pandas",
        "polars",
        "pyarrow",
        "rich",
        "scipy",
        "sklearn",
        "starlette",
        "torch",
        "uvicorn",
        "yaml",
    ]
)

# What even the bare package must not load; all but the last four are on the path of most Python programs.
NEVER_BARE = HEAVY | frozenset(
    [
        "asyncio",
        "attr",
        "attrs",
        "click",
        "concurrent",
        "dataclasses",
        "email",
        "importlib.metadata",
        "importlib_metadata",
        "inspect",
        "json",
        "logging",
        "msgspec",
        "packaging",
        "pluggy",
        "tomllib",
        "typing",
        "urllib",
    ]
)

PROGRAM = """
import json, sys
before = set(sys.modules)
{statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter and return the modules it added."""
    program = PROGRAM.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def found_in(modules: set[str], denied: frozenset[str]) -> list[str]:
    """List the denied modules among those loaded, by their own or their top-level name."""
    return sorted(name for name in modules if name in denied or name.partition(".")[0] in denied)


def test_the_bare_import_is_almost_free():
    """`import contexta` loads two modules of ours and nothing that costs time."""
    modules = loaded_by("import contexta")
    assert {"contexta", "contexta._lazy"} == {name for name in modules if name.startswith("contexta")}
    assert [] == found_in(modules, NEVER_BARE)


def test_the_version_is_free():
    """`contexta.__version__` loads nothing more than the package."""
    assert loaded_by("import contexta") == loaded_by("import contexta; contexta.__version__")


def test_the_facade_loads_no_backend():
    """`from contexta import Contexta` loads no database, no data frame, no command line, no plugin, no dataclass."""
    modules = loaded_by("from contexta import Contexta")
    assert [] == found_in(modules, HEAVY | {"click", "dataclasses", "inspect"})
    assert [] == sorted(name for name in modules if name.startswith("contexta_"))


@pytest.mark.parametrize(
    "part",
    [
        "capture",
        "config",
        "contract",
        "errors",
        "interpretation",
        "log",
        "plugins",
        "results",
        "runtime",
        "spi",
        "store",
    ],
)
def test_a_part_loads_nothing_heavy(part):
    """Importing one part of the kernel loads no heavy package and no plugin."""
    modules = loaded_by(f"import contexta.{part}")
    assert [] == found_in(modules, HEAVY | {"click"})
    assert [] == sorted(name for name in modules if name.startswith("contexta_"))


def test_help_loads_nothing_heavy():
    """`contexta --help` answers without loading a database, a data frame or the table printer."""
    statement = (
        "import contextlib, io, sys\n"
        "sys.argv = ['contexta', '--help']\n"
        "from contexta_cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main()"
    )
    assert [] == found_in(loaded_by(statement), HEAVY)


def test_capturing_loads_no_reading_half(tmp_path):
    """A run with a metric loads neither what answers questions, nor what starts programs, nor what reads archives."""
    statement = (
        "import os\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "from contexta import Contexta\n"
        "with Contexta() as ctx, ctx.run('r') as run:\n"
        "    run.metric('loss', 0.5)"
    )
    modules = loaded_by(statement)
    assert {"contexta_store_duckdb.journal", "contexta_store_jsonl.encoding"} <= modules
    reading = {
        "contexta.log.reader",
        "contexta_interpretation",
        "contexta_store_duckdb.view",
        "contexta_store_duckdb.index",
        "contexta_store_jsonl.catalog",
        "contexta_store_jsonl.scanning",
    }
    assert set() == modules & (HEAVY | reading | {"attr", "click", "subprocess", "zipfile"})

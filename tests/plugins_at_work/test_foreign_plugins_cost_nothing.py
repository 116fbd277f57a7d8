from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import contextlib, io, json, sys
before = set(sys.modules)
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""

STATEMENTS = {
    "import contexta": "import contexta",
    "from contexta import Contexta": "from contexta import Contexta",
    "contexta --help": "from contexta_cli.main import main; main(['--help'])",
    "contexta --version": "from contexta_cli.main import main; main(['--version'])",
}


def loaded(statement, directory, path):
    """Run a statement in a fresh interpreter and return the modules that it loads."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement=statement)],
        cwd=directory,
        env={"PYTHONPATH": str(path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def crowded(site):
    """Install fifty foreign plugins, one or two of each kind, that must not be imported."""
    kinds = ("metadata_store", "record_store", "artifact_store", "sink", "interpreter", "surface", "hooks")
    site.module("zz_foreign", "raise AssertionError('imported')")
    for number in range(50):
        site.distribution(
            f"zz-foreign-{number}", {kinds[number % len(kinds)]: {f"zz_{number}": "zz_foreign"}}
        )
    return site.directory


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_same_modules_are_loaded_with_fifty_foreign_plugins(crowded, tmp_path, name):
    """What a program loads does not depend on what else is installed."""
    empty = tmp_path / "empty"
    empty.mkdir()
    assert loaded(STATEMENTS[name], tmp_path, empty) == loaded(STATEMENTS[name], tmp_path, crowded)


def test_the_command_line_reads_no_plugin(crowded, tmp_path):
    """Help and version load neither pluggy nor what reads the installed distributions."""
    for name in ("contexta --help", "contexta --version"):
        assert not {"pluggy", "importlib_metadata"} & set(loaded(STATEMENTS[name], tmp_path, crowded))


def test_another_metadata_store_imports_no_database(site, tmp_path):
    """Selecting a store imports that one's module, and not the stock store's nor its database."""
    site.module(
        "zz_other",
        "from contexta.plugins import Provider, hookimpl\n"
        "@hookimpl\ndef contexta_metadata_stores(): return [Provider('zz_other', lambda *_: 1 / 0)]\n",
    )
    site.distribution("zz-other", {"metadata_store": {"zz_other": "zz_other"}})
    statement = (
        "from contexta import Contexta, ContextaError\n"
        "    with contextlib.suppress(ContextaError):\n"
        "        Contexta(config={'metadata': {'storage_adapter': 'zz_other'}}).list_runs()"
    )
    modules = loaded(statement, tmp_path, site.directory)
    assert "zz_other" in modules
    assert not [name for name in modules if name == "duckdb" or name.startswith("contexta_store_duckdb")]

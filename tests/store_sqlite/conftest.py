"""What the tests of the SQLite stores share."""

from __future__ import annotations

import importlib
from contextlib import suppress

import pytest

from contexta import Contexta
from contexta.spi.context import OpenContext
from contexta_store_sqlite.metadata.backend import open_backend as open_metadata
from contexta_store_sqlite.options import SQLiteOptions
from contexta_store_sqlite.records.backend import open_backend as open_records

QUIET = {
    "capture_environment_snapshot": False,
    "capture_code_revision": False,
    "capture_installed_packages": False,
}


@pytest.fixture(scope="session", autouse=True)
def frame_libraries():
    """Import what sets variables of the environment at its import before any test looks at them."""
    for name in ("pandas", "polars"):
        with suppress(ImportError):
            importlib.import_module(name)


@pytest.fixture
def root(tmp_path):
    """Give the root of a plane that does not exist yet."""
    return tmp_path / "plane"


@pytest.fixture
def opened(root):
    """Open stores on the root; all are closed at the end."""
    stores = []

    def open_store(opener=open_records, *, read_only=False, durability="flush", **options):
        context = OpenContext(root, read_only=read_only, durability=durability)
        stores.append(opener(context, SQLiteOptions(**options)))
        return stores[-1]

    open_store.metadata = lambda **arguments: open_store(open_metadata, **arguments)
    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def sqlite_workspace(tmp_path):
    """Open a workspace whose metadata and records are in SQLite."""
    made = []

    def open_workspace(name="ws", *, metadata="sqlite", records="sqlite", **sections):
        config = {
            "metadata": {"storage_adapter": metadata},
            "records": {"storage_adapter": records, "durability_mode": "flush"},
            "capture": QUIET,
            **sections,
        }
        made.append(Contexta(workspace=str(tmp_path / name), config=config))
        return made[-1]

    yield open_workspace
    for ctx in made:
        ctx.close()


@pytest.fixture
def metric():
    """Make flat metric records."""

    def make(name, value=0.5, **fields):
        record = {"type": "metric", "id": name, "run": "run:demo.r1", "key": "loss", "value": value}
        return {**record, "time": "2026-01-31T12:00:00Z", **fields}

    return make

"""The metadata stores, used at random by two writers and a reader, against the model of the kit."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from contexta.testing import MetadataStoreMachine
from contexta_store_duckdb.backend import open_backend as open_duckdb
from contexta_store_duckdb.options import DuckDBOptions
from contexta_store_sqlite.metadata.backend import open_backend as open_sqlite


class DuckDBMachine(MetadataStoreMachine):
    """The stock store; nearly every question builds an index."""

    capabilities = frozenset({"deletion"})

    def open_store(self, context):
        return open_duckdb(context, DuckDBOptions(index_threshold_bytes=1))

    @rule()
    def lose_the_index(self):
        """Lose every DuckDB file."""
        shutil.rmtree(self.root / "index", ignore_errors=True)


class SQLiteMachine(MetadataStoreMachine):
    """The store in SQLite."""

    capabilities = frozenset({"deletion"})

    def open_store(self, context):
        return open_sqlite(context)


MACHINES = pytest.mark.parametrize("machine", [DuckDBMachine, SQLiteMachine])


def run(machine, examples, steps):
    """Run a machine so often, with so many steps."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


@MACHINES
def test_some_histories(machine):
    """A few random histories end as the model says."""
    run(machine, 8, 12)


@pytest.mark.campaign
@MACHINES
def test_many_histories(machine):
    """Hundreds of longer ones do."""
    run(machine, 200, 40)

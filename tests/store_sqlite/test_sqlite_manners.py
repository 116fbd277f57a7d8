"""Options, foreign programs, versions, modes and repairs of the SQLite stores."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import pytest

from contexta.errors import ConfigurationError, MigrationError, SchemaVersionError, StoreAccessError
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.spi.migration import MigrationStep
from contexta_store_sqlite.metadata import migrations, schema
from contexta_store_sqlite.metadata.backend import open_backend as open_metadata
from contexta_store_sqlite.options import SQLiteOptions

RUN = EntityKind.RUN


def _ids(store):
    return [each.record["id"] for each in store.scan()]


@pytest.mark.parametrize(
    "options", [{"journal_mode": "off"}, {"busy_timeout_seconds": 0}, {"busy_timeout_seconds": -1.0}], ids=str
)
def test_an_option_that_cannot_be_is_refused(options):
    """Another journal mode, or no time at all, is an error of the configuration."""
    with pytest.raises(ConfigurationError) as caught:
        SQLiteOptions(**options)
    assert "sqlite_invalid_option" == caught.value.code


@pytest.mark.parametrize("mode", ["wal", "truncate"])
def test_the_journal_mode_acts(opened, root, metric, mode):
    """The database is made with the configured journal mode, and either keeps what is appended."""
    store = opened(journal_mode=mode)
    store.append([metric("m0")])
    with closing(sqlite3.connect(root / "records.sqlite3")) as connection:
        assert (mode if mode == "wal" else "delete",) == connection.execute("PRAGMA journal_mode").fetchone()
    assert ["m0"] == _ids(opened(read_only=True, journal_mode=mode))


@pytest.mark.parametrize(("durability", "synchronous"), [("fsync", 2), ("flush", 1), ("interval", 2)])
def test_durability_is_that_of_sqlite(opened, metric, durability, synchronous):
    """`fsync` and `interval` sync every commit (FULL); `flush` leaves it to the system (NORMAL)."""
    store = opened(durability=durability)
    store.append([metric("m0")])
    assert (synchronous,) == store._database._connection.execute("PRAGMA synchronous").fetchone()


def test_a_foreign_program_is_waited_for(opened, root, metric):
    """While another program holds the database a call waits, and then goes on."""
    store = opened()
    store.append([metric("m0")])
    with closing(sqlite3.connect(root / "records.sqlite3", check_same_thread=False)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.4, foreign.execute, ("ROLLBACK",))
        timer.start()
        begun = time.monotonic()
        store.append([metric("m1")])
        assert time.monotonic() - begun > 0.3
        timer.join()
    assert ["m0", "m1"] == _ids(store)


def test_a_foreign_program_is_not_waited_for_for_ever(opened, root, metric):
    """After busy_timeout_seconds the error says who is in the way, and the same call works later."""
    store = opened(busy_timeout_seconds=0.2)
    store.append([metric("m0")])
    with closing(sqlite3.connect(root / "records.sqlite3")) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreAccessError, match="another program holds") as caught:
            store.append([metric("m1")])
        assert ("sqlite_busy", True) == (caught.value.code, caught.value.retryable)
        assert ["m0"] == _ids(store)
        foreign.execute("ROLLBACK")
    store.append([metric("m1")])
    assert ["m0", "m1"] == _ids(store)


def test_a_database_of_a_later_version_is_refused(opened, root, metric):
    """A file with another schema version is read by nobody and changed by nobody."""
    store = opened()
    store.append([metric("m0")])
    store.close()
    with closing(sqlite3.connect(root / "records.sqlite3")) as connection:
        connection.execute("PRAGMA user_version = 7")
    for read_only in (True, False):
        with pytest.raises(SchemaVersionError, match="schema version 7") as caught:
            _ids(opened(read_only=read_only))
        assert "sqlite_schema_version_unsupported" == caught.value.code


def test_a_file_that_is_no_database_is_told(opened, root):
    """A file of another kind in the database's place is a typed error, and a finding of the check."""
    root.mkdir()
    (root / "records.sqlite3").write_bytes(b"no database at all" * 100)
    store = opened(read_only=True)
    with pytest.raises(StoreAccessError) as caught:
        _ids(store)
    assert "sqlite_damaged" == caught.value.code
    assert ["pages_damaged"] == [finding.code for finding in store.check_integrity()]


def test_it_can_be_read_from_read_only_media(opened, root, metric):
    """A directory that may not be written is read all the same."""
    store = opened()
    store.append([metric("m0")])
    store.close()
    (root / "records.sqlite3").chmod(0o400)
    root.chmod(0o500)
    try:
        assert ["m0"] == _ids(opened(read_only=True))
    finally:
        root.chmod(0o700)


def test_a_store_in_memory_is_refused(root):
    """`:memory:` is no place that processes share."""
    with pytest.raises(ConfigurationError, match="in a file that processes share") as caught:
        open_metadata(OpenContext(root, settings={"database_path": ":memory:"}))
    assert "metadata_store_not_in_memory" == caught.value.code


def test_a_damaged_entity_is_set_aside_when_it_is_written_again(opened, root):
    """A run whose row was damaged goes on with what is written from then on; the damaged row is kept."""
    store = opened.metadata()
    store.apply([Mutation(RUN, "run:demo.r1", {"name": "needle0needle"})])
    store.close()
    path = root / "metadata.sqlite3"
    path.write_bytes(path.read_bytes().replace(b"needle0needle", b"needle1needle"))
    store = opened.metadata()
    assert store.get(RUN, "run:demo.r1") is None
    assert 1 == store.damage_count
    store.apply([Mutation(RUN, "run:demo.r1", {"status": "completed"})])
    assert {"status": "completed"} == dict(store.get(RUN, "run:demo.r1").document)
    [kept] = (root / "quarantine").iterdir()
    assert "needle1needle" in kept.read_text(encoding="utf-8")
    assert [] == list(store.check_integrity())


def test_files_of_dead_writers_are_removed(opened, root):
    """What shows that a writer lives is gone when it closes."""
    store = opened.metadata()
    store.apply([Mutation(RUN, "run:demo.r1", {"name": "r1"})])
    assert [".open"] == [path.suffix for path in (root / "writers").iterdir()]
    store.close()
    assert [] == list((root / "writers").iterdir())


def _step(monkeypatch, run):
    step = MigrationStep("1", "2", "adds a table", "0002_add")
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(migrations, "STEPS", (migrations.SchemaStep(step, run),))
    return step


def test_a_step_is_done_whole_and_noted(opened, monkeypatch):
    """An older database is told apart, planned, tried dry, migrated in a transaction, and has a history."""
    store = opened.metadata()
    store.apply([Mutation(RUN, "run:demo.r1", {"name": "r1"})])
    store.close()
    step = _step(monkeypatch, lambda connection: connection.execute("CREATE TABLE added (x)"))
    store = opened.metadata()
    inspection = store.inspect_schema()
    assert ("1", "2", True, True) == (
        inspection.current_version,
        inspection.target_version,
        inspection.requires_migration,
        inspection.supported,
    )
    with pytest.raises(SchemaVersionError):
        store.get(RUN, "run:demo.r1")
    assert (step,) == store.migrate(dry_run=True).applied_steps
    assert () == store.migration_history()
    result = store.migrate()
    assert (True, "2") == (result.changed, result.current_version)
    assert [("0002_add", "applied")] == [(row.step_id, row.status) for row in store.migration_history()]
    assert ["run:demo.r1"] == [each.ref for each in store.find(EntityQuery(RUN))]
    assert not store.migrate().changed


def test_a_step_that_fails_changes_nothing(opened, monkeypatch):
    """What a failed step did is rolled back, and the failure is in the history."""
    store = opened.metadata()
    store.apply([Mutation(RUN, "run:demo.r1", {"name": "r1"})])
    store.close()

    def fail(connection):
        connection.execute("DELETE FROM entities")
        raise RuntimeError("on purpose")

    _step(monkeypatch, fail)
    store = opened.metadata()
    with pytest.raises(MigrationError, match="on purpose") as caught:
        store.migrate()
    assert "metadata_migration_step_failed" == caught.value.code
    assert ["failed"] == [row.status for row in store.migration_history()]
    assert "1" == store.inspect_schema().current_version
    monkeypatch.undo()
    assert ["run:demo.r1"] == [each.ref for each in opened.metadata().find(EntityQuery(RUN))]


def test_the_plugin_is_light():
    """The module that the host imports loads no SQLite."""
    import subprocess
    import sys

    program = (
        "import sys, contexta_store_sqlite.plugin; print('sqlite3' in sys.modules, 'msgspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert "False False" == done.stdout.strip()

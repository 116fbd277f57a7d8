"""Migrations of the metadata store: looked at, planned, tried dry, applied, told by the history; and what refuses them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.config import MetadataStoreConfig
from contexta.errors import MigrationError, ReadOnlyStoreError, SchemaVersionError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.spi.migration import MigrationStep
from contexta.store.metadata import (
    CURRENT_METADATA_STORE_SCHEMA_VERSION,
    MetadataStore,
    dry_run_migration_for,
    inspect_schema,
    migrate_for,
    plan_migration_for,
)
from contexta_store_duckdb import migrations, versions
from contexta_store_duckdb.migrations import StoreStep


def opened(root, **settings):
    """Open the store."""
    return MetadataStore(MetadataStoreConfig(database_path=root / "ledger.db", **settings))


@pytest.fixture
def root(tmp_path):
    """Give a store of the first version with one run."""
    place = tmp_path / "metadata"
    with opened(place) as store:
        store.apply([Mutation(EntityKind.RUN, "run:p.a", {"name": "a"})])
    return place


@pytest.fixture
def steps(monkeypatch):
    """Make believe that this installation reads version 3, to which two steps lead; return what they were run on."""
    ran = []

    def step(begin, end, action):
        return StoreStep(MigrationStep(begin, end, f"from {begin} to {end}", f"step-{begin}-{end}"), action)

    def second(root):
        ran.append("second")
        (root / "second").write_text("done", encoding="utf-8")
        if (root / "broken").exists():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        migrations, "STEPS", (step("1", "2", lambda root: ran.append("first")), step("2", "3", second))
    )
    monkeypatch.setattr(versions, "SCHEMA_VERSION", "3")
    return ran


def test_a_store_of_this_version_needs_nothing(root):
    """Its version is told, the plan is empty, and a migration changes nothing."""
    with opened(root) as store:
        found = store.inspect_schema()
        assert (found.exists, found.current_version, found.target_version) == (True, "1", "1")
        assert (found.requires_migration, found.supported, found.notes) == (False, True, ())
        assert store.get_store_schema_version() == CURRENT_METADATA_STORE_SCHEMA_VERSION == "1"
        plan = store.plan_migration()
        assert (plan.steps, plan.requires_migration) == ((), False)
        for result in (store.migrate(), store.dry_run_migration(), store.migrate(target_version="1")):
            assert (result.changed, result.applied_steps) == (False, ())
            assert result.warnings == ("no_schema_changes_required",)
        assert store.migration_history() == ()


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    """Looking, planning and migrating leave nothing behind where there is no store."""
    config = MetadataStoreConfig(database_path=tmp_path / "none" / "ledger.db")
    found = inspect_schema(config)
    assert (found.exists, found.current_version, found.notes) == (False, None, ("store_missing",))
    assert plan_migration_for(config).steps == ()
    assert not dry_run_migration_for(config).changed
    assert not migrate_for(config).changed
    assert not (tmp_path / "none").exists()


def test_an_older_store_is_migrated(root, steps):
    """It is refused as it is; planned and tried dry without a change; then brought up, and the history tells."""
    with opened(root) as store:
        with pytest.raises(SchemaVersionError, match=r"MetadataStore.migrate\(\)") as caught:
            store.get(EntityKind.RUN, "run:p.a")
        assert caught.value.code == "metadata_store_schema_version_unsupported"
        with pytest.raises(SchemaVersionError):
            store.apply([Mutation(EntityKind.RUN, "run:p.b", {"name": "b"})])
        found = store.inspect_schema()
        assert (found.current_version, found.target_version) == ("1", "3")
        assert (found.requires_migration, found.supported) == (True, True)
        assert [step.step_id for step in store.plan_migration().steps] == ["step-1-2", "step-2-3"]
        dry = store.dry_run_migration()
        assert (dry.dry_run, dry.changed, len(dry.applied_steps), steps) == (True, False, 2, [])
        result = store.migrate()
        assert (result.changed, result.current_version, steps) == (True, "3", ["first", "second"])
        assert [(row.step_id, row.status) for row in store.migration_history()] == [
            ("step-1-2", "applied"),
            ("step-2-3", "applied"),
        ]
        assert store.get(EntityKind.RUN, "run:p.a").document == {"name": "a"}
        assert not store.migrate().changed


def test_a_step_that_fails_can_be_tried_again(root, steps):
    """What was done before it stays done; the history has the failure; trying again goes on with that step."""
    (root / "broken").touch()
    with opened(root) as store:
        with pytest.raises(MigrationError, match="No space left") as caught:
            store.migrate()
        assert caught.value.code == "metadata_migration_step_failed"
        assert store.get_store_schema_version() == "2"
        (root / "broken").unlink()
        assert store.migrate().current_version == "3"
        assert [(row.to_version, row.status) for row in store.migration_history()] == [
            ("2", "applied"),
            ("3", "failed"),
            ("3", "applied"),
        ]
        assert "No space left" in store.migration_history()[1].notes[0]
    assert steps == ["first", "second", "second"]


def test_a_process_that_dies_in_a_step(root, steps):
    """A step that did not get into the history is done again; a torn line of it is no line."""
    with opened(root) as store:
        store.migrate(target_version="2")
        with (root / "migrations.jsonl").open("ab") as file:
            file.write(b'{"step_id":"step-2-3","status":"app')
        assert store.get_store_schema_version() == "2"
        assert store.migrate().current_version == "3"
        assert [row.to_version for row in store.migration_history()] == ["2", "3"]


def test_configured_to_migrate_when_it_is_opened(root, steps):
    """metadata.auto_migrate brings an older store up by itself; without it the first question is refused."""
    config = {"metadata": {"database_path": str(root / "ledger.db"), "auto_migrate": True}}
    workspace = str(root.parent)
    off = {"metadata": {"database_path": str(root / "ledger.db"), "auto_migrate": False}}
    with Contexta(workspace=workspace, config=off) as ctx, pytest.raises(SchemaVersionError):
        ctx.list_runs()
    assert steps == []
    with Contexta(workspace=workspace, config=config) as ctx:
        assert [run.name for run in ctx.list_runs()] == ["a"]
        assert ctx.metadata_store.migrate().warnings == (
            "config_auto_migrate_is_enabled",
            "no_schema_changes_required",
        )
    assert steps == ["first", "second"]


def test_a_store_that_is_open_for_reading_is_not_migrated(root, steps):
    """Neither by a call nor by auto_migrate; the dry run works."""
    with opened(root, read_only=True, auto_migrate=True) as store:
        with pytest.raises(ReadOnlyStoreError) as caught:
            store.migrate()
        assert caught.value.code == "metadata_migration_read_only"
        with pytest.raises(SchemaVersionError):
            store.find(EntityQuery(EntityKind.RUN))
        assert len(store.dry_run_migration().applied_steps) == 2
    assert steps == []


WRITER = """
import sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, Mutation
from contexta_store_duckdb.backend import open_backend
backend = open_backend(OpenContext(Path(sys.argv[1])))
backend.apply([Mutation(EntityKind.RUN, "run:p.b", {"name": "b"})])
print("ready", flush=True)
sys.stdin.read()
"""


def test_nobody_may_write_meanwhile(root, steps):
    """While another process has a segment open nothing is migrated; when it has ended, it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"ready\n"
        with opened(root) as store:
            for attempt in (store.migrate, store.dry_run_migration):
                with pytest.raises(MigrationError) as caught:
                    attempt()
                assert caught.value.code == "metadata_migration_writers_alive"
            process.communicate()
            assert store.migrate().changed
            assert store.get(EntityKind.RUN, "run:p.b") is not None
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("target", ["0", "2", "17"])
def test_a_version_that_no_steps_lead_to(root, target):
    """The error names what there is and what was asked for."""
    with opened(root) as store, pytest.raises(MigrationError) as caught:
        store.plan_migration(target_version=target)
    assert caught.value.code == "metadata_migration_path_missing"
    assert repr(target) in caught.value.message


def test_a_store_of_a_newer_version_is_refused(root):
    """What a newer installation migrated is neither read nor written by this one, and it says what to do."""
    (root / "migrations.jsonl").write_text(
        '{"step_id":"x","from_version":"1","to_version":"9","description":"d","status":"applied",'
        '"applied_at":"2030-01-01T00:00:00Z","notes":[]}\n',
        encoding="utf-8",
    )
    with opened(root, auto_migrate=True) as store:
        with pytest.raises(SchemaVersionError, match="version of Contexta that wrote it, or a newer one"):
            store.get(EntityKind.RUN, "run:p.a")
        found = store.inspect_schema()
        assert (found.current_version, found.supported, found.notes) == (
            "9",
            False,
            ("unsupported_migration_path",),
        )


def test_a_foreign_database_beside_the_store_is_noted(root):
    """A DuckDB file under the configured name is neither read nor changed."""
    (root / "ledger.db").write_bytes(b"somebody's")
    with opened(root) as store:
        assert store.inspect_schema().notes == ("foreign_database_ignored",)
        assert store.get(EntityKind.RUN, "run:p.a") is not None
    assert (root / "ledger.db").read_bytes() == b"somebody's"


def test_a_journal_of_another_format_is_noted(root):
    """A segment of a later major format makes the store unsupported, and looking at it does not fail."""
    (path,) = (root / "journal").glob("*.seg")
    from contexta.log.frame import encode_marker
    from contexta.log.identity import LOG_FORMAT

    header, _, rest = path.read_bytes().partition(b"\n")
    members = header[header.index(b",") + 1 : -16].replace(LOG_FORMAT.encode(), b"contexta-log/9")
    path.write_bytes(encode_marker(0, members) + rest)
    with opened(root) as store:
        found = store.inspect_schema()
        assert (found.supported, found.notes) == (False, ("journal_format_unsupported",))

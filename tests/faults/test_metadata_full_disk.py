"""A full disk under the metadata store alone: typed errors, nothing acknowledged is lost, reading works, writing resumes."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

from contexta.config import MetadataStoreConfig
from contexta.errors import ContextaError, StorageFullError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.metadata import MetadataStore


def opened(root, **settings):
    """Open the store."""
    return MetadataStore(MetadataStoreConfig(database_path=root / "ledger.db", **settings))


def fill(disk, free):
    """Use up the space of the disk but for some bytes; return the file that does."""
    ballast = disk / "ballast"
    space = os.statvfs(disk)
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        file.write(b"x" * max(0, space.f_bavail * space.f_frsize - free))
    return ballast


def names(store):
    """Return the names of the runs that are there."""
    return [run.document["name"] for run in store.find(EntityQuery(EntityKind.RUN, order_by="ref"))]


ROUNDS = [pytest.param(number, marks=[] if number < 2 else pytest.mark.campaign) for number in range(10)]


@pytest.mark.parametrize("turn", ROUNDS)
@pytest.mark.parametrize("size", [100, 3_000, 60_000])
def test_entities_on_a_full_disk(small_disk, size, turn):
    """Updates of three sizes: refused with StorageFullError in the call, read while full, resumed here and elsewhere."""
    root = small_disk / "metadata"
    acknowledged = []
    with opened(root) as store:
        ballast = fill(small_disk, free=200_000 + 1_000 * turn)
        refused = 0
        number = 0
        while refused < 3:
            ref = f"run:p.r{number:06}"
            mutations = [
                Mutation(EntityKind.RUN, ref, {"name": f"r{number:06}", "status": "open"}),
                Mutation(EntityKind.RUN, ref, {"metadata": {"text": "x" * size}}),
            ]
            try:
                store.apply(mutations)
            except StorageFullError as error:
                refused += (error.code, error.retryable) == ("storage_full", True)
            else:
                acknowledged.append(f"r{number:06}")
            number += 1
        assert acknowledged
        assert names(store) == acknowledged
        with opened(root, read_only=True) as other:
            assert names(other) == acknowledged
            assert other.check_integrity(full=False).ok
        with suppress(ContextaError):
            store.apply_repairs()
        assert names(store) == acknowledged
        ballast.unlink()
        store.apply([Mutation(EntityKind.RUN, "run:p.s", {"name": "s"})])
    with opened(root) as store:
        store.apply([Mutation(EntityKind.RUN, "run:p.t", {"name": "t"})])
        assert names(store) == [*acknowledged, "s", "t"]
        assert {issue.severity for issue in store.check_integrity().issues} <= {"warning"}
        result = store.apply_repairs()
        assert result.report.issue_counts["error"] == 0
        assert names(store) == [*acknowledged, "s", "t"]


def test_a_repair_on_a_full_disk_can_be_done_later(small_disk):
    """It fails without a loss, and says so; with space it is done."""
    root = small_disk / "metadata"
    with opened(root) as store:
        for number in range(40):
            fields = {"name": f"r{number}", "metadata": {"text": "x" * 20_000}}
            store.apply([Mutation(EntityKind.RUN, f"run:p.r{number:02}", fields)])
    (path,) = (root / "journal").glob("*.seg")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:]))
    ballast = fill(small_disk, free=100_000)
    with opened(root) as store:
        before = names(store)
        assert len(before) == 39
        result = store.apply_repairs()
        assert not result.ok
        assert "failed" in {each.status for each in result.outcomes}
        assert names(store) == before
        ballast.unlink()
        assert store.apply_repairs().ok
        assert names(store) == before

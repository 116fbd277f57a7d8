"""The journal of a dead writer, sealed by somebody else while this store is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contexta.log import adopt_dead
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

if TYPE_CHECKING:
    from pathlib import Path

RUN = EntityKind.RUN
WRITE_AND_DIE = """
for n in range(40):
    backend.apply([Mutation(RUN, f"run:p.r{n}", {"name": f"r{n}", **opened(ordinal=n)})])
print("written", flush=True)
sys.stdin.readline()
"""
TAIL = b'{"n":41,"clock":"torn'


@pytest.fixture
def abandoned(root: Path, start) -> Path:
    """Kill a process that has forty runs open, and tear the tail of its segment."""
    process = start(WRITE_AND_DIE)
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.wait()
    (path,) = (root / "journal").glob("*.open")
    with path.open("ab") as file:
        file.write(TAIL)
    return path


def states(store) -> dict[str, str]:
    """Return the status of every run."""
    return {entity.ref: entity.document["status"] for entity in store.find(EntityQuery(RUN))}


def test_who_read_before_the_adoption_reads_the_same_after_it(open_store, root, abandoned) -> None:
    """The renamed segment is the same one: nothing is read twice, lost, or reported as damaged."""
    store = open_store()
    before = states(store)
    assert before == {f"run:p.r{n}": "interrupted" for n in range(40)}
    assert adopt_dead(root / "journal") == [abandoned.stem]
    assert states(store) == before
    assert (store.damage_count, list(store.check_integrity())) == (0, [])
    assert [path.read_bytes() for path in (root / "journal" / "quarantine").iterdir()] == [TAIL]


def test_a_generation_from_before_the_adoption_serves_after_it(
    open_store, root, abandoned, monkeypatch
) -> None:
    """A cursor before the torn tail is one before the seal, so the generation is taken over and not rebuilt."""
    before = states(open_store(index_threshold_bytes=1))
    assert list((root / "index").glob("generation-*.duckdb"))
    adopt_dead(root / "journal")
    read = []
    monkeypatch.setattr("contexta_store_duckdb.tail.decode_entry", read.append)
    fresh = open_store()
    assert states(fresh) == before
    assert (read, fresh.damage_count) == ([], 0)


def test_writing_goes_on_beside_an_adoption(open_store, root, abandoned) -> None:
    """A living writer keeps its segment; what it applies afterwards is seen by everybody."""
    store, other = open_store(), open_store()
    participant = {"attempt": 1, "status": "completed", "started_at": "2024-01-02T00:00:00Z"}
    for number, name in enumerate(("before", "after")):
        document = {"name": name, "participants": {f"{store.writer}.{number}": participant}}
        store.apply([Mutation(RUN, f"run:p.{name}", document)])
        assert adopt_dead(root / "journal") == ([abandoned.stem] if name == "before" else [])
    found = states(other)
    assert (len(found), found["run:p.before"], found["run:p.after"]) == (42, "completed", "completed")

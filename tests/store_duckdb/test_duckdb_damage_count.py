"""How many damaged lines of the journal the metadata store has passed over."""

from __future__ import annotations

from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

RUN = EntityKind.RUN


def damaged(root, open_store) -> None:
    """Leave a closed journal of five runs, one of which has a changed digit."""
    store = open_store()
    for n in range(5):
        store.apply([Mutation(RUN, f"run:p.r{n}", {"name": f"name-{n}"})])
    assert len(store.find(EntityQuery(RUN))) == 5
    assert store.damage_count == 0
    store.close()
    [segment] = (root / "journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b"name-2", b"name-7"))


def test_a_damaged_line_counts_once_however_often_the_journal_is_asked(root, open_store) -> None:
    """The line is known as soon as the journal was read, and does not count again."""
    damaged(root, open_store)
    store = open_store(read_only=True)
    assert store.damage_count == 0
    for _ in range(2):
        assert len(store.find(EntityQuery(RUN))) == 4
        assert store.damage_count == 1


def test_an_index_does_not_hide_damage(root, open_store) -> None:
    """Who starts from a generation that was built past a damaged line is told of that line."""
    damaged(root, open_store)
    builder = open_store(index_threshold_bytes=1)
    assert len(builder.find(EntityQuery(RUN))) == 4
    assert len(list((root / "index").glob("*.duckdb"))) == 1
    store = open_store(index_threshold_bytes=1)
    assert len(store.find(EntityQuery(RUN))) == 4
    assert store.damage_count == 1
    # Reading the damaged segment again is no reason to publish again.
    assert len(list((root / "index").glob("*.duckdb"))) == 1


def test_the_torn_tail_of_a_killed_writer_does_not_count(root, open_store, start) -> None:
    """What a killed process had not finished was never acknowledged, so nothing is missing."""
    process = start(
        'backend.apply([Mutation(RUN, "run:p.r", {"name": "r"})])\nprint(1, flush=True)\nsys.stdin.read()'
    )
    process.stdout.readline()
    process.kill()
    process.wait()
    [segment] = (root / "journal").iterdir()
    with segment.open("ab") as file:
        file.write(b'{"n":2,"h":"17')
    store = open_store(read_only=True)
    assert len(store.find(EntityQuery(RUN))) == 1
    assert store.damage_count == 0

"""What `check_integrity` finds."""

from __future__ import annotations

import pytest

from contexta.log.writer import LogWriter
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation

RUN = EntityKind.RUN


def filled(open_store, count: int = 5):
    """Leave a closed journal of so many runs."""
    store = open_store()
    for n in range(count):
        store.apply([Mutation(RUN, f"run:p.r{n}", {"name": f"name-{n}"})])
    store.close()


def test_a_sound_store_has_no_findings(root, open_store) -> None:
    """Neither the quick nor the full look finds anything in a store with an index and a live writer."""
    filled(open_store)
    store = open_store(index_threshold_bytes=1)
    store.apply([Mutation(RUN, "run:p.live", {"name": "live"})])
    store.find(EntityQuery(RUN))
    assert store.check_integrity() == []
    assert store.check_integrity(full=False) == []


@pytest.mark.parametrize("full", [True, False])
def test_a_flipped_bit_is_found_located_and_read_past(root, open_store, full) -> None:
    """The damaged line is named with its segment; the other runs are still there."""
    filled(open_store)
    [segment] = (root / "journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b"name-2", b"name-7"))
    store = open_store(read_only=True)
    findings = store.check_integrity(full=full)
    assert ("checksum", "error") in {(finding.code, finding.severity) for finding in findings}
    assert all(finding.location.startswith(f"journal/{segment.stem}") for finding in findings)
    names = [entity.document["name"] for entity in store.find(EntityQuery(RUN, order_by="name"))]
    assert names == ["name-0", "name-1", "name-3", "name-4"]


def test_a_torn_tail_of_a_dead_writer_is_a_warning(root, open_store, start) -> None:
    """What was never acknowledged is untidy, not lost."""
    process = start(
        'backend.apply([Mutation(RUN, "run:p.r", {"name": "r"})])\nprint(1, flush=True)\nsys.stdin.read()'
    )
    process.stdout.readline()
    process.kill()
    process.wait()
    [segment] = (root / "journal").iterdir()
    with segment.open("ab") as file:
        file.write(b'{"n":2,"h":"17')
    findings = open_store(read_only=True).check_integrity()
    assert [(finding.code, finding.severity) for finding in findings] == [("torn_tail", "warning")]


@pytest.mark.parametrize(
    "members",
    [
        b'"hello":1',
        b'"h":"1-x","kind":"run","ref":"run:p.x","set":[]',
        b'"h":"1-x","kind":"run","ref":7,"set":{}',
    ],
)
def test_a_whole_line_that_is_no_mutation_is_found(root, open_store, members) -> None:
    """A line with a right checksum and the wrong content is an error, and hides nothing else."""
    filled(open_store)
    with LogWriter(root / "journal", durability="flush") as log:
        log.append(members)
    store = open_store(read_only=True)
    assert [(finding.code, finding.severity) for finding in store.check_integrity()] == [
        ("undecodable_entry", "error")
    ]
    assert len(store.find(EntityQuery(RUN))) == 5


def test_fields_that_are_no_json_are_found_and_skipped(root, open_store) -> None:
    """Broken text inside the fields is told by the full check; a question goes on without the patch."""
    filled(open_store)
    with LogWriter(root / "journal", durability="flush") as log:
        log.append(b'"h":"9999999999999999-x","kind":"run","ref":"run:p.r0","set":{"name":"\xff\xfe"}')
    store = open_store(read_only=True)
    assert [finding.code for finding in store.check_integrity()] == ["undecodable_entry"]
    assert store.get(RUN, "run:p.r0").document == {"name": "name-0"}


def test_an_unknown_kind_is_a_warning_and_is_kept(root, open_store) -> None:
    """Entities of a newer version's kind are reported, and harm nothing."""
    filled(open_store)
    with LogWriter(root / "journal", durability="flush") as log:
        log.append(b'"h":"1-x","kind":"galaxy","ref":"galaxy:p.x","set":{"name":"x"}')
    findings = open_store(read_only=True).check_integrity()
    assert [(finding.code, finding.severity) for finding in findings] == [("unknown_kind", "warning")]
    assert "galaxy" in findings[0].message


def test_an_incomplete_call_is_a_warning(root, open_store) -> None:
    """A segment that ends within a call is told."""
    with LogWriter(root / "journal", durability="flush") as log:
        log.append(b'"h":"1-x","kind":"run","ref":"run:p.x","set":{},"more":true')
    findings = open_store(read_only=True).check_integrity()
    assert [(finding.code, finding.severity) for finding in findings] == [("incomplete_call", "warning")]


def test_a_damaged_generation_is_a_warning(root, open_store) -> None:
    """The index is derived, so its damage costs nothing but is told."""
    store = open_store(index_threshold_bytes=1)
    store.apply([Mutation(RUN, "run:p.r", {"name": "r"})])
    store.find(EntityQuery(RUN))
    [path] = (root / "index").glob("*.duckdb")
    path.write_bytes(path.read_bytes()[:-1])
    findings = store.check_integrity()
    assert [(finding.code, finding.severity, finding.location) for finding in findings] == [
        ("index_damaged", "warning", f"index/{path.name}")
    ]


def test_a_segment_of_a_newer_format_is_a_finding_not_an_error(root, open_store) -> None:
    """The check never raises: what it cannot read it reports."""
    filled(open_store)
    [segment] = (root / "journal").iterdir()
    from zlib import crc32

    header, _, rest = segment.read_bytes().partition(b"\n")
    body = header[:-16].replace(b"contexta-log/1", b"contexta-log/9")
    segment.write_bytes(b'%b,"c":"%08x"}\n' % (body, crc32(body)) + rest)
    findings = open_store(read_only=True).check_integrity()
    assert {finding.code for finding in findings} == {"log_format_unsupported"}


def test_participations_of_an_unknown_shape_hide_nothing(open_store) -> None:
    """An entity whose participations cannot be folded is returned as it was merged."""
    store = open_store()
    store.apply([Mutation(RUN, "run:p.a", {"participants": {"w.0": {"attempt": "first"}}})])
    store.apply([Mutation(RUN, "run:p.b", {"name": "b"})])
    assert [entity.ref for entity in store.find(EntityQuery(RUN))] == ["run:p.a", "run:p.b"]
    assert store.get(RUN, "run:p.a").document == {"participants": {"w.0": {"attempt": "first"}}}

"""Checking, planning, previewing and applying repairs of the metadata store: every kind of damage, and nothing deleted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from contexta import Contexta
from contexta.config import MetadataStoreConfig, RecordStoreConfig, UnifiedConfig
from contexta.errors import ReadOnlyStoreError
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.metadata import (
    MetadataStore,
    check_integrity,
    plan_repairs,
    preview_repairs,
)

COUNT = 60
SEGMENT = 3_000


def opened(root, *, read_only=False):
    """Open the store in small segments."""
    config = UnifiedConfig(
        metadata=MetadataStoreConfig(database_path=root / "ledger.db", read_only=read_only),
        records=RecordStoreConfig(max_segment_bytes=SEGMENT, durability_mode="flush"),
    )
    return MetadataStore(config)


def ref(number):
    """Return the reference of a run."""
    return f"run:demo.r{number:03}"


@pytest.fixture
def root(tmp_path):
    """Give a plane with sixty runs in several sealed segments of one writer, and one of another."""
    place = tmp_path / "metadata"
    with opened(place) as store:
        store.apply([Mutation(EntityKind.PROJECT, "project:demo", {"name": "demo"})])
        for number in range(COUNT):
            store.apply(
                [Mutation(EntityKind.RUN, ref(number), {"name": f"r{number}", "project_ref": "project:demo"})]
            )
    with opened(place) as store:
        store.apply([Mutation(EntityKind.RUN, ref(0), {"tags": {"late": "yes"}})])
    return place


def segments(root):
    """Return the sealed segments, the oldest first."""
    return sorted((root / "journal").glob("*.seg"))


def names(root):
    """Return the numbers of the runs that a new reader sees."""
    with opened(root, read_only=True) as store:
        return {int(run.ref[-3:]) for run in store.find(EntityQuery(EntityKind.RUN, order_by="ref"))}


def flip(path):
    """Flip one digit in the middle of a line; the lines before and behind it stay."""
    lines = path.read_bytes().splitlines(keepends=True)
    line = lines[3]
    place = line.index(b'"r') + 2
    lines[3] = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
    path.write_bytes(b"".join(lines))


def lose_line(path):
    """Take a line out."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))


def repeat_line(path):
    """Put a line in twice."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], lines[3], *lines[4:]]))


def put_garbage(path):
    """Put bytes in that are no line."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"\x00\xffgarbage\n", *lines[3:]]))


def lose_seal(path):
    """Cut the seal off."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


def spoil_seal(path):
    """Put the seal of another segment there."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1].replace(b'"count":', b'"count":9'))


def cut_in_half(path):
    """Lose the second half of the file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lose_header(path):
    """Lose the first line."""
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


def lose_file(path):
    """Lose the whole segment."""
    path.unlink()


#: The damage, done to the second of the segments, and the codes of which at least one must be found.
DAMAGES = {
    flip: {"checksum"},
    lose_line: {"sequence_gap"},
    repeat_line: {"sequence_repeat"},
    put_garbage: {"malformed"},
    lose_seal: {"seal_missing"},
    spoil_seal: {"checksum", "seal_missing"},
    cut_in_half: {"seal_missing", "malformed", "checksum"},
    lose_header: {"header_missing", "sequence_gap"},
    lose_file: {"chain_broken"},
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_segment_is_mended(root, damage):
    """Found, planned, mended: the same runs as before the repair, a clean check, the damaged files kept aside."""
    assert len(segments(root)) > 3
    victim = segments(root)[1]
    damage(victim)
    damaged = {path.name: path.read_bytes() for path in segments(root)[:-1]}
    before = names(root)
    assert len(before) < COUNT or damage in {repeat_line, put_garbage, lose_seal, spoil_seal, lose_header}
    with opened(root) as store:
        report = store.check_integrity()
        codes = {issue.code for issue in report.issues}
        assert not report.ok
        assert codes & DAMAGES[damage]
        plan = store.plan_repairs(report)
        assert "rewrite_segments" in plan.actions
        preview = store.preview_repairs(plan)
        assert len(preview.summary_lines) == len(plan.candidates) + 1
        assert {path.name for path in segments(root)} >= damaged.keys(), "planning changes nothing"
        result = store.apply_repairs(plan)
        assert result.ok, (result.outcomes, result.report.issues)
        assert {each.ref for each in store.find(EntityQuery(EntityKind.RUN, order_by="ref"))} == {
            ref(number) for number in before
        }
        late = store.get(EntityKind.RUN, ref(0)).document
        assert (late["name"], late["tags"]) == ("r0", {"late": "yes"})
    assert names(root) == before
    kept = {path.name: path.read_bytes() for path in (root / "journal" / "quarantine").iterdir()}
    assert kept == damaged
    with opened(root) as store:
        assert store.check_integrity().ok
        store.apply([Mutation(EntityKind.RUN, ref(999), {"name": "new", "project_ref": "project:demo"})])
    assert names(root) == before | {999}


def test_a_repair_is_harmless_twice_and_half(root):
    """A plan that was carried out already, or by half before a crash, is carried out again without harm."""
    flip(segments(root)[1])
    before = names(root)
    copies = root.parent / "copies"
    shutil.copytree(root / "journal", copies)
    with opened(root) as store:
        plan = store.plan_repairs()
        assert store.apply_repairs(plan).ok
        assert {each.status for each in store.apply_repairs(plan).outcomes} == {"skipped"}
    # As if the process had died before it moved the old segments away.
    for path in copies.glob("*.seg"):
        shutil.copyfile(path, root / "journal" / path.name)
    with opened(root) as store:
        assert not store.check_integrity().ok
        assert store.apply_repairs().ok
    assert names(root) == before


DYING = """
import os, signal, sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, Mutation
from contexta_store_duckdb.backend import open_backend
backend = open_backend(OpenContext(Path(sys.argv[1]), durability="flush"))
backend.apply([Mutation(EntityKind.RUN, "run:demo.r500", {"name": "r500", "project_ref": "project:demo"})])
print("ready", flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_torn_tail_of_a_dead_writer_is_sealed(root):
    """A tail that a killed process left is a warning; the repair seals the segment and keeps the bytes."""
    subprocess.run([sys.executable, "-c", DYING, str(root)], check=False, capture_output=True)
    (path,) = (root / "journal").glob("*.open")
    with path.open("ab") as file:
        file.write(b'{"n":2,"h":"torn')
    with opened(root) as store:
        report = store.check_integrity()
        assert [(issue.code, issue.severity) for issue in report.issues] == [("torn_tail", "warning")]
        plan = store.plan_repairs(report)
        assert plan.actions == ("seal_dead_segment",)
        assert store.apply_repairs(plan).ok
    assert 500 in names(root)
    assert not list((root / "journal").glob("*.open"))
    (tail,) = (root / "journal" / "quarantine").iterdir()
    assert tail.read_bytes() == b'{"n":2,"h":"torn'


def test_a_living_writer_is_left_alone(root):
    """Damage in the segment of a process that lives is found; the repair waits until it has ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", DYING, str(root), "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"ready\n"
        (path,) = (root / "journal").glob("*.open")
        with path.open("r+b") as file:
            content = file.read()
            file.seek(content.index(b"r500"))
            file.write(b"x")
        with opened(root) as store:
            result = store.apply_repairs()
            assert not result.ok
            assert {each.status for each in result.outcomes} == {"skipped"}
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert store.apply_repairs().ok
    finally:
        process.kill()
        process.communicate()
    assert names(root) == set(range(COUNT))


def test_what_belongs_to_nothing_is_put_away(root):
    """Old temporary files, files in the index that are none, and claims that nothing came of are moved, not deleted."""
    old = time.time() - 7_200
    (root / "index").mkdir()
    files = [
        root / "journal" / ".tmp-0123456789abcdef",
        root / "index" / ".tmp-0123456789abcdef.wal",
        root / "index" / "foreign.duckdb",
        root / "claims" / "demo.never",
    ]
    for path in files:
        path.write_bytes(b"something")
        os.utime(path, (old, old))
    (root / "journal" / ".tmp-fedcba9876543210").write_bytes(b"somebody is at it")
    with opened(root) as store:
        report = store.check_integrity()
        codes = ["claim_without_run", "index_foreign", "metadata_leftover", "metadata_leftover"]
        assert sorted(issue.code for issue in report.issues) == codes
        assert store.apply_repairs().ok
        assert store.claim_run("run:demo.never")
    for path in files:
        assert not path.exists() or path.name == "demo.never"
        assert (path.parent / "quarantine" / path.name).read_bytes() == b"something"
    assert (root / "journal" / ".tmp-fedcba9876543210").exists()


def test_a_lost_claim_is_put_back(root):
    """A run whose claim file is missing is found; after the repair nobody can take its reference."""
    (root / "claims" / "demo.r007").unlink()
    with opened(root) as store:
        assert [issue.code for issue in store.check_integrity().issues] == ["run_without_claim"]
        assert store.apply_repairs().ok
    assert (root / "claims" / "demo.r007").exists()


def test_a_damaged_generation_is_put_away(root, tmp_path):
    """A generation of the index with one flipped bit is moved aside; every answer stays the same."""
    with Contexta(
        workspace=str(tmp_path / "indexed"), config={"metadata": {"options": {"index_threshold_bytes": 1}}}
    ) as ctx:
        with ctx.run("first"):
            pass
        assert len(ctx.list_runs()) == 1
    (path,) = (tmp_path / "indexed" / "metadata" / "index").glob("*.duckdb")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with Contexta(workspace=str(tmp_path / "indexed")) as ctx:
        store = ctx.metadata_store
        assert [issue.code for issue in store.check_integrity().issues] == ["index_damaged"]
        assert store.apply_repairs().ok
        assert len(ctx.list_runs()) == 1
    assert (path.parent / "quarantine" / path.name).read_bytes() == bytes(content)


def test_owners_that_are_missing_are_put_back(tmp_path):
    """A stage and an environment without their run, and a run without its project, are found, and found again by it."""
    with opened(tmp_path / "metadata") as store:
        store.apply(
            [
                Mutation(EntityKind.RUN, "run:lost.a", {"name": "a", "project_ref": "project:lost"}),
                Mutation(EntityKind.STAGE, "stage:gone.b.train", {"name": "train", "run_ref": "run:gone.b"}),
                Mutation(EntityKind.ENVIRONMENT, "environment:gone.b.e", {"run_ref": "run:gone.b"}),
                Mutation(
                    EntityKind.RELATION,
                    "relation:x.y",
                    {
                        "source_ref": "run:lost.a",
                        "target_ref": "deployment:lost.none",
                        "relation_type": "uses",
                    },
                ),
                Mutation(EntityKind.PROVENANCE, "provenance:x.y", {"relation_ref": "relation:x.none"}),
            ]
        )
        report = store.check_integrity()
        assert sorted(issue.code for issue in report.issues) == [
            "missing_environment_run",
            "missing_provenance_relation",
            "missing_relation_target",
            "missing_run_project",
            "missing_stage_run",
        ]
        assert store.check_integrity(full=False).ok
        plan = store.plan_repairs(report)
        assert plan.actions == ("restore_owner", "review_deployment", "review_relation")
        result = store.apply_repairs(plan)
        assert sorted(each.status for each in result.outcomes) == ["applied", "applied", "skipped", "skipped"]
        assert sorted(issue.code for issue in result.report.issues) == [
            "missing_provenance_relation",
            "missing_relation_target",
        ]
        restored = store.get(EntityKind.RUN, "run:gone.b").document
        assert (restored["status"], restored["project_ref"]) == ("interrupted", "project:gone")
        assert store.get(EntityKind.PROJECT, "project:lost").document["name"] == "lost"


def test_two_stages_of_one_name_are_left_to_people(tmp_path):
    """Which of them is meant cannot be known; the plan says so and changes nothing."""
    with opened(tmp_path / "metadata") as store:
        store.apply(
            [
                Mutation(EntityKind.PROJECT, "project:p", {"name": "p"}),
                Mutation(EntityKind.RUN, "run:p.a", {"name": "a", "project_ref": "project:p"}),
                Mutation(EntityKind.STAGE, "stage:p.a.x", {"name": "x", "run_ref": "run:p.a"}),
                Mutation(EntityKind.STAGE, "stage:p.a.y", {"name": "x", "run_ref": "run:p.a"}),
            ]
        )
        report = store.check_integrity()
        assert [(issue.code, issue.severity) for issue in report.issues] == [
            ("duplicate_stage_name_for_run", "warning")
        ]
        result = store.apply_repairs()
        assert [(each.candidate.action, each.status) for each in result.outcomes] == [
            ("review_stage_ambiguity", "skipped")
        ]


def test_a_whole_store_needs_nothing(root):
    """The functions and the methods agree that there is nothing to do, and say it in words."""
    with opened(root) as store:
        report = check_integrity(store)
        assert report.ok
        plan = plan_repairs(store, report)
        assert (plan.ok, plan.candidates, plan.actions) == (True, (), ())
        assert store.preview_repairs().summary_lines == preview_repairs(plan).summary_lines
        assert preview_repairs().summary_lines == ("Nothing needs to be repaired.",)
        assert store.apply_repairs().ok


def test_a_store_that_is_open_for_reading_is_not_repaired(root):
    """It is checked and planned; the repair itself is refused."""
    flip(segments(root)[1])
    with opened(root, read_only=True) as store:
        plan = store.plan_repairs()
        assert plan.candidates
        with pytest.raises(ReadOnlyStoreError):
            store.apply_repairs(plan)

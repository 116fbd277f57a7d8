"""What people do with runs afterwards: tags, notes, names and the archive, beside live writers and each other."""

from __future__ import annotations

import getpass
import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.errors import NotFoundError, ReadOnlyStoreError, RunNotFoundError, ValidationError
from contexta.interpretation import MetricCondition, RunListQuery
from contexta.spi.plain_queries import PlainQueries
from contexta.spi.views import RunRecord

FLUSH = {"records": {"durability_mode": "flush"}}


@pytest.fixture
def workspace(tmp_path):
    """Make a workspace with the runs a, b and c, each with a loss, and return its path."""
    with Contexta(workspace=str(tmp_path / "ws"), config=FLUSH) as ctx:
        for number, name in enumerate("abc"):
            with ctx.run(name, tags={"kind": "test"}) as run:
                run.metric("loss", float(number))
    return str(tmp_path / "ws")


@pytest.fixture
def ctx(workspace):
    """Open that workspace."""
    with Contexta(workspace=workspace, config=FLUSH) as opened:
        yield opened


def names(ctx, **asked):
    """Return the names of the runs that a query lists, by name."""
    return [run.name for run in ctx.list_runs(query=RunListQuery(sort_by="name", sort_desc=False, **asked))]


def test_tags_are_set_and_removed_one_by_one(ctx):
    """Setting a tag leaves the others, removing one too; both answer with the run as it is now."""
    assert dict(ctx.tag_run("a", {"quality": "good", "kind": "real"}).tags) == {
        "quality": "good",
        "kind": "real",
    }
    assert dict(ctx.tag_run("run:default.a", {"seen": ""}).tags) == {
        "quality": "good",
        "kind": "real",
        "seen": "",
    }
    assert dict(ctx.untag_run("a", "quality", "seen").tags) == {"kind": "real"}
    assert names(ctx, tags={"kind": "real"}) == ["a"]


def test_a_tag_that_is_not_there(ctx):
    """Removing a tag that the run has not is an error that names those it has, and removes nothing."""
    with pytest.raises(NotFoundError, match="kind") as failure:
        ctx.untag_run("a", "kind", "knid")
    assert failure.value.code == "run_tag_not_found"
    assert dict(ctx.get_run_snapshot("a").run.tags) == {"kind": "test"}


def test_notes_are_appended_with_author_and_time(ctx):
    """Notes come the oldest first, with who wrote them; the user of the process where nobody is named."""
    ctx.annotate_run("a", "  looks odd  ")
    notes = ctx.annotate_run("a", "it is fine", author="Ada").notes
    assert [(note.text, note.author) for note in notes] == [
        ("looks odd", getpass.getuser()),
        ("it is fine", "Ada"),
    ]
    assert notes[0].written_at < notes[1].written_at


def test_a_name_changes_and_the_reference_stays(ctx):
    """A renamed run is listed under its new name and found under its old id."""
    run = ctx.rename_run("a", "best so far")
    assert (run.run_id, run.name) == ("run:default.a", "best so far")
    assert names(ctx) == ["b", "best so far", "c"]


def test_archived_runs_are_listed_on_request_only(ctx):
    """The archive hides a run from lists, pages, conditions and the best run, and from nothing else."""
    ctx.archive_run("a")
    assert ctx.archive_run("a").archived_at == ctx.get_run_snapshot("a").run.archived_at
    assert [run.name for run in ctx.list_runs()] == ["c", "b"]
    assert [run.name for run in ctx.list_runs(limit=1, sort_by="name", sort_desc=False)] == ["b"]
    assert [run.name for run in ctx.list_runs(sort_by="metrics.loss", sort_desc=False)] == ["b", "c"]
    condition = MetricCondition("loss", "lt", 2)
    assert [run.name for run in ctx.list_runs(metric_conditions=[condition])] == ["b"]
    assert names(ctx, archived=True) == ["a"]
    assert names(ctx, archived=None) == ["a", "b", "c"]
    assert ctx.unarchive_run("a").archived_at is None
    assert names(ctx) == ["a", "b", "c"]


def test_a_repository_of_ones_own_hides_archived_runs_too():
    """The plain way of asking, over any repository, has the same meaning as the store's."""

    class Own:
        def list_runs(self, project_name=None):
            return [
                RunRecord("a", "p", "a", "completed"),
                RunRecord("b", "p", "b", "completed", archived_at="2024-01-01T00:00:00Z"),
            ]

    queries = PlainQueries(Own())
    for archived, expected in ((False, ["a"]), (True, ["b"]), (None, ["a", "b"])):
        found = queries.find_runs(RunListQuery(archived=archived, sort_by="name", sort_desc=False))
        assert [run.run_id for run in found] == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda ctx: ctx.tag_run("a", {}), "curation_invalid_tag"),
        (lambda ctx: ctx.tag_run("a", {"x": 1}), "curation_invalid_tag"),
        (lambda ctx: ctx.tag_run("a", {" ": "1"}), "curation_invalid_tag"),
        (lambda ctx: ctx.tag_run("a", "x=1"), "curation_invalid_tag"),
        (lambda ctx: ctx.annotate_run("a", " "), "curation_invalid_note"),
        (lambda ctx: ctx.annotate_run("a", "x" * 65_537), "curation_invalid_note"),
        (lambda ctx: ctx.annotate_run("a", "x", author=" "), "curation_invalid_note"),
        (lambda ctx: ctx.rename_run("a", ""), "curation_invalid_name"),
        (lambda ctx: ctx.rename_run("a", None), "curation_invalid_name"),
        (lambda ctx: ctx.delete_runs("a"), "curation_invalid_plan"),
        (lambda ctx: RunListQuery(archived="yes"), "query_invalid_run_list_query"),
    ],
    ids=[
        "no tags",
        "tag no text",
        "tag blank",
        "tags no mapping",
        "note blank",
        "note long",
        "author blank",
        "name empty",
        "name none",
        "no plan",
        "archived",
    ],
)
def test_what_cannot_be_said_of_a_run(ctx, change, code):
    """A value that breaks its rule is ValidationError with its code, and the run stays as it is."""
    before = ctx.get_run_snapshot("a").run
    with pytest.raises(ValidationError) as failure:
        change(ctx)
    assert failure.value.code == code
    assert ctx.get_run_snapshot("a").run == before


@pytest.mark.parametrize(
    "change",
    [
        lambda ctx: ctx.tag_run("x", {"a": "b"}),
        lambda ctx: ctx.untag_run("x", "a"),
        lambda ctx: ctx.annotate_run("x", "a"),
        lambda ctx: ctx.rename_run("x", "a"),
        lambda ctx: ctx.archive_run("x"),
        lambda ctx: ctx.unarchive_run("x"),
        lambda ctx: ctx.plan_run_deletion(["x"]),
    ],
    ids=["tag", "untag", "annotate", "rename", "archive", "unarchive", "plan"],
)
def test_a_run_that_is_not_there(ctx, change):
    """Every change of an unknown run says so."""
    with pytest.raises(RunNotFoundError):
        change(ctx)


def test_a_workspace_that_is_read_only(workspace):
    """What is open for reading changes nothing, and says so."""
    with Contexta(workspace=workspace, config={"metadata": {"read_only": True}}) as ctx:
        with pytest.raises(ReadOnlyStoreError):
            ctx.tag_run("a", {"x": "y"})
        assert dict(ctx.get_run_snapshot("a").run.tags) == {"kind": "test"}


def test_secrets_in_what_people_write_are_replaced(ctx, workspace, tmp_path):
    """A key in a note, a tag or a name is replaced before it is written."""
    secret = "ghp_" + "a1B2" * 9
    ctx.annotate_run("a", f"push with {secret}")
    ctx.tag_run("a", {"token": secret})
    ctx.rename_run("a", f"run {secret}")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in written


TAGGING = """
import sys
from contexta import Contexta
workspace, own = sys.argv[1:]
with Contexta(workspace=workspace, config={"records": {"durability_mode": "flush"}}) as ctx:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(50):
        ctx.tag_run("a", {f"{own}-{number}": own, "shared": f"{own}-{number}"})
        ctx.annotate_run("a", f"{own}-{number}", author=own)
        if number % 10 == 0:
            ctx.untag_run("a", f"{own}-{number}")
"""


def test_processes_that_curate_one_run_at_once(workspace):
    """Two processes tag, untag and annotate one run at the same time: nothing of either is lost."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TAGGING, workspace, own],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for own in ("one", "two")
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    with Contexta(workspace=workspace) as ctx:
        run = ctx.get_run_snapshot("a").run
    expected = {f"{own}-{number}": own for own in ("one", "two") for number in range(50) if number % 10}
    shared = run.tags["shared"]
    assert dict(run.tags) == {**expected, "kind": "test", "shared": shared}
    assert shared in {"one-49", "two-49"}
    for own in ("one", "two"):
        texts = [note.text for note in run.notes if note.author == own]
        assert texts == [f"{own}-{number}" for number in range(50)]


TRAINING = """
import sys
from contexta import Contexta
with Contexta(workspace=sys.argv[1], config={"records": {"durability_mode": "flush"}}) as ctx:
    with ctx.run("live", tags={"from": "training"}) as run:
        print(run.ref, flush=True)
        for step in range(200):
            run.metric("loss", 1.0 / (step + 1), step=step)
            run.params({f"p{step}": step})
        sys.stdin.readline()
"""


def test_curation_beside_a_training(workspace):
    """A run that is being written is tagged, renamed and archived; the training loses nothing and stays open."""
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINING, workspace],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    ref = process.stdout.readline().strip()
    with Contexta(workspace=workspace, config=FLUSH) as ctx:
        for number in range(20):
            ctx.tag_run(ref, {f"t{number}": "x"})
        ctx.rename_run(ref, "renamed")
        ctx.annotate_run(ref, "watch this")
        run = ctx.archive_run(ref)
        assert run.status == "open"
        process.communicate("done\n", timeout=60)
        assert process.returncode == 0
        run = ctx.get_run_snapshot(ref).run
        assert (run.status, run.name, len(run.notes)) == ("completed", "renamed", 1)
        assert run.tags.keys() == {"from", *(f"t{number}" for number in range(20))}
        assert run.parameters == {f"p{step}": step for step in range(200)}
        assert (
            len(ctx.get_metric_series(ref, "loss").points) == 200
            if hasattr(ctx, "get_metric_series")
            else True
        )

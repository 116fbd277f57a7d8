"""Tagging, annotating, renaming, archiving and deleting runs from the command line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from contexta import Contexta


@pytest.fixture
def own(cli, tmp_path):
    """Make a workspace with the runs slow and fast, and call the command in it."""
    workspace = str(tmp_path / "own")
    with Contexta(workspace=workspace, config={"records": {"durability_mode": "flush"}}) as ctx:
        for name in ("slow", "fast"):
            (tmp_path / "model").write_bytes(b"body of " + name.encode())
            with ctx.run(name) as run:
                run.metric("loss", 1.0)
                run.register_artifact("model", str(tmp_path / "model"))

    def call(*arguments):
        return cli(*arguments, "--workspace", workspace)

    call.workspace = workspace
    return call


#: Every way to fail before anything is changed: the words, the exit code, the code and what the message says.
FAILURES = [
    ("tag nosuch a=b", 1, "query_run_not_found", "'nosuch'"),
    ("untag nosuch a", 1, "query_run_not_found", "'nosuch'"),
    ("annotate nosuch text", 1, "query_run_not_found", "'nosuch'"),
    ("rename nosuch name", 1, "query_run_not_found", "'nosuch'"),
    ("archive nosuch", 1, "query_run_not_found", "'nosuch'"),
    ("unarchive nosuch", 1, "query_run_not_found", "'nosuch'"),
    ("delete nosuch --yes", 1, "query_run_not_found", "'nosuch'"),
    ("delete fast nosuch --yes", 1, "query_run_not_found", "'nosuch'"),
    ("untag fast nope", 1, "run_tag_not_found", "no tag 'nope'"),
    ("tag fast a=b --set metadata.read_only=true", 1, "metadata_store_read_only", "reading only"),
    ("tag fast mlp", 2, "bad_tag", "takes NAME=VALUE, not 'mlp'"),
    ("tag fast", 2, "usage_error", "issing argument"),
    ("rename fast", 2, "usage_error", "issing argument"),
    ("delete --yes", 2, "usage_error", "issing argument"),
    ("annotate fast \t", 1, "curation_invalid_note", "not blank"),
    ("rename fast \t", 1, "curation_invalid_name", "not blank"),
]


@pytest.mark.parametrize(
    ("words", "exit_code", "code", "message"), FAILURES, ids=[row[0] for row in FAILURES]
)
def test_a_failure_is_told_and_changes_nothing(own, words, exit_code, code, message):
    """Each failure has its exit code and says what is wrong, as text and as JSON; the runs stay as they are."""
    before = own("runs", "--format", "json").out
    arguments = ["run", *words.split(" ")]
    outcome = own(*arguments)
    assert (outcome.code, outcome.out) == (exit_code, "")
    assert outcome.err.startswith("contexta: error: ")
    assert message in outcome.err
    assert f" [{code}]\n" in outcome.err
    outcome = own(*arguments, "--format", "json")
    assert (outcome.code, outcome.out, outcome.error["code"]) == (exit_code, "", code)
    assert own("runs", "--format", "json").out == before


def listed(own, *options):
    """Return the identifiers of the runs that are listed."""
    return [run["run_id"] for run in own("runs", "--format", "json", *options).json["runs"]]


def test_tags(own):
    """Tags are set and removed; the answer shows what the run has now."""
    assert own("run", "tag", "fast", "quality=good", "seen=").out == "run:default.fast: quality=good, seen=\n"
    assert own("run", "untag", "fast", "seen").out == "run:default.fast: quality=good\n"
    assert own("run", "untag", "fast", "quality").out == "run:default.fast: no tags\n"
    run = own("run", "tag", "fast", "a=b", "--format", "json").json["run"]
    assert (run["run_id"], run["tags"]) == ("run:default.fast", {"a": "b"})
    assert listed(own, "--tag", "a=b") == ["run:default.fast"]


def test_notes_are_shown(own):
    """A note is kept with its author, and the page of the run shows it whole."""
    answer = own("run", "annotate", "fast", "looks good\nship it", "--author", "Ada").out
    assert answer.startswith("run:default.fast: noted by Ada, 20")
    page = own("run", "show", "fast").out
    assert "\nAnnotations\n" in page
    assert "  Ada\n    looks good\n    ship it\n" in page
    (note,) = own("run", "show", "fast", "--format", "json").json["run"]["notes"]
    assert (note["text"], note["author"]) == ("looks good\nship it", "Ada")


def test_a_new_name(own):
    """The new name is listed beside the id."""
    assert own("run", "rename", "fast", "best so far").out == "run:default.fast: best so far\n"
    assert "best so far" in own("runs").out


def test_the_archive(own):
    """Archived runs are listed with --archived, all with --all, and come back with unarchive."""
    assert (
        own("run", "archive", "slow", "fast").out
        == "run:default.slow: archived\nrun:default.fast: archived\n"
    )
    assert own("runs").out == "No runs match.\n"
    assert own("run", "unarchive", "fast").out == "run:default.fast: listed again\n"
    assert listed(own) == ["run:default.fast"]
    assert listed(own, "--archived") == ["run:default.slow"]
    assert listed(own, "--all") == ["run:default.fast", "run:default.slow"]
    assert "\nArchived  20" in own("run", "show", "slow").out


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        ("delete fast", 2, "confirmation_needed"),
        ("delete fast --yes --set records.read_only=true", 1, "store_read_only"),
    ],
)
def test_a_deletion_that_does_not_begin(own, words, exit_code, code):
    """Where nobody can be asked, and where a plane is read only, the exit code tells and nothing is deleted."""
    for more in ((), ("--format", "json")):
        outcome = own("run", *words.split(), *more)
        assert (outcome.code, outcome.out) == (exit_code, "")
        assert code in outcome.err
    assert len(listed(own)) == 2


def test_a_dry_run_changes_nothing(own):
    """--dry-run shows the runs, their records, artifacts and bytes, as text and as JSON, and deletes nothing."""
    text = own("run", "delete", "slow", "--dry-run").out
    assert "run:default.slow  completed" in text
    assert "Free afterwards: " in text
    plan = own("run", "delete", "slow", "--dry-run", "--format", "json").json
    assert plan["deleted"] is None
    assert plan["plan"]["freed_bytes"]["artifacts"] == len(b"body of slow")
    assert plan["plan"]["runs"][0]["record_count"] == 1
    assert len(listed(own)) == 2


def test_a_deletion_with_yes(own):
    """With --yes the runs are gone, and the answer says what became free."""
    done = own("run", "delete", "slow", "--yes", "--format", "json").json
    assert done["deleted"]["run_refs"] == ["run:default.slow"]
    assert done["deleted"]["total_bytes"] == done["plan"]["total_bytes"] > len(b"body of slow")
    assert listed(own) == ["run:default.fast"]
    assert own("run", "show", "slow").code == 1
    assert own("run", "delete", "fast", "-y").out.startswith("Deleted 1 run; ")
    assert own("runs").out.startswith("No runs yet.")


def test_a_live_run_is_refused(own):
    """A run that is being written is not deleted, and nothing of the others of the same command is."""
    with Contexta(workspace=own.workspace) as ctx, ctx.run("live"):
        outcome = own("run", "delete", "slow", "live", "--yes")
        assert (outcome.code, outcome.out) == (1, "")
        assert "run:default.live is open" in outcome.err
        assert outcome.err.endswith(" [run_is_live]\n")
        assert len(listed(own)) == 3


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 1), ("n\n", 1, 2), ("\n", 1, 2), ("", 1, 2)])
def test_a_terminal_is_asked(own, program, tmp_path, typed, code, left):
    """On a terminal the plan is shown and the question asked; anything but yes deletes nothing, with exit code 1."""
    pty = pytest.importorskip("pty", reason="a terminal needs POSIX")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "contexta", "run", "delete", "slow", "--workspace", own.workspace],
        cwd=tmp_path,
        env=program.environment(TERM="dumb"),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        # The end of the input is typed as Ctrl-D.
        os.write(ours, typed.encode() or b"\x04")
        shown = b""
        process.wait(timeout=60)
        asked = process.stderr.read()
    os.close(theirs)
    while b"Free afterwards" not in shown:
        shown += os.read(ours, 65_536)
    os.close(ours)
    assert process.returncode == code, asked
    assert "Delete for good? [y/N]" in asked
    assert len(listed(own)) == left

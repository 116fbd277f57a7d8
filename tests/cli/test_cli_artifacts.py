"""Artifacts from the command line: list, show, register, verify, export, import and collect."""

from __future__ import annotations

import pytest

from contexta import Contexta


@pytest.fixture
def own(cli, tmp_path):
    """Make a workspace with one run and call the command in it."""
    workspace = str(tmp_path / "own")
    with (
        Contexta(workspace=workspace, config={"records": {"durability_mode": "flush"}}) as ctx,
        ctx.run("first") as run,
        run.stage("train"),
    ):
        pass
    (tmp_path / "model.bin").write_bytes(b"weights")

    def call(*arguments):
        return cli("artifact", *arguments, "--workspace", workspace)

    call.workspace = workspace
    return call


@pytest.fixture
def registered(own, tmp_path):
    """Register a file, and return its reference."""
    outcome = own("register", "model", str(tmp_path / "model.bin"), "--run", "first", "--stage", "train")
    assert outcome.out == "artifact:default.first.model: registered, 7 B\n"
    return "artifact:default.first.model"


def body_of(own, ref):
    """Return the file of an artifact's body."""
    with Contexta(workspace=own.workspace) as ctx:
        return ctx.artifact_store.get_artifact(ref).path


def test_what_is_registered_is_listed_and_shown(own, registered, tmp_path):
    """List and show say kind, size, hash and run, as text and as JSON; the stage is in the manifest."""
    heading, row = own("list").out.splitlines()
    assert heading.split() == ["ARTIFACT", "KIND", "FORM", "SIZE", "HASH", "BOUND"]
    assert row.split()[:6] == [registered, "model", "file", "7", "B", "9a129038d9a0"]
    (listed,) = own("list", "--run", "first", "--format", "json").json["artifacts"]
    assert (listed["size_bytes"], listed["source_name"]) == (7, "model.bin")
    assert listed["manifest"]["stage_execution_ref"] == "stage:default.first.train"
    assert listed["manifest"]["producer_ref"] == "cli.artifact-register"
    shown = own("show", registered)
    assert "run     run:default.first" in shown.out
    assert "body    there" in shown.out
    assert own("show", registered, "--format", "json").json["exists"] is True
    assert own("list", "--kind", "report").out == "No artifacts.\n"
    assert own("list", "--format", "csv").out.splitlines()[0].startswith("artifact_ref,")


def test_a_directory_is_shown_with_its_files(own, tmp_path):
    """What is inside is listed: files with sizes, links with targets, empty directories."""
    (tmp_path / "tree" / "empty").mkdir(parents=True)
    (tmp_path / "tree" / "a").write_bytes(b"abc")
    (tmp_path / "tree" / "l").symlink_to("a")
    assert own("put", "bundle", str(tmp_path / "tree"), "--run", "first", "--mode", "move").code == 0
    assert not (tmp_path / "tree").exists()
    lines = own("show", "artifact:default.first.tree").out.splitlines()
    files = lines[lines.index("Files") + 2 :]
    assert [line.split() for line in files] == [["a", "3", "B"], ["empty/", "-"], ["l", "->", "a", "-"]]


def test_the_same_again_and_other_content(own, registered, tmp_path):
    """The same content was registered before; other content under its reference is refused."""
    source = str(tmp_path / "model.bin")
    again = own("register", "model", source, "--run", "first", "--artifact-ref", registered)
    assert again.out == f"{registered}: was registered before, 7 B\n"
    (tmp_path / "model.bin").write_bytes(b"other")
    outcome = own("register", "model", source, "--run", "first", "--mode", "adopt")
    assert (outcome.code, outcome.out) == (1, "")
    assert "[artifact_binding_conflict]" in outcome.err
    assert (tmp_path / "model.bin").exists()


FAILURES = [
    (("register", "model", "missing", "--run", "first"), 1, "artifact_source_missing"),
    (("register", "model", "missing", "--run", "nosuch"), 1, "query_run_not_found"),
    (("register", "Not A Kind", "missing", "--run", "first"), 1, "artifact_invalid_artifact_kind"),
    (("register", "model", "missing"), 2, "usage_error"),
    (("register", "model", "x", "--run", "first", "--mode", "link"), 2, "usage_error"),
    (("show", "artifact:default.first.none"), 1, "artifact_store_binding_not_found"),
    (("verify", "artifact:default.first.none"), 1, "artifact_store_binding_not_found"),
    (("export", "artifact:default.first.none"), 1, "artifact_store_binding_not_found"),
    (("export", "artifact:default.first.model", "--body", "x", "--archive", "zip"), 2, "usage_error"),
    (("import", "missing"), 1, "artifact_export_package_not_found"),
    (("import", "missing", "--on-conflict", "merge"), 2, "usage_error"),
    (("list", "--run", "nosuch"), 1, "query_run_not_found"),
]


@pytest.mark.parametrize(("words", "exit_code", "code"), FAILURES, ids=[" ".join(row[0]) for row in FAILURES])
def test_a_failure_is_told_and_changes_nothing(own, words, exit_code, code):
    """Each failure has its exit code and its own code, and no artifact comes of it."""
    outcome = own(*words, "--format", "json")
    assert (outcome.code, outcome.out, outcome.error["code"]) == (exit_code, "", code)
    assert own("list", "--format", "json").json["artifacts"] == []


def test_verifying_says_what_is_wrong(own, registered):
    """A whole workspace exits with 0; a changed body with 1, by name and without."""
    assert own("verify").out == "1 of 1 artifacts are whole.\n"
    assert own("verify", registered).out.splitlines()[1].split() == [registered, "verified"]
    path = body_of(own, registered)
    path.chmod(0o600)
    path.write_bytes(b"Weights")
    for names in ((), (registered,)):
        outcome = own("verify", *names)
        assert outcome.code == 1
        assert "hash_mismatch" in outcome.out
    answer = own("verify", "--format", "json")
    assert (answer.code, answer.json["ok"]) == (1, False)
    assert answer.json["artifacts"][0]["status"] == "hash_mismatch"


@pytest.mark.parametrize("archive", ["directory", "zip", "tar"])
def test_from_one_workspace_to_another(own, cli, registered, tmp_path, archive):
    """What is exported here is imported there, and the body alone can be written out."""
    out = own(
        "export", registered, "--to", str(tmp_path / "out"), "--archive", archive, "--format", "json"
    ).json
    other = str(tmp_path / "other")
    with Contexta(workspace=other) as ctx, ctx.run("x"):
        pass
    outcome = cli("artifact", "import", out["path"], "--workspace", other)
    assert outcome.out == f"{registered}: imported, 7 B written\n"
    written = cli("artifact", "export", registered, "--body", str(tmp_path / "body"), "--workspace", other)
    assert (written.code, (tmp_path / "body").read_bytes()) == (0, b"weights")


def test_a_conflict_at_the_import(own, registered, tmp_path):
    """Other content under the reference is refused, left or replaced, as asked."""
    package = own("export", registered, "--to", str(tmp_path / "out"), "--format", "json").json["path"]
    with Contexta(workspace=own.workspace) as ctx:
        ctx.artifact_store.backend.unbind([registered])
    (tmp_path / "model.bin").write_bytes(b"other")
    own("register", "model", str(tmp_path / "model.bin"), "--run", "first")
    assert "[artifact_binding_conflict]" in own("import", package).err
    assert "skipped, 0 B" in own("import", package, "--on-conflict", "skip").out
    assert "replaced, 7 B" in own("import", package, "--on-conflict", "replace").out
    assert body_of(own, registered).read_bytes() == b"weights"


def test_garbage_is_counted_and_removed(own, registered):
    """A body that was let go of is counted in a dry run and removed after it."""
    assert own("gc").out == "0 bodies and 0 leftovers removed; 0 B are free.\n"
    with Contexta(workspace=own.workspace) as ctx:
        ctx.artifact_store.backend.unbind([registered])
    assert own("gc", "--dry-run").out == "1 body and 0 leftovers would be removed; 7 B would be free.\n"
    answer = own("gc", "--despite-damage", "--format", "json").json
    assert (answer["freed_bytes"], answer["garbage"]["body_count"]) == (7, 1)
    assert own("gc", "--dry-run", "--format", "json").json["freed_bytes"] == 0

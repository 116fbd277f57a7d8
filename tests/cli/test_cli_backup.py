"""Backups and restores from the command line."""

from __future__ import annotations

import pytest

from contexta import Contexta


@pytest.fixture
def call(cli, tmp_path):
    """Make a workspace with one run, and call the command in it."""
    workspace = tmp_path / "ws"
    config = {"records": {"durability_mode": "flush"}}
    with Contexta(workspace=str(workspace), config=config) as ctx, ctx.run("train") as run:
        run.metric("loss", 1.0)

    def in_workspace(*arguments):
        return cli(*arguments, "--workspace", str(workspace))

    in_workspace.root = workspace
    return in_workspace


def test_the_way_there_and_back(call, cli, tmp_path):
    """Create, list, verify, plan and apply: the run is in the restored workspace."""
    assert "Sections" in call("backup", "create", "--dry-run").out
    assert "There are no backups." in call("backup", "list").out
    made = call("backup", "create", "--label", "nightly", "--format", "json").json
    ref = made["backup_ref"]
    assert (None, "SUCCESS") == (made["archive"], made["status"])
    assert [ref] == [
        each["backup_ref"] for each in call("backup", "list", "--format", "json").json["backups"]
    ]
    assert "nightly" in call("backup", "list").out
    assert f"Verified: {ref}" in call("backup", "verify", "--all").out
    assert "records" in call("restore", "plan", ref).out
    assert {"verified": True} == {
        name: value
        for name, value in call("restore", "apply", ref, "--verify-only", "--format", "json").json.items()
        if name == "verified"
    }
    target = tmp_path / "elsewhere"
    outcome = call("restore", "apply", ref, "--target-workspace", str(target))
    assert (0, True) == (outcome.code, "Restored" in outcome.out)
    assert "train" in cli("runs", "--workspace", str(target)).out
    again = call("restore", "apply", ref, "--format", "json").json
    assert (True, True) == (again["restored"], again["safety_backup_ref"].startswith("pre-restore-safety-"))


def test_an_archive_can_be_carried(call, cli, tmp_path):
    """--output writes one file that verifies and restores where there is no workspace at all."""
    made = call("backup", "create", "--output", str(tmp_path / "carry"), "--format", "json").json
    assert str(tmp_path / "carry.zip") == made["archive"]
    assert 0 == cli("backup", "verify", made["archive"], "--workspace", str(tmp_path / "new")).code
    assert 0 == cli("restore", "apply", made["archive"], "--workspace", str(tmp_path / "new")).code
    assert "train" in cli("runs", "--workspace", str(tmp_path / "new")).out


def test_what_is_replaced_can_be_kept_aside_instead(call):
    """--no-safety-backup makes no backup, and says where what was replaced lies."""
    ref = call("backup", "create", "--format", "json").json["backup_ref"]
    outcome = call("restore", "apply", ref, "--no-safety-backup")
    assert "kept aside" in outcome.out
    assert 1 == len(call("backup", "list", "--format", "json").json["backups"])


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ("backup verify", 2, "backup_needed"),
        ("backup verify nothing", 1, "recovery_backup_not_found"),
        ("restore plan nothing", 1, "recovery_backup_not_found"),
        ("restore apply nothing", 1, "recovery_backup_not_found"),
    ],
)
def test_what_cannot_be_done_says_why(call, words, code, error):
    """A missing or unknown backup is an error with a stable code."""
    outcome = call(*words.split(), "--format", "json")
    assert (code, error) == (outcome.code, outcome.error["code"])

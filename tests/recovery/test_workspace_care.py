"""Checking, repairing, collecting and ageing a workspace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import pytest

from contexta import Contexta
from contexta.config import replace_unified_config
from contexta.recovery import (
    apply_retention,
    apply_workspace_repairs,
    collect_garbage,
    create_workspace_backup,
    plan_retention,
    plan_workspace_backup,
    plan_workspace_repairs,
    scan_workspace,
    verify_workspace,
)

DAY = 86_400


def aged(path, days):
    """Make a file that was last changed so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 100)
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


def flipped(path, place):
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    mode = path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(bytes(data))
    path.chmod(mode)


def test_a_whole_workspace_is_healthy(filled, below):
    """Nothing is found, nothing needs to be done, and looking changes no byte but derived ones."""
    before = below(filled.root / "records" / "segments")
    report = verify_workspace(filled.config)
    assert (True, "healthy") == (report.ok, report.state)
    assert {"metadata", "records", "artifacts", "outbox"} == set(report.to_dict()["planes"])
    assert () == plan_workspace_repairs(filled.config)
    assert before == below(filled.root / "records" / "segments")


@pytest.mark.parametrize("plane", ["metadata/journal", "records/segments", "artifacts/blobs"])
def test_damage_is_located(filled, plane):
    """A flipped bit in any plane is an error of that plane that names the file."""
    path = max(
        (each for each in (filled.root / plane).rglob("*") if each.is_file()),
        key=lambda each: each.stat().st_size,
    )
    flipped(path, path.stat().st_size // 2)
    report = verify_workspace(filled.config)
    assert "corrupted" == report.state
    word = plane.partition("/")[0]
    assert [word] == [name for name, found in report.planes.items() if not found.ok]
    assert any(path.stem[:16] in issue.location for issue in report.planes[word].issues)


def test_a_repair_deletes_nothing(filled):
    """A damaged body is planned, moved into the quarantine byte for byte, and the check says what is missing then."""
    body = next(each for each in (filled.root / "artifacts" / "blobs").rglob("*") if each.is_file())
    flipped(body, 5)
    data = body.read_bytes()
    steps = plan_workspace_repairs(filled.config)
    assert "quarantine_body" in {each.action for each in steps}
    assert body.exists()
    done = apply_workspace_repairs(filled.config, steps)
    assert {"applied"} == {each.status for each in done if each.action == "quarantine_body"}
    assert not body.exists()
    assert data in [
        path.read_bytes() for path in (filled.root / "artifacts" / "quarantine").rglob("*") if path.is_file()
    ]


def test_what_a_killed_process_left_is_repaired(filled):
    """A torn tail is a warning; repaired it is none, and what was acknowledged is there."""
    program = f"""
import os
from contexta import Contexta
ctx = Contexta(workspace={str(filled.root)!r})
run = ctx.run("killed")
run.metric("loss", 1.0)
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    (segment,) = (filled.root / "records" / "segments").glob("*.open")
    with segment.open("ab") as stream:
        stream.write(b'{"n":9,"type":"metr')
    report = verify_workspace(filled.config)
    assert "degraded" == report.state
    steps = plan_workspace_repairs(filled.config)
    assert {"records"} <= {each.plane for each in steps}
    done = apply_workspace_repairs(filled.config, steps)
    assert "failed" not in {each.status for each in done}
    assert verify_workspace(filled.config).planes["records"].ok
    with filled.opened() as ctx:
        assert [1.0] == [record.value for record in ctx.get_run_snapshot("killed").records]


def test_garbage_is_counted_and_collected(filled):
    """The body of a deleted run and what only a deleted backup held are counted, then removed; the rest is whole."""
    backup = create_workspace_backup(filled.config, plan_workspace_backup(filled.config))
    shutil.rmtree(backup.location)
    with filled.opened() as ctx:
        backend = ctx.artifact_store.backend
        (ref,) = [each.artifact_ref for each in ctx.get_run_snapshot("first").artifacts]
        backend.unbind([ref])
    del filled.runs["first"]
    counted = collect_garbage(filled.config, dry_run=True)
    assert (1, True) == (counted.artifacts.body_count, counted.dry_run)
    assert counted.backup_bytes > 6000
    collected = collect_garbage(filled.config)
    assert counted.freed_bytes == collected.freed_bytes
    assert 0 == collect_garbage(filled.config).freed_bytes
    assert verify_workspace(filled.config).ok


@pytest.mark.parametrize(
    ("setting", "section"),
    [("cache_ttl_days", "cache"), ("report_ttl_days", "reports"), ("export_ttl_days", "exports")],
)
def test_files_are_kept_as_long_as_configured(filled, setting, section):
    """cache_ttl_days, report_ttl_days, export_ttl_days: older files are planned and removed, younger ones stay."""
    old, young = aged(filled.root / section / "a" / "old", 20), aged(filled.root / section / "young", 2)
    never = replace_unified_config(filled.config, {"retention": {"cache_ttl_days": None}})
    assert () == plan_retention(never).files
    config = replace_unified_config(never, {"retention": {setting: 10}})
    plan = plan_retention(config)
    assert ([old], 100) == ([each.path for each in plan.files], plan.freed_bytes)
    assert old.exists()
    result = apply_retention(config, plan)
    assert ((old,), 100) == (result.removed, result.freed_bytes)
    assert young.exists()
    assert not old.parent.exists()
    assert filled.runs == filled.content()


def test_the_cache_lies_where_it_should(filled, tmp_path):
    """cache_path: what expires is looked for there, for seven days by default."""
    old = aged(tmp_path / "elsewhere" / "old", 8)
    assert () == plan_retention(filled.config).files
    moved = replace_unified_config(filled.config, {"workspace": {"cache_path": str(tmp_path / "elsewhere")}})
    assert [old] == [each.path for each in plan_retention(moved).files]


def test_a_file_that_changed_since_the_plan_stays(filled):
    """What is removed is what was planned: a file that was written meanwhile is kept, with the reason."""
    old = aged(filled.root / "cache" / "old", 20)
    plan = plan_retention(filled.config)
    old.write_bytes(b"new")
    result = apply_retention(filled.config, plan)
    assert ((), True) == (result.removed, old.exists())
    assert "changed since" in result.kept[0]


def test_backups_never_age(filled):
    """Backups, the outbox and the planes stay, even where the configuration puts them inside of the cache."""
    cache = filled.root / "cache"
    config = replace_unified_config(filled.config, {"recovery": {"backup_root": str(cache / "backups")}})
    location = create_workspace_backup(config, plan_workspace_backup(config)).location
    for path in location.parent.rglob("*"):
        os.utime(path, (0, 0))
    assert () == plan_retention(config).files


@pytest.mark.parametrize(
    ("mode", "planned", "closing"), [("manual", 0, 0), ("planned", 3000, 0), ("enforced", 3000, 3000)]
)
def test_unbound_bodies_go_as_configured(filled, mode, planned, closing):
    """artifact_retention_mode: by hand only, with the plan, or by every closing of the workspace."""
    config = replace_unified_config(filled.config, {"retention": {"artifact_retention_mode": mode}})
    with filled.opened() as ctx:
        (ref,) = [each.artifact_ref for each in ctx.get_run_snapshot("first").artifacts]
        ctx.artifact_store.backend.unbind([ref])
    plan = plan_retention(config) if mode != "enforced" else None
    if plan is not None:
        assert planned == plan.freed_bytes
    before = sum(
        path.stat().st_size for path in (filled.root / "artifacts" / "blobs").rglob("*") if path.is_file()
    )
    with Contexta(config=config) as ctx:
        ctx.artifact_store.list_refs()
    after = sum(
        path.stat().st_size for path in (filled.root / "artifacts" / "blobs").rglob("*") if path.is_file()
    )
    assert closing == before - after
    if mode == "planned":
        assert 3000 == apply_retention(config, plan).freed_bytes


@pytest.mark.parametrize("how", ["rename", "copy", "rsync"])
def test_a_workspace_can_be_moved(filled, tmp_path, how):
    """Renamed, copied or synchronised, it is the same workspace, and goes on being written."""
    target = tmp_path / "moved" / "workspace"
    target.parent.mkdir()
    if how == "rename":
        filled.root.rename(target)
    elif how == "copy":
        shutil.copytree(filled.root, target)
    elif shutil.which("rsync") is None:
        pytest.skip("rsync is not installed")
    else:
        subprocess.run(["rsync", "-a", f"{filled.root}/", f"{target}/"], check=True)
    assert filled.runs == filled.content(target)
    moved = type(filled)(target)
    moved.runs = dict(filled.runs)
    moved.add("third", b"three")
    assert moved.runs == moved.content()
    assert verify_workspace(moved.config).ok


def test_a_scan_locates_secrets_and_shows_none(filled):
    """With redaction off, secrets in an event, in a parameter and in a report are located by file, line and rule."""
    token = "ghp_" + "Ab1" * 12
    config = replace_unified_config(filled.config, {"security": {"redaction_mode": "off"}})
    with Contexta(config=config) as ctx, ctx.run("leak") as run:
        run.event("note", message=f"pushed with {token}", attributes={"db_password": "tr0ub4dor&3"})
    (filled.root / "reports").mkdir()
    (filled.root / "reports" / "r.md").write_text(f"line\n{token}\n")
    found = scan_workspace(config)
    assert {("github", "records"), ("key", "records"), ("github", "reports")} <= {
        (each.rule, each.path.partition("/")[0]) for each in found
    }
    assert [2] == [each.line for each in found if each.path == "reports/r.md"]
    assert token not in str(found)


def test_a_scan_of_a_redacted_workspace_finds_nothing(filled):
    """What was captured under the default configuration holds nothing to find."""
    with filled.opened() as ctx, ctx.run("safe", metadata={"max_tokens": 5}) as run:
        run.event(
            "note", message="token ghp_" + "Ab1" * 12, attributes={"api_key": "abc123def456", "key": "loss"}
        )
        run.params({"tokenizer": "bpe", "password": "tr0ub4dor&3"})
    assert () == scan_workspace(filled.config)

"""Secrets of twelve kinds, planted everywhere: no byte below the workspace holds one, whatever happens to the process."""

from __future__ import annotations

import signal

import pytest

from contexta import Contexta
from contexta.capture import PayloadFamily
from contexta.recovery import (
    create_workspace_backup,
    export_backup,
    list_backups,
    plan_restore,
    plan_workspace_backup,
    replay_outbox,
    restore_workspace,
    scan_workspace,
)

BODY = "Zq7Xw2Lk9Vb4Nm8Tp3Rs6Yd1Hf5Jg0CeAu"

#: Twelve kinds: the text that is planted, and the part that nobody may ever find. Put together at run time.
KINDS = {
    "aws": ("AKIA" + "IOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    "github": ("ghp_" + BODY, BODY),
    "gitlab": ("glpat-" + BODY[:20], BODY[:20]),
    "openai": ("sk-" + "proj-" + BODY, BODY),
    "huggingface": ("hf_" + BODY, BODY),
    "slack": ("xoxb-" + "123456789012-" + BODY[:24], BODY[:24]),
    "google": ("AIza" + BODY + "x", BODY),
    "stripe": ("sk" + "_live_" + BODY[:24], BODY[:24]),
    "jwt": ("eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + BODY, BODY),
    "pem": (f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----", BODY),
    "url": ("postgres://trainer:" + "hunter2Zq7X@db.internal:5432/runs", "hunter2Zq7X"),
    "password": ("password=" + "tr0ub4dor-Zq7X", "tr0ub4dor-Zq7X"),
}

PROGRAM = """
import json
kinds = json.loads(sys.stdin.readline())
class Down:
    name = "down"
    supported_families = ("RECORD", "ARTIFACT")
    def supports(self, family):
        return True
    def capture(self, *, family, payload):
        raise ConnectionError("down with " + " and ".join(kinds.values()))
config = {
    "capture": {"dispatch_failure_mode": "outbox"},
    "security": {"environment_variable_allowlist": ["PLANTED_" + name.upper() for name in kinds]},
}
for name, text in kinds.items():
    os.environ["PLANTED_" + name.upper()] = text
ctx = Contexta(workspace=workspace, config=config, sinks=[Down()])
run = ctx.run("train", metadata=kinds, tags={name: text for name, text in kinds.items() if "\\n" not in text},
              config_snapshot={"nested": [kinds]})
for name, text in kinds.items():
    run.event("note", message="told " + text, attributes={name: [text]})
    run.params({"p": {name: text}})
    run.span("call", attributes={"url": text})
    run.metric("loss", 1.0, tags={name: text})
    try:
        with run.stage("s-" + name, metadata={name: text}):
            raise ValueError("refused " + text)
    except ValueError:
        pass
say("ready")
sys.stdin.readline()
run.close()
ctx.close()
"""


class Down:
    """A sink that talks when it fails."""

    name = "down"
    supported_families = tuple(PayloadFamily)

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        raise ConnectionError("down with " + " and ".join(text for text, _ in KINDS.values()))


def found_in(*places):
    """Return the kinds of which a byte sequence below some places tells."""
    raw = b"\0".join(
        path.name.encode() + b"\0" + path.read_bytes()
        for place in places
        for path in place.rglob("*")
        if path.is_file()
    )
    return sorted(name for name, (_, core) in KINDS.items() if core.encode() in raw)


@pytest.mark.parametrize("ending", ["closed", "killed"])
def test_no_secret_is_below_the_workspace(start, workspace, tmp_path, ending):
    """After captures, a crash, a failing replay, a backup, an archive, a restore and a report, raw search finds nothing."""
    import json

    process = start(PROGRAM)
    process.stdin.write(json.dumps({name: text for name, (text, _) in KINDS.items()}) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    assert [] == found_in(workspace)
    if ending == "killed":
        process.send_signal(signal.SIGKILL)
        process.communicate()
    else:
        process.communicate("\n")
        assert process.returncode == 0
    with Contexta(workspace=str(workspace)) as ctx:
        config = ctx.config
        report = ctx.build_snapshot_report("train")
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "r.txt").write_text(repr(report))
        ctx.record_store.export_jsonl(tmp_path / "report" / "records.jsonl")
    replay_outbox(config, sinks=[Down()], dead_letter_after_failures=1)
    backup = create_workspace_backup(
        config, plan_workspace_backup(config, include_cache=True, include_exports=True)
    )
    export_backup(config, backup.backup_ref, tmp_path / "report" / "archive.zip")
    restore_workspace(config, plan_restore(config, backup.backup_ref))
    assert len(list_backups(config)) == 2
    assert [] == found_in(workspace, tmp_path / "report")
    assert () == scan_workspace(config)
    # The search itself finds what is there.
    (tmp_path / "report" / "proof").write_text("\n".join(text for text, _ in KINDS.values()))
    assert sorted(KINDS) == found_in(tmp_path / "report")


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_everything_is_private(start, workspace, tmp_path, mask):
    """Whatever the umask, directories are 0700 and no file can be read by anybody but its owner."""
    import os
    import stat

    before = os.umask(mask)
    try:
        with Contexta(
            workspace=str(workspace), config={"capture": {"dispatch_failure_mode": "outbox"}}, sinks=[Down()]
        ) as ctx:
            (tmp_path / "body").write_bytes(b"body")
            with ctx.run("train") as run:
                run.metric("loss", 1.0)
                run.register_artifact("model", str(tmp_path / "body"))
            ctx.list_runs()
            config = ctx.config
        backup = create_workspace_backup(config, plan_workspace_backup(config))
        restore_workspace(config, plan_restore(config, backup.backup_ref))
        replay_outbox(config, sinks=[Down()])
        with Contexta(config=config) as ctx:
            ctx.get_run_snapshot("train")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in [workspace, *workspace.rglob("*")]}
    assert {} == {
        str(path): oct(mode)
        for path, mode in modes.items()
        if (mode != 0o700 if path.is_dir() else mode & 0o177)
    }

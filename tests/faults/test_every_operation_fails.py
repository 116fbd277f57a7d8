"""Every operation on a workspace, ended and refused at its changes of the disk: nothing is lost, and it can be repeated.

One table says for each operation what is prepared, what is done, and what must hold whether it was cut off or not.  The
calls that change the disk fail in a forked process: at the chosen one the process is killed, or the call is refused with
EIO or ENOSPC, once.  Afterwards the workspace must hold what it held, the operation must succeed when it is repeated, and
the next run must be captured.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import random
import shutil
import signal
from pathlib import Path
from unittest.mock import patch

import pytest

from contexta import Contexta
from contexta.capture import PayloadFamily, SinkCaptureReceipt
from contexta.config import load_config, replace_unified_config
from contexta.errors import ContextaError
from contexta.log import filesystem
from contexta.recovery import (
    apply_retention,
    apply_workspace_repairs,
    collect_garbage,
    copy_workspace,
    create_workspace_backup,
    list_backups,
    list_outbox,
    migrate_workspace,
    plan_restore,
    plan_retention,
    plan_workspace_backup,
    plan_workspace_repairs,
    replay_outbox,
    restore_workspace,
    verify_backup,
    verify_workspace,
)
from contexta.testing.contracts.processes import child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

#: What changes the disk; everything of the product goes through these.
CHANGING = (
    "create_file",
    "write_all",
    "sync_file",
    "sync_directory",
    "replace",
    "remove_file",
    "truncate_file",
    "create_private_directory",
)
FAULTS = ("kill", "EIO", "ENOSPC")
QUIET = {"capture": {"capture_installed_packages": False, "capture_code_revision": False}}


def capture(config, name, tmp_path, *, artifact=True):
    """Capture a run with points and a body."""
    with Contexta(config=config) as ctx, ctx.run(name) as run:
        run.emit_metrics([{"key": "loss", "value": 0.5, "step": step} for step in range(3)])
        if artifact:
            (tmp_path / "body").write_bytes(name.encode() * 1_000)
            run.register_artifact("model", str(tmp_path / "body"))


def content(config):
    """Read every run with the number of its points and its bodies."""
    found = {}
    with Contexta(config=config) as ctx:
        for run in ctx.list_runs():
            snapshot = ctx.get_run_snapshot(run.run_id)
            bodies = [
                ctx.artifact_store.read_artifact_bytes(each.artifact_ref) for each in snapshot.artifacts
            ]
            found[run.name] = (len(snapshot.records), bodies)
    return found


def run_of(name):
    """Return what a reader must find of a captured run."""
    return {name: (3, [name.encode() * 1_000])}


class Operation:
    """One operation on a workspace of one run; subclasses say what is done.

    Args:
        root: The workspace; it does not exist yet.
        aside: A directory for whatever else is needed.
    """

    def __init__(self, root, aside):
        self.aside = aside
        self.config = replace_unified_config(load_config(workspace=str(root)), QUIET)

    def prepare(self):
        """Make what the operation is done to."""
        capture(self.config, "r1", self.aside)

    def act(self):
        """Do it; return whether it says that all was done.  It may be done again."""
        raise NotImplementedError

    def must_hold(self):
        """Require what holds before, after and between."""
        assert content(self.config) == run_of("r1")

    def must_be_done(self):
        """Require what holds when it has returned."""


class Backup(Operation):
    """Backing up: what is listed restores."""

    def act(self):
        return create_workspace_backup(self.config, plan_workspace_backup(self.config)).succeeded

    def must_hold(self):
        super().must_hold()
        assert all(
            verify_backup(self.config, each.backup_ref).succeeded for each in list_backups(self.config)
        )

    def must_be_done(self):
        assert list_backups(self.config)


class Restore(Operation):
    """Restoring in place: the one state or the other."""

    def prepare(self):
        super().prepare()
        self.backup_ref = create_workspace_backup(self.config, plan_workspace_backup(self.config)).backup_ref
        capture(self.config, "r2", self.aside)

    def act(self):
        return restore_workspace(self.config, plan_restore(self.config, self.backup_ref)).succeeded

    def must_hold(self):
        assert content(self.config) in (run_of("r1"), run_of("r1") | run_of("r2"))
        assert verify_backup(self.config, self.backup_ref).succeeded

    def must_be_done(self):
        assert content(self.config) == run_of("r1")


class Mirror:
    """A sink that is down until it is given a file."""

    name = "mirror"
    supported_families = tuple(PayloadFamily)

    def __init__(self, path=None):
        self.path = path

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        if self.path is None:
            raise ConnectionError("down")
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(f"{payload.envelope.record_ref}\n")
        return SinkCaptureReceipt.success()


class Replay(Operation):
    """Replaying the outbox: at least once to the sink, and an entry stays until it was delivered."""

    def prepare(self):
        super().prepare()
        settings = replace_unified_config(self.config, {"capture": {"dispatch_failure_mode": "outbox"}})
        with Contexta(config=settings, sinks=[Mirror()]) as ctx, ctx.run("waiting") as run:
            events = [run.event(f"e.{number}", message="m").payload for number in range(3)]
        self.refs = {str(event.envelope.record_ref) for event in events}

    def act(self):
        return replay_outbox(self.config, sinks=[Mirror(self.aside / "delivered")]).succeeded

    def must_hold(self):
        assert run_of("r1").items() <= content(self.config).items()
        assert self.refs == {each.payload_ref for each in list_outbox(self.config)} | self._delivered()

    def must_be_done(self):
        assert () == list_outbox(self.config)
        assert self.refs == self._delivered()

    def _delivered(self):
        path = self.aside / "delivered"
        return frozenset(path.read_text().split()) if path.exists() else frozenset()


class Repair(Operation):
    """Repairing: what was damaged is kept aside byte for byte, the rest is whole."""

    def prepare(self):
        super().prepare()
        capture(self.config, "hurt", self.aside)
        blobs = self.config.workspace.root_path / "artifacts" / "blobs"
        [body] = [path for path in blobs.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"hurt"]
        self.damaged = b"X" + body.read_bytes()[1:]
        body.chmod(0o600)
        body.write_bytes(self.damaged)

    def act(self):
        done = apply_workspace_repairs(self.config, plan_workspace_repairs(self.config))
        return all(each.status == "applied" for each in done)

    def must_hold(self):
        with Contexta(config=self.config) as ctx:
            [artifact] = ctx.get_run_snapshot("r1").artifacts
            assert b"r1" * 1_000 == ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref)
        artifacts = self.config.workspace.root_path / "artifacts"
        assert self.damaged in [path.read_bytes() for path in artifacts.rglob("*") if path.is_file()]

    def must_be_done(self):
        assert {"artifact_body_missing"} == {
            issue.code
            for found in verify_workspace(self.config).planes.values()
            for issue in found.issues
            if issue.severity == "error"
        }


class Collection(Operation):
    """Collecting garbage: what is bound stays, what is not goes."""

    def prepare(self):
        super().prepare()
        capture(self.config, "let-go", self.aside)
        with Contexta(config=self.config) as ctx:
            [artifact] = ctx.get_run_snapshot("let-go").artifacts
            ctx.artifact_store.backend.unbind([artifact.artifact_ref])

    def act(self):
        collect_garbage(self.config)
        return True

    def must_hold(self):
        assert {**run_of("r1"), "let-go": (3, [])} == content(self.config)

    def must_be_done(self):
        assert 0 == collect_garbage(self.config, dry_run=True).artifacts.body_count


class Retention(Operation):
    """Removing what has expired: nothing else goes."""

    def prepare(self):
        super().prepare()
        cache = self.config.workspace.root_path / "cache"
        for name in ("old", "older", "young"):
            (cache / name).mkdir(parents=True)
            (cache / name / "file").write_bytes(name.encode())
            if name != "young":
                os.utime(cache / name / "file", (0, 0))

    def act(self):
        return not apply_retention(self.config, plan_retention(self.config)).kept

    def must_hold(self):
        super().must_hold()
        assert (self.config.workspace.root_path / "cache" / "young" / "file").is_file()

    def must_be_done(self):
        assert () == plan_retention(self.config).files


class Copy(Operation):
    """Copying into another workspace: the source is only read, and repeating goes on."""

    def prepare(self):
        super().prepare()
        capture(self.config, "r2", self.aside)
        self.target = replace_unified_config(load_config(workspace=str(self.aside / "copy")), QUIET)

    def act(self):
        return copy_workspace(self.config, self.target).verified

    def must_hold(self):
        assert run_of("r1") | run_of("r2") == content(self.config)

    def must_be_done(self):
        assert run_of("r1") | run_of("r2") == content(self.target)


class Migration(Operation):
    """Carrying a workspace of version 1.0.0 over: it is only read, and repeating goes on."""

    def prepare(self):
        place = Path(__file__).parents[1] / "recovery" / "old_workspace.py"
        spec = importlib.util.spec_from_file_location("old_workspace", place)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        old = made.OldWorkspace(self.aside / "old")
        old.row("projects", "project:p", project_ref="project:p", name="p", created_at=made.at(0))
        old.row(
            *("runs", "run:p.r1"),
            run_ref="run:p.r1",
            project_ref="project:p",
            name="r1",
            status="completed",
            started_at=made.at(1),
            ended_at=made.at(50),
        )
        for number in range(3):
            old.metric("p.r1", number, 0.5)
        old.artifact("p.r1", "model", b"r1" * 1_000)
        old.write()
        self.before = self._files()

    def act(self):
        return migrate_workspace(self.config, self.aside / "old").complete

    def must_hold(self):
        assert self.before == self._files()

    def must_be_done(self):
        assert run_of("r1") == content(self.config)

    def _files(self):
        old = self.aside / "old"
        return {path.relative_to(old): path.read_bytes() for path in old.rglob("*") if path.is_file()}


OPERATIONS = (Backup, Restore, Replay, Repair, Collection, Retention, Copy, Migration)


def act_in_a_child(operation, fault, number):
    """Do an operation whose call of a number fails; return what became of it and the number of calls."""

    def work(tell):
        calls = 0

        def failing(real):
            def call(*arguments, **keywords):
                nonlocal calls
                calls += 1
                if calls == number:
                    if fault == "kill":
                        os.kill(os.getpid(), signal.SIGKILL)
                    raise OSError(getattr(errno, fault), os.strerror(getattr(errno, fault)))
                return real(*arguments, **keywords)

            return call

        for name in CHANGING:
            patch.object(filesystem, name, failing(getattr(filesystem, name))).start()
        try:
            tell("done" if operation.act() else "done in part")
        except ContextaError as error:
            tell(f"refused {error.code}")
        tell(calls)

    with child(work) as process:
        return process.lines()


@pytest.fixture(params=OPERATIONS, ids=lambda each: each.__name__.lower())
def prepared(request, tmp_path):
    """Prepare an operation once, and give what brings that state back."""
    (tmp_path / "aside").mkdir()
    place, whole = tmp_path / "place", tmp_path / "whole"
    place.mkdir()
    (place / "aside").mkdir()
    operation = request.param(place / "workspace", place / "aside")
    operation.prepare()
    shutil.copytree(place, whole, symlinks=True)

    def back():
        shutil.rmtree(place)
        shutil.copytree(whole, place, symlinks=True)
        return operation

    return back


def one_trial(prepared, fault, number, tmp_path):
    """Let one call fail, look at what is left, and do the operation again."""
    operation = prepared()
    told = act_in_a_child(operation, fault, number)
    what = f"{fault} at {number}: {told}"
    assert told or fault == "kill", f"an error that is none of ours, {what}"
    operation.must_hold()
    if told and told[0] == "done":
        operation.must_be_done()
    operation.act()
    operation.must_hold()
    operation.must_be_done()
    capture(operation.config, "next", tmp_path, artifact=False)
    with Contexta(config=operation.config) as ctx:
        assert 3 == len(ctx.get_run_snapshot("next").records), what


def calls_of(prepared):
    """Count the calls of an operation that nothing is in the way of."""
    done, calls = act_in_a_child(prepared(), "kill", -1)
    assert "done" == done
    return int(calls)


def test_it_fails_somewhere(prepared, tmp_path):
    """At one place of each kind, chosen by chance, the operation is ended or refused."""
    choose = random.Random(1)
    calls = calls_of(prepared)
    for fault in FAULTS:
        one_trial(prepared, fault, choose.randint(1, calls), tmp_path)


@pytest.mark.campaign
@pytest.mark.parametrize("fault", FAULTS)
def test_it_fails_everywhere(prepared, tmp_path, fault):
    """At each of its calls the operation is ended or refused."""
    for number in range(1, calls_of(prepared) + 1):
        one_trial(prepared, fault, number, tmp_path)

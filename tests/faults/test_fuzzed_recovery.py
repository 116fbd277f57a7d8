"""Manifests, archives, intents and outboxes made of noise: a typed error, or what was meant, and never anything else."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path

import pytest

from contexta import Contexta
from contexta.capture.outbox_entries import read_outbox
from contexta.errors import RestoreError
from contexta.log import LogWriter
from contexta.recovery import create_workspace_backup, export_backup, plan_restore, plan_workspace_backup
from contexta.recovery.archive_members import ZipMembers
from contexta.recovery.manifest import BackupManifest, _digest, _dump
from contexta.store.pending_restore import read_intent

VALUES = [
    None,
    True,
    -1,
    0,
    2**70,
    1.5,
    "",
    "x",
    "../x",
    "a\0b",
    "\ud800",
    [],
    {},
    [[]],
    {"a": 1},
    "0" * 64,
    "f" * 64,
]


def damaged(data, choose):
    """Damage bytes in one of the ways in which files are damaged."""
    place = choose.randrange(len(data) + 1)
    how = choose.randrange(5)
    if how == 0 and place < len(data):
        return data[:place] + bytes([data[place] ^ (1 << choose.randrange(8))]) + data[place + 1 :]
    if how == 1:
        return data[:place]
    if how == 2:
        return data[:place] + choose.randbytes(choose.randrange(1, 20)) + data[place:]
    if how == 3:
        end = min(len(data), place + choose.randrange(1, 40))
        return data[:place] + data[end:]
    return data[:place] + data[choose.randrange(len(data) + 1) :]


def mutated(value, choose, depth=0):
    """Replace a part of a JSON value by something else."""
    if depth > 4 or choose.random() < 0.25 or not isinstance(value, (dict, list)) or not value:
        return choose.choice(VALUES)
    if isinstance(value, dict):
        name = choose.choice(sorted(value))
        return value | {name: mutated(value[name], choose, depth + 1)}
    place = choose.randrange(len(value))
    return [*value[:place], mutated(value[place], choose, depth + 1), *value[place + 1 :]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Export a backup of a small workspace."""
    place = tmp_path_factory.mktemp("exported")
    with Contexta(workspace=str(place / "ws")) as ctx, ctx.run("r") as run:
        run.metric("loss", 1.0)
    ref = create_workspace_backup(ctx.config, plan_workspace_backup(ctx.config)).backup_ref
    archive = export_backup(ctx.config, ref, place / "b.zip")
    return ctx.config, (ctx.config.recovery.backup_root / ref / "manifest.json").read_bytes(), archive


def rounds(seconds, count):
    """Count rounds, or go on for some seconds."""
    end = time.monotonic() + seconds
    number = 0
    while number < count or time.monotonic() < end:
        yield number
        number += 1


LENGTHS = [(0, 2_000), pytest.param((120, 100_000), marks=pytest.mark.campaign)]


@pytest.mark.parametrize("length", LENGTHS)
def test_manifests(exported, length):
    """A manifest of noise, or one whose hash was made to fit, is read as a manifest or refused with our error."""
    body = json.loads(exported[1])
    choose = random.Random(1)
    for number in rounds(*length):
        if number % 2:
            data = damaged(exported[1], choose)
        else:
            changed = mutated(
                {name: value for name, value in body.items() if name != "manifest_sha256"}, choose
            )
            if not isinstance(changed, dict):
                changed = {"format": changed}
            data = _dump(changed | {"manifest_sha256": _digest(changed)})
        try:
            found = BackupManifest.decode(data, "noise")
        except RestoreError:
            continue
        assert all(
            ".." not in each.path.split("/") and not each.path.startswith("/") for each in found.files
        ), number


@pytest.mark.parametrize("length", [(0, 300), pytest.param((120, 20_000), marks=pytest.mark.campaign)])
def test_archives(exported, tmp_path, length):
    """A damaged archive is refused with our error, or planned as what it was; planning writes nothing."""
    data = exported[2].read_bytes()
    choose = random.Random(2)
    path = tmp_path / "noise.zip"
    for _ in rounds(*length):
        path.write_bytes(damaged(data, choose))
        try:
            ZipMembers(path).close()
            plan_restore(exported[0], str(path), target_workspace=tmp_path / "target")
        except RestoreError:
            pass
        assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("length", LENGTHS)
def test_intents(tmp_path, length):
    """An intent of noise is read, or refused with our error."""
    good = json.dumps(
        {"format": "contexta-restore/1", "exchanges": [{"staged": "a", "target": "b", "replaced": "c"}]}
    ).encode()
    choose = random.Random(3)
    for _ in rounds(*length):
        (tmp_path / "restore.intent").write_bytes(damaged(good, choose))
        try:
            read_intent(tmp_path)
        except RestoreError:
            continue


@pytest.mark.parametrize("length", [(0, 300), pytest.param((120, 20_000), marks=pytest.mark.campaign)])
def test_outboxes(tmp_path, length):
    """Outbox lines of any shape are read or passed over and told; reading never raises."""
    choose = random.Random(4)
    entry = {
        "replay_ref": "replay:a.b",
        "sink_name": "b",
        "family": "RECORD",
        "failed_at": "t",
        "payload": {},
    }
    state = {"state": "dead", "replay_ref": "replay:a.b", "h": "0" * 16, "failures": 1}
    for number in rounds(*length):
        root = Path(tmp_path / "outbox")
        with LogWriter(root) as writer:
            for each in (entry, state):
                changed = mutated(each, choose)
                line = json.dumps(
                    changed if isinstance(changed, dict) and changed else each, ensure_ascii=True
                )
                writer.append(line.encode()[1:-1])
        view = read_outbox(root)
        assert len(view.entries) <= 2, number
        shutil.rmtree(root)

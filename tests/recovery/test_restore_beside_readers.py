"""A restore beside a process that only reads: it does not wait, and the reader never mixes old and new."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.errors import StoreAccessError
from contexta.recovery import create_workspace_backup, plan_restore, plan_workspace_backup, restore_workspace
from contexta.store.plane_watch import PlaneWatch

READ_ONLY = {plane: {"read_only": True} for plane in ("metadata", "records", "artifacts")}
#: Reads everything again and again, and tells each answer that differs from the one before.
READER = """
import json, select, sys
from contexta import Contexta, ContextaError
ctx = Contexta(workspace=sys.argv[1], config=json.loads(sys.argv[2]))

def read():
    found = {}
    for run in ctx.list_runs():
        snapshot = ctx.get_run_snapshot(run.run_id)
        bodies = [ctx.artifact_store.read_artifact_bytes(each.artifact_ref) for each in snapshot.artifacts]
        found[run.name] = [len(snapshot.records), [body[:2].decode() for body in bodies]]
    return found

last, answers = None, 0
while True:
    try:
        answer = read()
        answers += 1
    except ContextaError as error:
        answer = error.code
    if answer != last:
        last = answer
        print(json.dumps(answer), flush=True)
    if select.select([sys.stdin], [], [], 0)[0]:
        break
"""


@pytest.fixture
def restorable(tmp_path):
    """Give a workspace with two runs in a backup and one that came later, as its plan to restore."""
    root = tmp_path / "workspace"

    def add(*names):
        with Contexta(workspace=str(root)) as ctx:
            for number, name in enumerate(names, 1):
                (tmp_path / "body").write_bytes(name.encode() * 1_000)
                with ctx.run(name) as run:
                    run.emit_metrics([{"key": "loss", "value": 0.5, "step": step} for step in range(number)])
                    run.register_artifact("model", str(tmp_path / "body"))
            return ctx.config

    config = add("r1", "r2")
    backup_ref = create_workspace_backup(config, plan_workspace_backup(config)).backup_ref
    add("r3")
    return config, plan_restore(config, backup_ref)


NEW = {"r1": [1, ["r1"]], "r2": [2, ["r2"]]}
OLD = {**NEW, "r3": [1, ["r3"]]}


def test_a_reader_is_not_in_the_way_and_never_mixes(restorable):
    """A process that reads through a restore answers from before, refuses with errors of the tree, and answers anew."""
    config, plan = restorable
    root = str(config.workspace.root_path)
    with subprocess.Popen(
        [sys.executable, "-c", READER, root, json.dumps(READ_ONLY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        told = [json.loads(process.stdout.readline())]
        assert restore_workspace(config, plan).applied
        while told[-1] != NEW:
            told.append(json.loads(process.stdout.readline()))
        rest, _ = process.communicate("\n")
    assert OLD == told[0]
    assert "" == rest
    assert [] == [each for each in told if not isinstance(each, str) and each not in (OLD, NEW)]


def test_what_a_restore_replaced_is_refused_within_a_question(restorable):
    """A store that is asked for when another was read before the restore is refused once, and may be asked for again."""
    config, plan = restorable
    with Contexta(workspace=str(config.workspace.root_path), config=READ_ONLY) as ctx:
        repository = ctx.repository
        restore_workspace(config, plan)
        with pytest.raises(StoreAccessError) as caught:
            repository.list_records(run_id="r1")
        assert ("workspace_was_restored", True) == (caught.value.code, caught.value.retryable)
        assert {"r1", "r2"} == {run.name for run in ctx.list_runs()}


def test_a_directory_in_anothers_place_is_noticed(tmp_path):
    """A watched directory that is replaced or gone is noticed; one that appears is not, and is watched from then."""
    watch, root = PlaneWatch(), tmp_path / "plane"
    watch.add(root)
    assert not watch.is_replaced()
    root.mkdir()
    assert not watch.is_replaced()
    root.rename(tmp_path / "old")
    assert watch.is_replaced()
    root.mkdir()
    assert watch.is_replaced()
    watch.close()
    watch.close()
    assert not watch.is_replaced()

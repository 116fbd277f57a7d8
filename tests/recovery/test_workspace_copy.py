"""A workspace is moved from one set of stores to another and back, without loss."""

from __future__ import annotations

import json

import pytest

from contexta import Contexta
from contexta.config import load_config
from contexta.errors import ConflictError, LifecycleError, StoreAccessError
from contexta.recovery import copy_workspace, workspace_digest

SQLITE = {"metadata": {"storage_adapter": "sqlite"}, "records": {"storage_adapter": "sqlite"}}
QUIET = {"capture": {"capture_installed_packages": False, "capture_code_revision": False}}


@pytest.fixture
def config_of(tmp_path):
    """Resolve the configuration of a workspace of a name."""

    def resolve(name, **sections):
        with Contexta(workspace=str(tmp_path / name), config={**QUIET, **sections}) as ctx:
            return ctx.config

    return resolve


@pytest.fixture
def filled(tmp_path, config_of):
    """Fill a workspace of the stock stores with what a workspace may hold, and return its configuration."""
    config = config_of("stock")
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights" * 1_000)
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "part").write_bytes(b"part")
    with Contexta(config=config) as ctx:
        with ctx.run("one", tags={"kind": "ü"}) as run:
            run.params(lr=0.1, depth=None)
            with run.stage("fit") as stage:
                for step in range(700):
                    stage.metric("loss", 1 / (step + 1), step=step)
            run.event("done", message="m")
            run.register_artifact("model", str(model))
            run.register_artifact("dataset", str(folder))
        with pytest.raises(RuntimeError), ctx.run("two"):
            raise RuntimeError("on purpose")
        with ctx.run("gone"):
            pass
        ctx.annotate_run("one", "a note")
        ctx.delete_runs(ctx.plan_run_deletion(["gone"]))
    return config


def test_there_and_back_again(filled, config_of):
    """From the stock stores to SQLite and back: the digest of the canonical export stays the same."""
    before = workspace_digest(filled)
    there = copy_workspace(filled, config_of("sqlite", **SQLITE))
    assert (True, before, ()) == (there.verified, there.digest, there.problems)
    back = copy_workspace(config_of("sqlite", **SQLITE), config_of("back"))
    assert (True, before) == (back.verified, back.target_digest)
    assert before == workspace_digest(filled)


def test_the_copy_answers_as_the_original(filled, config_of):
    """Runs, parameters, series, artifacts and notes of the copy are those of the original."""
    target = config_of("sqlite", **SQLITE)
    copy_workspace(filled, target)
    with Contexta(config=filled) as old, Contexta(config=target) as new:
        assert old.list_runs() == new.list_runs()
        left, right = old.get_run_snapshot("one"), new.get_run_snapshot("one")
        assert (left.run, left.stages, left.artifacts) == (right.run, right.stages, right.artifacts)
        assert list(left.records) == list(right.records)
        assert {"depth": None, "lr": 0.1} == dict(right.run.parameters)
        assert not new.metadata_store.claim_run("run:default.gone")


def test_repeating_a_copy_does_nothing(filled, config_of):
    """What is there already is counted and left as it is."""
    target = config_of("sqlite", **SQLITE)
    first = copy_workspace(filled, target)
    again = copy_workspace(filled, target)
    assert {"metadata": 0, "records": 0, "artifacts": 0} == dict(again.copied)
    assert dict(first.copied) == dict(again.present)
    assert again.verified


@pytest.mark.parametrize("plane", ["metadata", "records", "artifacts"])
def test_a_copy_that_was_cut_off_goes_on(filled, config_of, plane):
    """Stopped in the middle of a plane, the repeated copy finishes it, and nothing is doubled."""
    target = config_of("sqlite", **SQLITE)

    def stop(at, done, total):
        if at == plane and 0 < done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_workspace(filled, target, progress=stop)
    result = copy_workspace(filled, target)
    assert result.verified
    assert result.present[plane] > 0


def test_progress_is_told(filled, config_of):
    """Each plane is told of up to its end, in steps that never go back."""
    told = []
    copy_workspace(filled, config_of("sqlite", **SQLITE), progress=lambda *step: told.append(step))
    for plane in ("metadata", "records", "artifacts"):
        steps = [(done, total) for at, done, total in told if at == plane]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1] > 0


def test_a_live_run_is_not_copied(filled, config_of):
    """While a run is live the copy is refused, and names it."""
    with (
        Contexta(config=filled) as ctx,
        ctx.run("live"),
        pytest.raises(LifecycleError, match=r"run:default\.live") as caught,
    ):
        copy_workspace(filled, config_of("sqlite", **SQLITE))
    assert "copy_of_live_run" == caught.value.code


def test_a_workspace_is_not_copied_onto_itself(filled):
    """The place of the workspace itself is refused."""
    with pytest.raises(ConflictError) as caught:
        copy_workspace(filled, filled)
    assert "copy_onto_itself" == caught.value.code


def test_a_missing_body_spoils_its_artifact_only(filled, config_of, tmp_path):
    """An artifact whose body is missing is told, everything else is copied, and the copy counts as different."""
    with Contexta(config=filled) as ctx:
        artifacts = ctx.artifact_store.list_refs()
    body = max((tmp_path / "stock" / "artifacts" / "blobs").rglob("*"), key=lambda path: path.stat().st_size)
    body.parent.chmod(0o700)
    body.unlink()
    result = copy_workspace(filled, config_of("sqlite", **SQLITE))
    assert not result.verified
    [problem] = result.problems
    assert any(str(ref) in problem for ref in artifacts)
    assert 1 == result.copied["artifacts"]


def test_the_command(filled, config_of, tmp_path, monkeypatch, capfd):
    """`contexta workspace copy --to-config` copies, tells what it did, and exits with 0; again it does nothing."""
    from contexta_cli.main import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.toml").write_text(
        '[workspace]\nroot_path = "other"\n[metadata]\nstorage_adapter = "sqlite"\n[records]\nstorage_adapter = "sqlite"\n',
        encoding="utf-8",
    )
    arguments = ["workspace", "copy", "--to-config", "other.toml", "--workspace", "stock"]
    assert 0 == main([*arguments, "--format", "json"])
    told = json.loads(capfd.readouterr().out)
    assert told["verified"]
    assert 702 < told["copied"]["records"] + 2
    assert 0 == main(arguments)
    assert "holds the same" in capfd.readouterr().out
    assert (tmp_path / "other" / "records" / "records.sqlite3").is_file()


def test_a_target_that_cannot_be_written_is_told(filled, config_of, tmp_path):
    """Where the target cannot be made the error is of the tree, and the source is as it was."""
    before = workspace_digest(filled)
    (tmp_path / "blocked").write_text("a file", encoding="utf-8")
    target = load_config(config={"workspace": {"root_path": str(tmp_path / "blocked" / "ws")}, **SQLITE})
    with pytest.raises(StoreAccessError):
        copy_workspace(filled, target)
    assert before == workspace_digest(filled)

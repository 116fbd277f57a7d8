"""When the workspace itself fails: a full disk, no permission to write, and what the caller can do about it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from contexta.errors import ReadOnlyStoreError, StorageFullError, StoreAccessError

needs_tmpfs = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0,
    reason="mounting a small file system takes root",
)


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of one MiB; tests ask for it before they open anything, so that it goes last."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def fill():
    """Fill a file system up to the last byte, and give the file that does."""

    def filled(place):
        ballast = place / "ballast"
        with ballast.open("wb", buffering=0) as file:
            size = 65536
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2
        return ballast

    return filled


def opened_on(opened, small_disk, **config):
    """Open a workspace on the small disk."""
    return opened("ignored", workspace={"root_path": str(small_disk / "ws")}, **config)


@needs_tmpfs
class TestFullDisk:
    """A full disk is a clear error with the result; when there is space again, everything goes on."""

    @pytest.mark.parametrize(
        "capture",
        [
            lambda run: run.metric("loss", 1.0),
            lambda run: run.metric("loss", float("nan")),
            lambda run: run.metric("eval", {"a": 1.0}),
            lambda run: run.emit_metrics([{"key": "loss", "value": 1.0}]),
            lambda run: run.event("k", message="m"),
            lambda run: run.span("s"),
            lambda run: run.register_artifact("script", __file__),
            lambda run: run.register_artifacts([{"artifact_kind": "script", "path": __file__}]),
        ],
        ids=["metric", "nan", "mapping", "batch", "event", "span", "artifact", "artifacts"],
    )
    def test_the_error_carries_the_result_and_the_next_capture_works(self, small_disk, opened, fill, capture):
        """StorageFullError names the failure; freed space is enough to go on, and what was kept is kept."""
        ctx = opened_on(opened, small_disk)
        with ctx.run("train") as run:
            run.metric("before", 1.0)
            ballast = fill(small_disk)
            with pytest.raises(StorageFullError) as caught:
                for _ in range(4096):
                    capture(run)
            assert caught.value.result.failed
            assert caught.value.result.deliveries[0].status == "FAILURE"
            ballast.unlink()
            assert capture(run).status in {"SUCCESS", "DEGRADED"}
        assert run.status == "completed"
        keys = [each.flat["key"] for each in ctx.record_store.scan()]
        assert keys[0] == "before"
        assert ctx.record_store.check_integrity().ok

    def test_in_outbox_mode_the_result_tells(self, small_disk, opened, fill):
        """Where the mode is not to raise, the failure is in the result."""
        ctx = opened_on(opened, small_disk, capture={"dispatch_failure_mode": "outbox"})
        with ctx.run("train") as run:
            ballast = fill(small_disk)
            results = [run.metric("eval", {"a": 1.0}) for _ in range(300)]
            ballast.unlink()
        assert results[-1].failed
        assert (results[-1].applied, results[-1].error_code) == (False, "storage_full")

    def test_a_run_that_could_not_be_closed_can_be_closed_later(self, small_disk, opened, fill):
        """The end of a run that found no space is an error; the run is open still and closes when there is some."""
        ctx = opened_on(opened, small_disk)
        with pytest.raises(StorageFullError), ctx.run("train") as run:
            stage = run.stage("fit")
            ballast = fill(small_disk)
            # What is left of the last page of the journal.
            with pytest.raises(StorageFullError):
                for number in range(4096):
                    run.params({f"p{number}": "x" * 50})
        assert (run.status, stage.status, run.closed_at) == ("open", "open", None)
        assert ctx.current_run() is None
        ballast.unlink()
        with ctx.run("next"):
            pass
        run.close()
        assert (run.status, stage.status) == ("completed", "completed")
        assert {each.name: each.status for each in ctx.list_runs()} == {
            "train": "completed",
            "next": "completed",
        }

    def test_the_users_own_exception_comes_first(self, small_disk, opened, fill):
        """An exception that leaves a run on a full disk is the user's, with a note about the disk."""
        ctx = opened_on(opened, small_disk)
        with pytest.raises(ZeroDivisionError) as caught, ctx.run("train") as run:
            ballast = fill(small_disk)
            with pytest.raises(StorageFullError):
                for number in range(4096):
                    run.params({f"p{number}": "x" * 50})
            raise ZeroDivisionError
        assert "could not be closed" in caught.value.__notes__[0]
        ballast.unlink()


def test_a_workspace_that_is_read_only_refuses_and_reads(opened):
    """Opened for reading a workspace answers, and refuses a run and every capture with a clear error."""
    with opened().run("train") as run:
        run.metric("loss", 1.0)
    reader = opened(metadata={"read_only": True}, records={"read_only": True}, artifacts={"read_only": True})
    assert [each.name for each in reader.list_runs()] == ["train"]
    with pytest.raises(ReadOnlyStoreError):
        reader.run("other")
    assert reader.current_run() is None


def test_a_record_store_that_is_read_only_fails_each_capture(opened):
    """With only the records read-only a run opens, and its captures say what is wrong and carry the result."""
    ctx = opened(records={"read_only": True, "durability_mode": "flush"})
    with ctx.run("train") as run:
        with pytest.raises(ReadOnlyStoreError) as caught:
            run.metric("loss", 1.0)
        assert caught.value.result.failed


def test_a_workspace_below_a_file_is_a_store_error(opened, tmp_path):
    """A path that cannot be a directory is a StoreAccessError that names it."""
    (tmp_path / "file").write_text("x")
    ctx = opened("file/ws")
    with pytest.raises(StoreAccessError, match="file"):
        ctx.run("train")


def test_a_missing_workspace_is_not_made_where_that_is_off(opened, tmp_path):
    """With create_missing_dirs off nothing is created and the error says so."""
    ctx = opened("none", workspace={"create_missing_dirs": False})
    with pytest.raises(LookupError, match="create_missing_dirs"):
        ctx.run("train")
    assert not (tmp_path / "none").exists()

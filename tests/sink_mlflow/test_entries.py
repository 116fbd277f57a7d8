"""Names in MLflow, and which MLflow run stands for a run; neither needs its library."""

from __future__ import annotations

import stat

import pytest

from contexta.spi.flat import restore
from contexta_sink_mlflow.entries import entries_of, mlflow_name
from contexta_sink_mlflow.run_files import RunFiles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train.loss", "train.loss"),
        ("train/acc@5", "train/acc_5"),
        ("/absolute//path/", "absolute/path"),
        ("a/../b/./c", "a/b/c"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("größe: 1", "größe_ 1"),
        ("x" * 300, "x" * 250),
    ],
)
def test_names_are_plain_relative_paths(text, expected):
    """Whatever MLflow refuses in a name is replaced or left out."""
    assert expected == mlflow_name(text)


def test_an_integer_beyond_every_double_is_infinite():
    """A value that no double holds does not spoil its batch."""
    flat = {
        "type": "metric",
        "id": "r",
        "run": "run:a.b",
        "key": "k",
        "time": "2026-01-01T00:00:00Z",
        "value": 1,
    }
    huge = restore(flat)
    object.__setattr__(huge.payload, "value", 10**400)
    assert [float("inf")] == [point.value for point in entries_of(huge, with_events=True).points]


def test_the_first_claim_counts(tmp_path):
    """Of two processes that made an MLflow run for one run, both use that of the first."""
    files = RunFiles(tmp_path / "state", "server")
    assert "first" == files.claim("run:a.b", "first")
    assert "first" == files.claim("run:a.b", "second")
    assert "first" == RunFiles(tmp_path / "state", "server").find("run:a.b")
    assert RunFiles(tmp_path / "state", "other").find("run:a.b") is None


def test_the_files_are_for_their_owner_alone(tmp_path):
    """Directory and files have no rights for others, and nothing temporary stays."""
    directory = tmp_path / "state"
    RunFiles(directory, "server").claim("run:a.b", "first")
    (path,) = directory.iterdir()
    assert (0o700, 0o600) == (stat.S_IMODE(directory.stat().st_mode), stat.S_IMODE(path.stat().st_mode))


def test_a_torn_file_is_no_claim(tmp_path):
    """What cannot be read counts as nothing."""
    files = RunFiles(tmp_path, "server")
    files.claim("run:a.b", "first")
    (path,) = tmp_path.iterdir()
    path.write_text("{")
    assert files.find("run:a.b") is None


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    """Where nothing can be linked, the first claim counts all the same."""
    monkeypatch.setattr("os.link", _refuse)
    files = RunFiles(tmp_path, "server")
    assert ("first", "first") == (files.claim("run:a.b", "first"), files.claim("run:a.b", "second"))
    assert 1 == len(list(tmp_path.iterdir()))


def test_a_workspace_that_cannot_be_written_keeps_nothing(tmp_path, caplog):
    """Where no file can be written, the run goes on with its MLflow run, and the log says so."""
    (tmp_path / "state").write_text("no directory")
    files = RunFiles(tmp_path / "state" / "mlflow", "server")
    assert "first" == files.claim("run:a.b", "first")
    assert "cannot be kept" in caplog.text


def _refuse(*_):
    raise PermissionError("no links here")

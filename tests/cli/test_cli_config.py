"""`contexta config show` and `contexta config check`."""

from __future__ import annotations

import json

import pytest

from contexta.config import load_config


@pytest.fixture
def file(tmp_path):
    """Write a configuration file into the directory where the command stands."""

    def write(text, name="contexta.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _rows(text):
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in text.splitlines()[1:]}


def test_every_setting_is_shown(cli, file):
    """Without options there is one line for each setting, with its value as JSON."""
    file("[records]\nread_only = true\n")
    rows = _rows(cli("config", "show").out)
    assert ("true", '"fsync"', "[]") == (
        rows["records.read_only"],
        rows["records.durability_mode"],
        rows["plugins.disabled"],
    )


def test_origins_are_shown(cli, file, tmp_path):
    """With --origin each line ends in the layer that gave the value."""
    file("[records]\nread_only = true\n")
    (tmp_path / ".contexta").mkdir()
    out = cli("config", "show", "--origin", "--set", "project_name=mine", "--profile", "test").out
    rows = _rows(out)
    assert rows["records.read_only"].endswith("file:contexta.toml")
    assert rows["project_name"].endswith("argument")
    assert rows["records.durability_mode"].endswith("profile:test")
    assert rows["records.layout_version"].endswith("default")
    assert _rows(cli("config", "show", "--origin").out)["workspace.root_path"].endswith("nearest")


def test_json_can_be_loaded_again(cli, file):
    """The JSON is a configuration: what is loaded from it is what holds here."""
    file("[records]\nread_only = true\n")
    answer = cli("config", "show", "--origin", "--format", "json").json
    assert {"config", "origins"} == answer.keys()
    assert "file:contexta.toml" == answer["origins"]["records.read_only"]
    assert load_config(config=answer["config"], use_env=False).records.read_only
    assert {"config"} == cli("config", "show", "--format", "json").json.keys()


def test_secrets_are_not_shown(cli):
    """A token in a plugin's options is masked in both formats."""
    for more in ((), ("--format", "json")):
        out = cli("config", "show", "--set", "metadata.options.token=hunter2", *more).out
        assert "hunter2" not in out
        assert "***" in out


def test_a_good_file_is_told(cli, file):
    """Nothing wrong is exit code 0, and a line that says so."""
    path = file("[records]\nread_only = true\n")
    outcome = cli("config", "check", str(path))
    assert (0, f"{path}: nothing is wrong\n") == (outcome.code, outcome.out)


def test_problems_are_told_with_their_lines(cli, file):
    """Each problem is a line that an editor can jump to; the exit code is 1."""
    path = file('project_nam = "x"\n[records]\nstorage_adapter = "jsonl_segment"\n', "other.toml")
    outcome = cli("config", "check", str(path))
    assert 1 == outcome.code
    lines = outcome.out.splitlines()
    assert lines[0].startswith(
        f"{path}:1: project_nam: there is no such setting; did you mean 'project_name'?"
    )
    assert lines[1].startswith(f"{path}:3: records.storage_adapter: no record store named 'jsonl_segment'")
    assert "did you mean 'jsonl_segments'?" in lines[1]
    assert "2 problems" == lines[2]


def test_problems_as_json(cli, file):
    """JSON holds file, verdict and every field of every problem; the exit code is 1."""
    outcome = cli(
        "config", "check", str(file("[records]\nread_only = 3\n", "other.toml")), "--format", "json"
    )
    assert 1 == outcome.code
    report = json.loads(outcome.out)
    assert (False, 2, "records.read_only") == (
        report["ok"],
        report["problems"][0]["line"],
        report["problems"][0]["path"],
    )


def test_a_broken_file_here_does_not_keep_another_from_being_checked(cli, file):
    """The command says what is wrong with the very file that keeps other commands from working."""
    path = file("[records]\nread_only = 3\n")
    outcome = cli("config", "check", str(path))
    assert 1 == outcome.code
    assert f"{path}:2: records.read_only" in outcome.out


def test_a_missing_file_is_an_error(cli):
    """A file that is not there is told as any error."""
    outcome = cli("config", "check", "none.toml", "--format", "json")
    assert (1, "config_file_not_found") == (outcome.code, outcome.error["code"])

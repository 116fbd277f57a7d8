"""`contexta plugins new`: the project of a plugin to begin with."""

from __future__ import annotations

import pytest


def test_a_project_is_written(cli, tmp_path):
    """The answer names the kind, the directory, every file, and what to do next."""
    outcome = cli("plugins", "new", "sink", "acme_lines", "--directory", tmp_path / "my project")
    assert 0 == outcome.code, outcome.err
    lines = outcome.out.splitlines()
    assert f"sink acme_lines: written to {tmp_path / 'my project'}" == lines[0]
    assert f"  cd '{tmp_path / 'my project'}'" == lines[-3]
    files = [line.strip() for line in lines[1 : lines.index("Its tests pass as it is:")] if line]
    assert "src/acme_lines/plugin.py" in files
    assert all((tmp_path / "my project" / file).is_file() for file in files)


@pytest.mark.parametrize("output_format", ["json", "ndjson", "csv"])
def test_programs_are_told_the_files(cli, tmp_path, output_format):
    """JSON has everything about the project; the other formats have a row for each file."""
    directory = tmp_path / "project"
    outcome = cli(
        "plugins", "new", "check", "acme-owner", "--directory", directory, "--format", output_format
    )
    if output_format == "json":
        told = outcome.json
        assert ("diagnostics_check", "acme_owner", "acme-owner") == (
            told["kind"],
            told["name"],
            told["distribution"],
        )
        assert str(directory) == told["directory"]
    assert 9 == sum(path.is_file() for path in directory.rglob("*"))
    assert str(directory / "pyproject.toml") in outcome.out or output_format == "json"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("snik", "acme"), "plugin_project_unknown_kind", "did you mean 'sink'?"),
        (("sink", "My Sink"), "plugin_project_invalid_name", "did you mean 'my_sink'?"),
        (("sink", "stdout"), "plugin_project_taken_name", "'acme_stdout'"),
    ],
)
def test_what_cannot_be_meant_is_an_error(cli, tmp_path, monkeypatch, arguments, code, told):
    """An unknown kind, a name of another form and one that is taken are errors that show what to type."""
    monkeypatch.chdir(tmp_path)
    outcome = cli("plugins", "new", *arguments)
    assert 1 == outcome.code
    assert code in outcome.err
    assert told in outcome.err
    assert [] == list(tmp_path.iterdir())


def test_a_broken_configuration_is_no_hindrance(cli, tmp_path, monkeypatch):
    """A project can be written where the configuration of the directory is wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contexta.toml").write_text("[metadata]\nstorage_adaptr = 'x'\n", encoding="utf-8")
    assert 0 == cli("plugins", "new", "renderer", "acme_outline").code
    assert (tmp_path / "acme-outline" / "pyproject.toml").is_file()

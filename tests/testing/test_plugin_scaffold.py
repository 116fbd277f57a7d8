"""Projects of plugins are written whole or not at all, and names that lead to trouble are refused."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from contexta.errors import ConflictError, PluginError, ReadOnlyStoreError, StoreAccessError, ValidationError
from contexta.plugins.kinds import KINDS
from contexta.testing.scaffold import PROJECT_KINDS, write_project
from contexta.testing.scaffold.naming import project_names


def test_the_kinds_are_those_that_the_command_names():
    """A project can be written for a sink, each of the three stores, a service, a check, a renderer and an extension."""
    expected = "sink metadata-store record-store artifact-store interpreter check renderer extension"
    assert expected.split() == list(PROJECT_KINDS)
    assert {kind.kind for kind in PROJECT_KINDS.values()} <= set(KINDS)


def test_the_directory_is_named_after_the_distribution(tmp_path, monkeypatch):
    """Without a directory the project lies in one of the distribution's name; a name may have '-' or '_'."""
    monkeypatch.chdir(tmp_path)
    project = write_project("sink", "acme-wide_lines")
    assert "acme_wide_lines" == project.name
    assert "acme-wide-lines" == project.distribution
    assert ["acme-wide-lines"] == [path.name for path in tmp_path.iterdir()]
    assert 'use = "acme_wide_lines"' in project.configuration


@pytest.mark.parametrize("kind", PROJECT_KINDS)
def test_a_project_is_complete(kind, tmp_path):
    """Its files are those that are told, its metadata names the entry point, and no placeholder is left in it."""
    project = write_project(kind, "acme_lines", tmp_path / "new" / "project")
    found = {
        path.relative_to(project.directory).as_posix()
        for path in project.directory.rglob("*")
        if path.is_file()
    }
    assert found == set(project.files)
    assert {"pyproject.toml", "README.md", "LICENSE", "src/acme_lines/py.typed"} <= found
    for name in found:
        text = (project.directory / name).read_text(encoding="utf-8")
        assert "$" not in text
        assert not re.search(r"\bPlain|\bplain_store|contexta\.testing\.reference", text)
        if name.endswith(".py"):
            ast.parse(text)
    metadata = tomllib.loads((project.directory / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {f"contexta.{project.kind}": {"acme_lines": "acme_lines.plugin"}} == metadata["entry-points"]
    assert ["contexta>=2,<3"] == metadata["dependencies"]


@pytest.mark.parametrize("kind", PROJECT_KINDS)
def test_a_project_imports_no_test_kit(kind, tmp_path):
    """What is installed of it imports the kernel's public floors, and nothing that is for tests."""
    project = write_project(kind, "acme_lines", tmp_path / "project")
    for path in (project.directory / "src").rglob("*.py"):
        modules = [
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        ]
        assert [] == [name for name in modules if name.startswith("contexta.testing")]


def test_a_kind_may_be_named_as_plugins_are(tmp_path):
    """The name of the kind of plugin is understood as well as the command's word."""
    assert "diagnostics_check" == write_project("diagnostics_check", "acme_lines", tmp_path / "p").kind


@pytest.mark.parametrize(
    ("word", "meant"), [("sinks", "sink"), ("metadata-stor", "metadata-store"), ("surface", "")]
)
def test_an_unknown_kind_is_refused(word, meant, tmp_path):
    """A kind that there is not is an error with the nearest word, and with all of them."""
    with pytest.raises(PluginError) as caught:
        write_project(word, "acme_lines", tmp_path / "project")
    assert "plugin_project_unknown_kind" == caught.value.code
    assert (f"did you mean {meant!r}" in str(caught.value)) == bool(meant)
    assert ", ".join(PROJECT_KINDS) in str(caught.value)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("My Sink", "my_sink"),
        ("Acme", "acme"),
        ("9lives", "lives"),
        ("acme.lines", "acme_lines"),
        ("acme__lines", "acme_lines"),
        ("acme-", "acme"),
        ("../acme", "acme"),
        ("äcme", "cme"),
        ("", ""),
        ("acme\n", "acme"),
    ],
)
def test_a_name_of_another_form_is_refused(name, meant, tmp_path):
    """A name that could not stand in a configuration is an error with the one that was probably meant."""
    with pytest.raises(ValidationError) as caught:
        write_project("sink", name, tmp_path / "project")
    assert "plugin_project_invalid_name" == caught.value.code
    assert (f"did you mean {meant!r}" in str(caught.value)) == bool(meant)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("sink", "stdout"),
        ("record-store", "jsonl-segments"),
        ("sink", "contexta_mine"),
        ("sink", "class"),
        ("sink", "json"),
        ("sink", "tests"),
        ("sink", "pluggy"),
    ],
)
def test_a_name_that_is_taken_is_refused(kind, name, tmp_path):
    """A name of ours, of Python's or of an installed package is an error that shows one of the author's own."""
    with pytest.raises(ValidationError, match=f"'acme_{name.replace('-', '_')}'") as caught:
        write_project(kind, name, tmp_path / "project")
    assert "plugin_project_taken_name" == caught.value.code
    assert [] == list(tmp_path.iterdir())


def test_names_of_other_kinds_are_free():
    """A name that ships with the bundle is taken for its own kind only."""
    assert "Duckdb2" == project_names("sink", "duckdb2").prefix
    assert "stdout" == project_names("record_store", "stdout").name


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("acme_lines", "AcmeLines"),
        ("acme_sink", "Acme"),
        ("acme-record-store", "AcmeRecord"),
        ("sink", "Sink"),
    ],
)
def test_classes_are_named_after_the_plugin(name, prefix):
    """A name's words begin the names of classes, but for a last one that they end with anyway."""
    assert prefix == project_names("metadata_store", name).prefix


def test_nothing_is_ever_written_over(tmp_path):
    """A directory with anything in it, and a file, are refused and stay as they are."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for place in ("full", "file"):
        with pytest.raises(ConflictError) as caught:
            write_project("sink", "acme_lines", tmp_path / place)
        assert "plugin_project_exists" == caught.value.code
    assert ["file", "full", "full/mine.txt"] == sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")
    )


def test_an_empty_directory_is_taken(tmp_path):
    """A directory that exists and is empty is the project's."""
    (tmp_path / "empty").mkdir()
    assert (write_project("check", "acme_lines", tmp_path / "empty").directory / "pyproject.toml").is_file()


def test_a_place_that_cannot_be_written_is_a_typed_error(tmp_path):
    """Below a file no directory can be made: the error names the place and the reason."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreAccessError, match="write a project") as caught:
        write_project("sink", "acme_lines", tmp_path / "file" / "project")
    assert not isinstance(caught.value, ReadOnlyStoreError)
    assert "plugin_project_not_written" == caught.value.code

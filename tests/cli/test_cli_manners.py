"""What every command does: it leaves no trace of a question, and writes what a person can read."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "command",
    ["runs", "run show first", "compare a b", "plugins list", "plugins show duckdb", "plugins doctor"],
)
def test_asking_makes_no_workspace(command, cli, tmp_path):
    """A command that only reads leaves an empty directory empty."""
    cli(*command.split())
    cli(*command.split(), "--workspace", tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_fault_of_the_program_is_told_without_a_traceback(cli, monkeypatch):
    """An error that is none of ours is an answer too; CONTEXTA_DEBUG shows where it came from."""
    monkeypatch.setattr("contexta_cli.invocation.Invocation.answer", lambda *_: 1 / 0)
    plain = cli("plugins", "list")
    assert 1 == plain.code
    assert "ZeroDivisionError: division by zero" in plain.err
    assert plain.err.endswith(" [internal_error]\n")
    assert "Traceback" not in plain.err
    monkeypatch.setenv("CONTEXTA_DEBUG", "1")
    assert "Traceback" in cli("plugins", "list").err


def test_a_warning_is_a_line_for_people(tmp_path, small, program):
    """A variable with a typing error is warned about in one line, and the command goes on."""
    outcome = program.run(
        "runs",
        "--workspace",
        str(small),
        cwd=tmp_path,
        PYTHONWARNINGS="default",
        CONTEXTA_RECORDS_DURABILITY="flush",
    )
    assert 0 == outcome.code
    assert 1 == len(outcome.err.splitlines())
    assert outcome.err.startswith("contexta: warning: the environment variable CONTEXTA_RECORDS_DURABILITY")


def test_text_from_anywhere_is_harmless_in_an_error(cli):
    """Control characters of an argument reach the terminal escaped."""
    outcome = cli("run", "show", "a\x1b[31m", "--workspace", "gone\x07")
    assert "\x1b" not in outcome.err
    assert "\x07" not in outcome.err

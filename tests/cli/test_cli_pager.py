"""The pager: where somebody sits at a terminal, what is longer than it is shown through PAGER."""

from __future__ import annotations

import stat

import pytest

pytest.importorskip("pty", reason="a terminal needs POSIX")


@pytest.fixture
def sitting(pseudo_terminal, small, tmp_path):
    """Call the command with a terminal on both sides, and return what it wrote and what the pager got."""
    got = tmp_path / "paged"
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {got}\necho paged\n", encoding="utf-8")
    pager.chmod(pager.stat().st_mode | stat.S_IXUSR)

    def call(*arguments, lines, **variables):
        variables = {"PAGER": str(pager), **variables}
        arguments = (*arguments, "--workspace", small)
        code, written = pseudo_terminal.run(
            *arguments, cwd=tmp_path, size=(lines, 100), sitting=True, **variables
        )
        assert 0 == code, written
        return written, got.read_text(encoding="utf-8") if got.exists() else None

    return call


def test_a_long_answer_is_paged(sitting):
    """What has more lines than the terminal goes to the pager, whole, and nothing of it to the terminal."""
    written, paged = sitting("config", "show", lines=20)
    assert "paged\n" == written
    assert "surfaces.cli.color" in paged
    assert len(paged.splitlines()) > 50


@pytest.mark.parametrize(
    ("arguments", "lines", "variables"),
    [
        (("runs",), 40, {}),
        (("config", "show", "--no-pager"), 20, {}),
        (("config", "show"), 20, {"PAGER": "cat"}),
        (("config", "show"), 20, {"TERM": "dumb"}),
        (("config", "show", "--format", "json"), 20, {}),
    ],
)
def test_nothing_else_is_paged(arguments, lines, variables, sitting):
    """A short answer, one for programs, and one for somebody who wants no pager are written at once."""
    written, paged = sitting(*arguments, lines=lines, **variables)
    assert paged is None
    assert written


def test_no_pager_without_a_terminal_to_read_keys_from(program, small, tmp_path):
    """In a pipe nothing is paged, whatever PAGER says."""
    outcome = program.run("config", "show", "--workspace", str(small), cwd=tmp_path, PAGER="false")
    assert "surfaces.cli.color" in outcome.out

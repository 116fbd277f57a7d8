"""Damaged stores: the commands answer with the rest, and say so."""

from __future__ import annotations

import shutil

import pytest

WARNING = (
    "contexta: warning: 1 damaged record was passed over; the record store's check_integrity() locates it\n"
)


@pytest.fixture
def damaged(small, tmp_path):
    """Give a copy of the small workspace with one changed digit in a record."""
    workspace = tmp_path / "copy" / ".contexta"
    shutil.copytree(small, workspace)
    [segment] = [
        path
        for path in (workspace / "records" / "segments").iterdir()
        if b'"value":0.6' in path.read_bytes() and path.is_file()
    ]
    segment.write_bytes(segment.read_bytes().replace(b'"value":0.6,', b'"value":0.9,', 1))
    return workspace


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs",),
        ("run", "show", "first"),
        ("run", "show", "first", "--format", "json"),
        ("compare", "first", "second"),
    ],
    ids=" ".join,
)
def test_a_damaged_record_is_one_line_on_stderr(cli, damaged, small, arguments):
    """The answer and its exit code are those of a healthy workspace; stderr has the warning and nothing else."""
    outcome = cli(*arguments, "--workspace", damaged)
    assert (outcome.code, outcome.err) == (0, WARNING)
    assert "warning:" not in outcome.out
    assert "first" in outcome.out
    assert cli(*arguments, "--workspace", small).err == ""

"""No dead field: each has a test in which two values lead to different outcomes, or waits for a named issue."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from contexta.config.schema import leaf_fields

TESTS = Path(__file__).resolve().parents[1]
TABLE = tomllib.loads((Path(__file__).parent / "field_outcomes.toml").read_text(encoding="utf-8"))

#: How many fields have nothing yet that consumes them.  Only ever lowered; 0 when the issues are done.
WAITING = 0


def _waiting():
    return [path for paths in TABLE["waiting"].values() for path in paths]


def test_every_field_is_in_the_table_once():
    """The table has each field of the configuration, and no other name."""
    named = [*TABLE["proved"], *_waiting()]
    assert sorted(leaf_fields()) == sorted(named)


def test_the_number_of_waiting_fields_only_falls():
    """A field that got its consumer lowers the number; no new field may be added without one."""
    assert len(_waiting()) == WAITING


@pytest.mark.parametrize("path", TABLE["proved"])
def test_the_named_test_exists_and_names_the_field(path):
    """The test is a function of its file, and the file speaks of the field."""
    file, _, name = TABLE["proved"][path].partition("::")
    text = (TESTS / file).read_text(encoding="utf-8")
    assert name in {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert path.rpartition(".")[2] in text or path.startswith("surfaces.cli.")

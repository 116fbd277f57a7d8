"""The public API page as data: one row for each entry, read from the tables beside this file."""

from __future__ import annotations

import ast
import importlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

TABLES = Path(__file__).parent
_KEYS = frozenset(
    {"base", "fields", "is", "issue", "kind", "name", "pending", "returns_as", "test", "types_as"}
)


@dataclass(frozen=True)
class Row:
    """One entry of the page.

    A row whose `is` gives a signature is a `callable` unless it says otherwise; one without is only a name.
    """

    name: str
    kind: str
    issue: int
    text: str
    pending: bool
    test: str | None
    returns_as: str | None
    types_as: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
    base: str | None

    @property
    def provisional(self) -> bool:
        """Whether the result's type is still to come."""
        return self.returns_as == "Any"

    def owner(self) -> object:
        """Return what the row belongs to; LookupError where it is not there."""
        return _found(self.name.rpartition(".")[0])

    def find(self) -> object:
        """Return what the row is about; LookupError where it is not there."""
        return _member(self.owner(), self.name.rpartition(".")[2])


def _found(name: str) -> object:
    owner, _, last = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
    if not owner:
        raise LookupError(name)
    return _member(_found(owner), last)


def _member(owner: object, name: str) -> object:
    try:
        # A property is looked at and not asked: the class knows it.
        return vars(owner)[name] if isinstance(owner, type) and name in vars(owner) else getattr(owner, name)
    except AttributeError as error:
        raise LookupError(name) from error


def read_rows() -> list[Row]:
    """Read every table; the fields of a class become rows of their own."""
    rows: list[Row] = []
    for path in sorted(TABLES.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["row"]:
            unknown = entry.keys() - _KEYS
            assert not unknown, f"{path.name}: {entry['name']}: unknown keys {sorted(unknown)}"
            row = _row(entry)
            rows.append(row)
            rows.extend(_field_row(row, declaration) for declaration in row.fields)
    return rows


def _row(entry: dict[str, object]) -> Row:
    text = " ".join(str(entry.get("is", "")).split())
    return Row(
        name=entry["name"],
        kind=entry.get("kind", "callable" if text else "named"),
        issue=entry["issue"],
        text=text,
        pending=entry.get("pending", False),
        test=entry.get("test"),
        returns_as=entry.get("returns_as"),
        types_as=tuple(entry.get("types_as", {}).items()),
        fields=tuple(entry.get("fields", ())),
        base=entry.get("base"),
    )


def _field_row(owner: Row, declaration: str) -> Row:
    assignment = ast.parse(declaration).body[0]
    types = dict(owner.types_as)
    name = assignment.target.id
    return Row(
        name=f"{owner.name}.{name}",
        kind="field",
        issue=owner.issue,
        text=declaration,
        pending=owner.pending,
        test=owner.test,
        returns_as=None,
        types_as=((name, types[name]),) if name in types else (),
        fields=(),
        base=None,
    )


ROWS = read_rows()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one case for each row that a test asks for."""
    if "standing_row" in metafunc.fixturenames:
        rows = [row for row in ROWS if not row.pending]
        metafunc.parametrize("standing_row", rows, ids=[row.name for row in rows])
    if "pending_row" in metafunc.fixturenames:
        rows = [row for row in ROWS if row.pending]
        metafunc.parametrize("pending_row", rows, ids=[row.name for row in rows])


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """Every entry of the page."""
    return ROWS

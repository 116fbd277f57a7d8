"""The lazy public names: table, `__all__`, type checkers' mirror and reality say the same."""

from __future__ import annotations

import ast
import importlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def _lazy_table(tree: ast.Module) -> dict[str, str] | None:
    """Read the names that a package hands to `attach_lazy`, or None where it does not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "attach_lazy":
            try:
                return ast.literal_eval(node.args[1])
            except ValueError:
                # The table has a name of its own, so it is a constant of the module.
                return _constant(tree, ast.unparse(node.args[1]))
    return None


def _constant(tree: ast.Module, name: str) -> dict[str, str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if name in {ast.unparse(target) for target in targets if target is not None}:
            return ast.literal_eval(node.value)
    pytest.fail(f"the lazy table {name} is not a constant of its module")


def _mirror(tree: ast.Module) -> dict[str, str]:
    """Read what a package imports for type checkers, and reexports: `from module import Name as Name`."""
    return {
        alias.asname: statement.module
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
        if alias.asname == alias.name
    }


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    names = parts[parts.index("src") + 1 :]
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def _lazy_packages(source_files: list[Path]) -> dict[str, tuple[Path, dict[str, str]]]:
    """Map every package with lazy names to its file and table."""
    found = {}
    for path in source_files:
        table = _lazy_table(ast.parse(path.read_text(encoding="utf-8")))
        if table is not None:
            found[_module_name(path)] = (path, table)
    return found


def test_type_checkers_see_the_lazy_names(source_files):
    """A package with lazy names imports each of them, from the module of the table, under TYPE_CHECKING."""
    packages = _lazy_packages(source_files)
    assert packages
    mirrors = {
        name: _mirror(ast.parse(path.read_text(encoding="utf-8"))) for name, (path, _) in packages.items()
    }
    assert {name: table for name, (_, table) in packages.items()} == mirrors


def test_lazy_names_exist(source_files):
    """Every lazy name can be imported, is in `__all__`, and `dir` offers it."""
    wrong = []
    for name, (_, table) in _lazy_packages(source_files).items():
        package = importlib.import_module(name)
        offered = set(package.__all__) & set(dir(package))
        wrong += [
            f"{name}.{word}" for word in table if word not in offered or getattr(package, word, None) is None
        ]
    assert [] == wrong


def test_no_lazy_name_is_a_module_too(source_files):
    """No lazy name is also a submodule: importing the submodule would replace the name."""
    shadowed = [
        f"{name}.{word}"
        for name, (path, table) in _lazy_packages(source_files).items()
        for word in table
        if (path.parent / f"{word}.py").exists() or (path.parent / word).is_dir()
    ]
    assert [] == shadowed

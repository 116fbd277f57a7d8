"""The house style where no linter checks it: sizes, docstrings, names, and words that must not be committed."""

from __future__ import annotations

import ast
import re
import statistics
from collections import Counter
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 80
P95_FUNCTION_LINES = 40

# Names that say nothing about what a module holds.
VAGUE_MODULES = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})

TO_DO_MARKS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

# Paths of one machine, and hosts that a clone of the repository must not depend on.
MACHINE_TRACES = re.compile(
    r"(?<![\w.$}~])/(?:work|tmp|root|home)\b(?!\w)|py" r"pi\.org|python" r"hosted\.|npm" r"js\."
)

TEXT_SUFFIXES = frozenset({".cfg", ".ini", ".json", ".md", ".py", ".sh", ".toml", ".yaml", ".yml"})
TEXT_FOLDERS = (".ci", "contexta-core", "docs", "examples", "plugins", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path), filename=str(path))


def _place(path: Path, node: ast.AST | int = 0) -> str:
    line = node if isinstance(node, int) else node.lineno
    return f"{path.relative_to(REPOSITORY).as_posix()}:{line}"


def _nodes(files: list[Path], kind: type) -> list[tuple[Path, ast.AST]]:
    return [(path, node) for path in files for node in ast.walk(_tree(path)) if isinstance(node, kind)]


def _length(function: ast.AST) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _marked(node: ast.AST, mark: str) -> bool:
    return any(mark in ast.unparse(decorator) for decorator in node.decorator_list)


def _committed_lines() -> list[tuple[str, str]]:
    """List every line of the texts that a commit would hold, with its place."""
    tops = [path for path in REPOSITORY.iterdir() if path.is_file()]
    nested = [path for folder in TEXT_FOLDERS for path in (REPOSITORY / folder).rglob("*") if path.is_file()]
    texts = [path for path in tops + nested if path.suffix in TEXT_SUFFIXES or path.parent.name == ".ci"]
    return [
        (_place(path, number), line)
        for path in texts
        if not {"__pycache__", "_build"} & set(path.parts)
        for number, line in enumerate(_text(path).splitlines(), start=1)
    ]


def test_files_are_small(source_files, test_files):
    """A file has at most 500 lines: one class or one idea, or one subject of tests."""
    lengths = {_place(path): len(_text(path).splitlines()) for path in source_files + test_files}
    assert {} == {place: lines for place, lines in lengths.items() if lines > MAX_FILE_LINES}


def test_functions_are_short(source_files):
    """No function of the product is longer than 80 lines, and 95 of 100 have at most 40."""
    lengths = {_place(path, node): _length(node) for path, node in _nodes(source_files, Function)}
    assert {} == {place: lines for place, lines in lengths.items() if lines > MAX_FUNCTION_LINES}
    assert statistics.quantiles(lengths.values(), n=20, method="inclusive")[-1] <= P95_FUNCTION_LINES


def test_every_test_says_what_it_proves(test_files):
    """Every test function has a docstring."""
    modules = [path for path in test_files if path.name.startswith("test_")]
    tests = [
        (path, node)
        for path, node in _nodes(modules, Function)
        if node.name.startswith("test_") and not _marked(node, "fixture")
    ]
    assert [] == [f"{_place(path, node)} {node.name}" for path, node in tests if not ast.get_docstring(node)]


def test_every_module_says_what_it_holds(source_files):
    """Every module of the product, also a private one, has a docstring."""
    assert [] == [_place(path) for path in source_files if not ast.get_docstring(_tree(path))]


def test_public_objects_are_documented(source_files):
    """Every public class and function at the top of a module has a docstring; methods are the linter's task."""
    tops = [
        (path, node) for path in source_files for node in _tree(path).body if isinstance(node, Documented)
    ]
    public = [
        (path, node) for path, node in tops if not node.name.startswith("_") and not _marked(node, "overload")
    ]
    assert [] == [f"{_place(path, node)} {node.name}" for path, node in public if not ast.get_docstring(node)]


def test_nothing_is_left_for_later():
    """No committed text carries a to-do mark: what is missing is an issue, not a comment."""
    assert [] == [place for place, line in _committed_lines() if TO_DO_MARKS.search(line)]


def test_nothing_is_a_placeholder(source_files):
    """No function of the product raises NotImplementedError: what is offered works."""
    raises = [(path, node) for path, node in _nodes(source_files, ast.Raise) if node.exc is not None]
    assert [] == [
        _place(path, node) for path, node in raises if "NotImplementedError" in ast.unparse(node.exc)
    ]


def test_no_cause_is_hidden(source_files):
    """No error of the product is raised `from None`: the cause stays visible to who has to find it."""
    causes = [(path, node.cause) for path, node in _nodes(source_files, ast.Raise)]
    assert [] == [
        _place(path, cause)
        for path, cause in causes
        if isinstance(cause, ast.Constant) and cause.value is None
    ]


def test_modules_are_named_after_what_they_hold(source_files):
    """No module is called `utils` or the like."""
    assert [] == [_place(path) for path in source_files if path.stem.strip("_") in VAGUE_MODULES]


def test_test_modules_have_unique_names(test_files):
    """No two test modules share a name, and no directory of tests is a package."""
    names = Counter(path.name for path in test_files if path.name not in {"conftest.py", "__main__.py"})
    assert [] == [name for name, count in names.items() if count > 1]
    assert "__init__.py" not in names


def test_nothing_names_one_machine():
    """No committed text holds a path of the machine it was written on, or the host of a package registry."""
    assert [] == [
        f"{place}: {line.strip()}" for place, line in _committed_lines() if MACHINE_TRACES.search(line)
    ]

"""The page on errors holds every error class and every code of the source, as they are.

Run as a program, this module writes the two tables of the page anew: ``python tests/docs/test_error_codes.py``.
"""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from contexta import errors

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "errors.md"
TABLE = "<!-- {name}: written by tests/docs/test_error_codes.py -->\n"
END = "<!-- end of {name} -->\n"

#: Longest text of an error in the table, in characters.
LONGEST_TEXT = 110

CODE = re.compile(r"[a-z][a-z0-9_]*(?:…[a-z0-9_]*)*")


class Code(NamedTuple):
    """A code as one place of the source gives it."""

    code: str
    error: str
    text: str


def classes() -> list[type[errors.ContextaError]]:
    """List the error classes, in the order of their module."""
    found = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
    return [
        kind
        for kind in found
        if issubclass(kind, errors.ContextaError) and kind.__module__ == errors.__name__
    ]


def class_table() -> str:
    """Compose the table of the classes."""
    rows = ["| class | is also | default code | when |", "|---|---|---|---|"]
    for kind in classes():
        parents = ", ".join(f"`{parent.__name__}`" for parent in kind.__bases__)
        when = inspect.cleandoc(kind.__doc__ or "").splitlines()[0]
        when = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", when).replace("``", "`").replace("  ", " ")
        rows.append(f"| `{kind.__name__}` | {parents} | `{kind.default_code}` | {when} |")
    return "\n".join(rows) + "\n"


def pattern_of(node: ast.AST | None, constants: dict[str, str]) -> str:
    """Return the text that an expression gives, with ``…`` for what is only known when it runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.JoinedStr(values=values):
            return "".join(pattern_of(value, constants) for value in values)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return pattern_of(left, constants) + pattern_of(right, constants)
    return "…"


def constants_of(tree: ast.Module) -> dict[str, str]:
    """Return a module's constants that are texts."""
    found = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                found[name] = text
    return found


def codes_of(path: Path) -> list[Code]:
    """List the codes that a module gives to errors, to functions that make errors, and to variables named so."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = constants_of(tree)
    known = {kind.__name__ for kind in classes()}
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                name = ast.unparse(node.func).rpartition(".")[2]
                error = name if name in known else ""
                text = pattern_of(node.args[0] if error and node.args else None, constants)
                given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            case ast.Assign(targets=[ast.Name(id="code" | "_CODE")]):
                error, text, given = "", "…", [node.value]
            case ast.arguments():
                positional = [*node.posonlyargs, *node.args]
                names = [*positional[len(positional) - len(node.defaults) :], *node.kwonlyargs]
                defaults = zip(names, [*node.defaults, *node.kw_defaults], strict=True)
                error, text, given = (
                    "",
                    "…",
                    [value for name, value in defaults if name.arg == "code" and value],
                )
            case _:
                continue
        for value in given:
            branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            found += [Code(pattern_of(branch, constants), error, text) for branch in branches]
    return [each for each in found if CODE.fullmatch(each.code)]


def all_codes() -> list[Code]:
    """List every code of the product once, with the place that says most of it."""
    best: dict[str, Code] = {}
    sources = [*REPOSITORY.glob("contexta-*/src/**/*.py"), *REPOSITORY.glob("plugins/*/src/**/*.py")]
    for path in sorted(sources):
        for each in codes_of(path):
            known = best.get(each.code)
            if known is None or len(each.text.strip("…")) > len(known.text.strip("…")):
                best[each.code] = each
    for kind in classes():
        best.setdefault(kind.default_code, Code(kind.default_code, kind.__name__, "…"))
    return [best[code] for code in sorted(best)]


def code_table() -> str:
    """Compose the table of the codes."""
    rows = ["| code | class | text |", "|---|---|---|"]
    for code, error, text in all_codes():
        line = " ".join(text.split())
        line = line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT].rstrip(' …')} …"
        shown = "" if not line.strip("… ") else line.replace("|", "\\|").replace("`", "'")
        rows.append(f"| `{code}` | {f'`{error}`' if error else ''} | {shown} |")
    return "\n".join(rows) + "\n"


TABLES = {"classes": class_table, "codes": code_table}


def between(name: str) -> re.Pattern[str]:
    """Return the pattern of a table on the page."""
    start, end = re.escape(TABLE.format(name=name)), re.escape(END.format(name=name))
    return re.compile(f"(?<={start})\\n.*?(?={end})", re.DOTALL)


def rewritten(page: str) -> str:
    """Return a page with its tables as they should be."""
    for name, compose in TABLES.items():
        table = f"\n{compose()}\n"
        page = between(name).sub(lambda _, table=table: table, page)
    return page


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_errors_is_up_to_date(name):
    """The page shows every class and code of the source; `python tests/docs/test_error_codes.py` writes it anew."""
    found = between(name).search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    written = found[0].strip().splitlines()
    composed = TABLES[name]().strip().splitlines()
    assert [] == sorted(set(composed) ^ set(written)), "run: python tests/docs/test_error_codes.py"
    assert composed == written


def test_the_tree_on_the_page_is_the_one_of_the_module():
    """The page draws the same tree as the module's docstring."""
    drawn = re.search(r"```text\n(ContextaError\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert drawn is not None
    tree = inspect.cleandoc(errors.__doc__).partition("ContextaError\n")[2]
    assert inspect.cleandoc(f"ContextaError\n{inspect.cleandoc(tree)}").split() == drawn[1].split()


def test_codes_are_found_where_they_are_given():
    """Codes are found at errors, at functions that make errors, as constants and as defaults."""
    codes = {each.code for each in all_codes()}
    assert {
        "runtime_capture_requires_run",
        "storage_full",
        "artifact_tree_damaged",
        "log_write_failed",
    } <= codes
    assert all(first < second for first, second in pairwise(sorted(codes)))


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

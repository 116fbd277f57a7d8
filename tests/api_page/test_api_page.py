"""The public surface against the API page: names, parameters, order, kinds, defaults, types, and who proves them.

What the page names comes first and as it says; what we add follows, and can be left out by a caller.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

KINDS = frozenset({"callable", "class", "classmethod", "dataclass", "field", "property", "named"})
_PARAMETER = inspect.Parameter
_POSITIONAL = (_PARAMETER.POSITIONAL_OR_KEYWORD,)


def _type_text(annotation: object) -> str | None:
    """Write a type as the page does; None where there is none."""
    if annotation in {_PARAMETER.empty, None}:
        return None
    if not isinstance(annotation, str):
        annotation = getattr(annotation, "__name__", str(annotation))
    return ast.unparse(ast.parse(annotation, mode="eval"))


def _signature(row: Any) -> tuple[list[tuple[str, str | None, str | None]], int, str | None]:
    """Return the page's parameters (name, type, default), how many are positional, and the result's type."""
    function = ast.parse(f"def f{row.text}: ...").body[0]
    arguments = function.args
    defaults: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    defaults += arguments.defaults
    pairs = [
        *zip(arguments.args, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    parameters = [
        (argument.arg, ast.unparse(argument.annotation), None if default is None else ast.unparse(default))
        for argument, default in pairs
    ]
    result = None if function.returns is None else ast.unparse(function.returns)
    return parameters, len(arguments.args), result


def _value(row: Any, text: str) -> object:
    """Work out a default that the page writes as Python."""
    owner = row.name.rpartition(".")[0]
    names = {}
    # A function's own module, or the one that a method's class stands in.
    for home in (owner.rpartition(".")[0] or "contexta", owner or "contexta"):
        with suppress(ModuleNotFoundError):
            module = importlib.import_module(home)
            names |= {name: getattr(module, name) for name in getattr(module, "__all__", ()) if name in text}
    return eval(text, {"Path": Path, **names})


def _differences(row: Any, found: inspect.Signature) -> list[str]:
    parameters, positional, result = _signature(row)
    ours = [each for each in found.parameters.values() if each.name not in {"self", "cls"}]
    ours_positional = [each for each in ours if each.kind in _POSITIONAL]
    ours_named = [each for each in ours if each.kind is _PARAMETER.KEYWORD_ONLY]
    kept = ours_positional[:positional] + ours_named[: len(parameters) - positional]
    problems = []
    if [each.name for each in kept] != [name for name, _, _ in parameters]:
        return [f"the page has {[name for name, _, _ in parameters]}, we have {[str(each) for each in ours]}"]
    added = ours_positional[positional:] + ours_named[len(parameters) - positional :]
    problems += [
        f"{each.name} is new and has no default" for each in added if each.default is _PARAMETER.empty
    ]
    excused = dict(row.types_as)
    for each, (name, type_, default) in zip(kept, parameters, strict=True):
        page = _PARAMETER.empty if default is None else _value(row, default)
        if not _same(page, each.default):
            problems.append(f"{name}: the page's default is {default}, ours {each.default!r}")
        problems += _type_problem(name, type_, _type_text(each.annotation), excused.get(name))
    if result is not None:
        problems += _type_problem("->", result, _type_text(found.return_annotation), row.returns_as)
    return problems


def _same(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def _type_problem(name: str, page: str, ours: str | None, excused: str | None) -> list[str]:
    expected = page if excused is None else excused
    if expected == page == excused:
        return [f"{name}: {page!r} needs no excuse"]
    return [] if ours == expected else [f"{name}: expected {expected}, found {ours}"]


def _look_at_callable(row: Any, found: Any) -> list[str]:
    if row.kind == "classmethod":
        if not isinstance(found, classmethod):
            return ["it is no class method"]
        found = found.__func__
    if not callable(found):
        return ["it cannot be called"]
    return _differences(row, inspect.signature(found)) if row.text else []


def _look_at_property(row: Any, found: Any) -> list[str]:
    if not isinstance(found, property):
        return ["it is no property"]
    if not row.text:
        return []
    page = ast.unparse(ast.parse(row.text.removeprefix("->").strip(), mode="eval"))
    return _type_problem("->", page, _type_text(found.fget.__annotations__.get("return")), row.returns_as)


def _look_at_class(row: Any, found: Any) -> list[str]:
    if not isinstance(found, type):
        return ["it is no class"]
    return _differences(row, inspect.signature(found)) if row.text else []


def _look_at_dataclass(row: Any, found: Any) -> list[str]:
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        return ["it is no dataclass"]
    problems = [] if found.__dataclass_params__.frozen else ["it is not frozen"]
    problems += [] if "__slots__" in vars(found) else ["it has no slots"]
    page = [ast.parse(declaration).body[0].target.id for declaration in row.fields]
    ours = [field.name for field in dataclasses.fields(found)]
    begin = 0
    if row.base is not None:
        bases = [_type_text(getattr(base, "__name__", str(base))) for base in found.__mro__]
        problems += [] if row.base.partition("[")[0] in bases else [f"it does not extend {row.base}"]
        # The base's fields come first.
        begin = ours.index(page[0]) if page[0] in ours else 0
    if ours[begin : begin + len(page)] != page:
        problems.append(f"the page's fields are {page}, ours {ours}")
    without = [each.name for each in dataclasses.fields(found)[begin + len(page) :] if not _has_default(each)]
    return problems + [f"{name} is new and has no default" for name in without]


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _look_at_field(row: Any, owner: Any) -> list[str]:
    declaration = ast.parse(row.text).body[0]
    name = declaration.target.id
    field = owner.__dataclass_fields__[name]
    page = ast.unparse(declaration.annotation)
    problems = _type_problem(name, page, _type_text(field.type), dict(row.types_as).get(name))
    if declaration.value is None:
        return problems + (["the page has no default"] if _has_default(field) else [])
    text = ast.unparse(declaration.value)
    if text.startswith("field("):
        factory = field.default_factory
        wanted = f"field(default_factory={getattr(factory, '__name__', factory)})"
        return problems + ([] if text == wanted else [f"the page's default is {text}, ours {wanted}"])
    same = _same(_value(row, text), field.default)
    return problems + ([] if same else [f"the page's default is {text}, ours {field.default!r}"])


LOOKS = {
    "callable": _look_at_callable,
    "classmethod": _look_at_callable,
    "property": _look_at_property,
    "class": _look_at_class,
    "dataclass": _look_at_dataclass,
    "named": lambda _row, _found: [],
}


def test_the_surface_is_that_of_the_page(standing_row):
    """What the page has is there under its name, with its parameters, order, kinds, defaults and types."""
    if standing_row.kind == "field":
        owner = standing_row.owner()
        assert [] == _look_at_field(standing_row, owner)
        return
    assert [] == LOOKS[standing_row.kind](standing_row, standing_row.find())


def test_a_pending_row_is_still_to_come(pending_row):
    """A row that has come to exist is marked no longer: take `pending` out of its table."""
    with pytest.raises(LookupError):
        pending_row.find()


def _page_function(key: str, *, level: str = "info", tags: dict | None = None) -> str:
    return key


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('(key: str, *, level: str = "info") -> str', None),
        ('(key: str, *, tags: dict | None = None, level: str = "info") -> str', "the page has"),
        ('(name: str, *, level: str = "info") -> str', "the page has"),
        ('(key: str, level: str = "info") -> str', "the page has"),
        ("(key: str, *, level: str) -> str", "the page's default is None"),
        ('(key: str, *, level: str = "debug") -> str', "the page's default is 'debug'"),
        ('(key: int, *, level: str = "info") -> str', "expected int, found str"),
        ('(key: str, *, level: str = "info") -> int', "expected int, found str"),
        ("() -> str", "key is new and has no default"),
    ],
)
def test_the_check_notices(rows, text, problem):
    """Another order, name, kind, default or type is found, and an addition only without a default."""
    row = dataclasses.replace(rows[0], text=text, name="contexta.config.f", types_as=(), returns_as=None)
    found = _differences(row, inspect.signature(_page_function))
    assert (problem is None) == (not found)
    assert problem is None or problem in found[0]


def test_every_row_is_well_formed(rows):
    """Names are unique, kinds known, and every issue has a number."""
    assert [] == [name for name, count in Counter(row.name for row in rows).items() if count > 1]
    assert [] == [row.name for row in rows if row.kind not in KINDS]
    assert [] == [row.name for row in rows if not isinstance(row.issue, int)]


def test_a_proof_that_is_named_exists(rows):
    """The test that a row names is a function of that file."""
    named = {row.test for row in rows if row.test}
    missing = []
    for place in sorted(named):
        file, _, name = place.partition("::")
        path = REPOSITORY / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        if name not in functions:
            missing.append(place)
    assert [] == missing


def test_every_row_is_whole_and_proved(rows):
    """No row is pending, has no test, or gives an unnamed result."""
    unfinished = [row for row in rows if row.pending or row.test is None or row.provisional]
    assert [] == [row.name for row in unfinished]

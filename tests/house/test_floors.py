"""The floors of the house: nothing imports upward, nothing in a circle, and no plugin knows another.

All imports count: at the top of a module, inside functions, under TYPE_CHECKING, and the names that a package hands
out lazily.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# Each part of the kernel stands on the parts below it, and beside those of its own floor.
FLOORS = (
    ("_lazy", "errors"),
    ("config", "contract", "log", "redaction", "results"),
    ("spi",),
    ("capture", "plugins"),
    ("interpretation", "runtime", "store"),
    ("__main__", "_facade", "adapters", "export", "notebook", "recovery", "testing"),
)
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS, start=1) for part in parts}

# Sinks and stores are what third parties write: they get by with the lower floors and the plugin markers.
STORE_OR_SINK = re.compile(r"contexta_(store|sink)_\w+")
# What captures is a surface: it sees the facade, also where it shares a package with a sink.
SURFACES_BESIDE_SINKS = re.compile(r"contexta_sink_otel\.incoming\b")
STORE_FLOOR = FLOOR_OF["spi"]
MARKERS = frozenset({"Provider", "hookimpl"})

# The kernel names plugins here only: what to install for a missing one, and the stock classes behind lazy names.
TABLES_OF_PLUGIN_NAMES = frozenset(
    {
        "contexta.adapters.mlflow",
        "contexta.adapters.otel",
        "contexta.interpretation",
        "contexta.plugins.install_hints",
    }
)


@dataclass(frozen=True)
class Import:
    """One import: who wants what, on which line, and whether it happens when the module is imported."""

    importer: str
    module: str
    name: str | None
    line: int
    immediate: bool

    def __str__(self) -> str:
        """Tell where the import stands, for the list of a failing test."""
        return f"{self.importer} line {self.line}: {self.module}" + (f".{self.name}" if self.name else "")


@cache
def sources() -> dict[str, Path]:
    """Map every module of the product to its file."""
    found = {}
    for path in [*REPOSITORY.glob("contexta-*/src/**/*.py"), *REPOSITORY.glob("plugins/*/src/**/*.py")]:
        parts = path.with_suffix("").parts
        names = parts[parts.index("src") + 1 :]
        found[".".join(names[:-1] if names[-1] == "__init__" else names)] = path
    return found


@cache
def tree_of(module: str) -> ast.Module:
    """Parse a module of the product."""
    return ast.parse(sources()[module].read_text(encoding="utf-8"))


def imports_of(module: str) -> list[Import]:
    """List every import of a module, lazy ones too."""
    found: list[Import] = []
    _collect(tree_of(module), module, found, immediate=True)
    return found


def _collect(node: ast.AST, module: str, found: list[Import], *, immediate: bool) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            found += [Import(module, alias.name, None, child.lineno, immediate) for alias in child.names]
        elif isinstance(child, ast.ImportFrom):
            found += [
                Import(module, child.module, alias.name, child.lineno, immediate) for alias in child.names
            ]
        elif isinstance(child, ast.Call) and ast.unparse(child.func) == "attach_lazy":
            found += [
                Import(module, target, name, child.lineno, False)
                for name, target in lazy_names(module).items()
            ]
        inner = immediate and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            inner = False
        _collect(child, module, found, immediate=inner)


@cache
def lazy_names(module: str) -> dict[str, str]:
    """Return the lazy table of a package: public name to defining module."""
    tables = [
        node
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Dict)
        and node.keys
        and all(
            isinstance(item, ast.Constant) and isinstance(item.value, str)
            for item in [*node.keys, *node.values]
        )
    ]
    pairs = [pair for table in tables for pair in zip(table.keys, table.values, strict=True)]
    return {name.value: target.value for name, target in pairs if target.value.startswith("contexta")}


def target_of(item: Import) -> str:
    """Return the module that an import really needs: a submodule, or the definer of a lazy name."""
    if item.name is not None and f"{item.module}.{item.name}" in sources():
        return f"{item.module}.{item.name}"
    if item.name is not None and item.module in sources() and item.importer != item.module:
        return lazy_names(item.module).get(item.name, item.module)
    return item.module


def part_of(module: str) -> str:
    """Return the part of the kernel a module belongs to; the package itself is its own, topmost part."""
    names = module.split(".")
    return names[1] if len(names) > 1 else ""


def kernel_modules() -> list[str]:
    """List the kernel's modules but for the package itself, which only hands out names."""
    return sorted(name for name in sources() if name.startswith("contexta."))


def plugin_modules() -> list[str]:
    """List the modules of the first-party plugins."""
    return sorted(name for name in sources() if name.startswith("contexta_"))


def kernel_imports(module: str) -> list[Import]:
    """List a module's imports from the kernel; the package itself, with the version, is free for all."""
    return [
        item
        for item in imports_of(module)
        if item.module.partition(".")[0] == "contexta"
        and not (item.module == "contexta" and item.name in {None, "__version__"})
    ]


def test_every_part_has_a_floor():
    """Every part of the kernel is on a floor."""
    assert set() == {part_of(module) for module in kernel_modules()} - FLOOR_OF.keys()


def test_nothing_imports_upward():
    """A module of the kernel imports from its own floor and those below only."""
    top = len(FLOORS) + 1
    upward = [
        f"{item} needs {target_of(item)}"
        for module in kernel_modules()
        for item in kernel_imports(module)
        if FLOOR_OF.get(part_of(target_of(item)), top) > FLOOR_OF.get(part_of(module), top)
    ]
    assert [] == upward


def test_the_package_itself_is_used_for_its_version_only():
    """A module of the kernel that imports the package itself reads the version from it and nothing else."""
    used = [
        f"{module}: contexta.{node.attr}"
        for module in kernel_modules()
        if any(item.module == "contexta" and item.name is None for item in imports_of(module))
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "contexta"
    ]
    assert [] == [text for text in used if not text.endswith(".__version__")]


def test_parts_stand_in_no_circle():
    """The parts of the kernel can be put in an order in which each needs only earlier ones."""
    graph: dict[str, set[str]] = {}
    for module in kernel_modules():
        needs = {part_of(target_of(item)) for item in kernel_imports(module)}
        graph.setdefault(part_of(module), set()).update(needs - {part_of(module)})
    _check_order(graph)


def test_modules_import_in_no_circle():
    """No module of the product needs itself while it is imported."""
    graph = {
        module: {target_of(item) for item in imports_of(module) if item.immediate}
        & sources().keys() - {module}
        for module in sources()
    }
    _check_order(graph)


def _check_order(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" needed by ".join(error.args[1]))


def test_no_plugin_imports_another():
    """A plugin imports the kernel and itself, never another plugin."""
    foreign = [
        str(item)
        for module in plugin_modules()
        for item in imports_of(module)
        if item.module.startswith("contexta_") and item.module.partition(".")[0] != module.partition(".")[0]
    ]
    assert [] == foreign


def test_stores_and_sinks_need_the_lower_floors_only():
    """A store or sink plugin imports the floors up to the SPI, and the plugin markers."""
    allowed = {part for part, floor in FLOOR_OF.items() if floor <= STORE_FLOOR}
    high = [
        str(item)
        for module in plugin_modules()
        if STORE_OR_SINK.match(module) and not SURFACES_BESIDE_SINKS.match(module)
        for item in kernel_imports(module)
        if part_of(target_of(item)) not in allowed
        and not (item.module == "contexta.plugins" and item.name in MARKERS)
    ]
    assert [] == high


def test_plugins_use_public_modules_of_the_kernel():
    """A plugin imports nothing with an underscore from the kernel, but for the lazy names of packages."""
    private = [
        str(item)
        for module in plugin_modules()
        for item in kernel_imports(module)
        if any(
            word.startswith("_") for word in f"{item.module}.{item.name or ''}".split(".") if word != "_lazy"
        )
    ]
    assert [] == private


def test_the_kernel_imports_no_plugin():
    """No module of the kernel imports a plugin, but lazily in the table of stock classes."""
    assert [] == [
        str(item)
        for module in ["contexta", *kernel_modules()]
        for item in imports_of(module)
        if item.module.startswith("contexta_") and (item.immediate or module not in TABLES_OF_PLUGIN_NAMES)
    ]


def test_the_kernel_names_no_plugin():
    """No text in the kernel's code names a plugin, but for the two tables and explanations in docstrings."""
    packages = {module.partition(".")[0] for module in plugin_modules()}
    names = re.compile(
        r"\b(?:" + "|".join(sorted(packages | {name.replace("_", "-") for name in packages})) + r")\b"
    )
    assert packages
    assert [] == [
        f"{module} line {node.lineno}: {node.value!r}"
        for module in ["contexta", *kernel_modules()]
        if module not in TABLES_OF_PLUGIN_NAMES
        for node in _texts(tree_of(module))
        if names.search(node.value)
    ]


def _texts(tree: ast.Module) -> list[ast.Constant]:
    """List the string constants of a module that are not docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and ast.get_docstring(node)
    }
    constants = [
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [node for node in constants if id(node) not in docstrings]

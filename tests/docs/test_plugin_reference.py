"""The reference of the plugin interface is what the docstrings of hooks and SPI say.

Run as a program, this module writes the page anew: ``python tests/docs/test_plugin_reference.py``.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from contexta.plugins import hookspecs
from contexta.plugins.kinds import KINDS

REPOSITORY = Path(__file__).resolve().parents[2]
KERNEL = REPOSITORY / "contexta-core" / "src" / "contexta"
PAGE = REPOSITORY / "docs" / "plugins" / "reference.md"

INTRODUCTION = """# Reference of the plugin interface

<!-- Written by tests/docs/test_plugin_reference.py from the docstrings; change them, and run it. -->

Everything that a plugin implements, and everything that it is given.
[How plugins work](how-it-works.md) says how it fits together; [the contracts](testing.md) test it.
"""

#: The part of the page for each kind of plugin: its modules below ``contexta.spi``.
MODULES = {
    "metadata_store": (
        "metadata",
        "merge",
        "participation",
        "entity_selection",
        "relation_lookup",
        "migration",
    ),
    "record_store": ("records", "pushdown", "outlines", "summaries"),
    "artifact_store": ("artifacts",),
    "sink": ("sinks",),
    "interpreter": ("interpreters", "sql"),
    "diagnostics_check": ("diagnostics",),
    "report_renderer": ("reports", "report_parts"),
    "surface": ("surfaces", "dashboard_surface"),
    "cli_command": ("commands",),
    "dashboard_extension": ("dashboard",),
    "encryption_provider": ("encryption",),
    "workspace_reader": ("foreign_workspaces",),
}
#: What the stores of all planes, and the factories of several kinds, have in common.
SHARED = ("context", "integrity", "repair", "backup", "following")
#: What plugins hand back: descriptors and the like.
DESCRIPTORS = (("provider", "Provider"), ("info", "PluginInfo"), ("check", "Check"))

_SECTION = re.compile(r"^(Args|Returns|Yields|Raises):$")
_ITEM = re.compile(r"^(?P<name>\*{0,2}\w[\w.]*): (?P<text>.*)$")
_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")
_HOOK_WORDS = re.compile(r"\b(When|Raises|Since): ")


class Interface(NamedTuple):
    """A class or function of the interface."""

    module: str
    node: ast.ClassDef | ast.FunctionDef


def tree_of(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def public(path: Path, module: str) -> list[Interface]:
    """List the public classes and functions that a module defines, in its order."""
    return [
        Interface(module, node)
        for node in tree_of(path).body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")
    ]


def plain_text(text: str) -> str:
    """Turn the markup of docstrings into that of the pages."""
    return " ".join(_ROLE.sub(r"`\1`", text).replace("``", "`").split())


def without_programs(lines: list[str]) -> list[str]:
    """Leave out literal blocks: what is shown on the pages is run, and these stand in the source."""
    kept: list[str] = []
    inside = False
    for line in lines:
        if inside and line and not line.startswith(" "):
            inside = False
        if not inside:
            kept.append(line.removesuffix("::") + "." if line.endswith("::") else line)
            inside = line.endswith("::")
    return [line for line in kept if line != "."]


def described(docstring: str) -> list[str]:
    """Turn a docstring into paragraphs and lists."""
    written: list[str] = []
    section = ""
    items: list[tuple[str, str]] = []
    paragraph: list[str] = []

    def close() -> None:
        if section in {"Args", "Raises"}:
            written.extend(f"- `{name}`: {plain_text(text)}" for name, text in items)
            written.append("")
        elif paragraph:
            prefix = f"{section}: " if section else ""
            written.extend([prefix + plain_text(" ".join(paragraph)), ""])
        items.clear()
        paragraph.clear()

    for line in without_programs(inspect.cleandoc(docstring).splitlines()):
        heading = _SECTION.match(line)
        if heading:
            close()
            section = heading.group(1)
            if section == "Raises":
                written.extend(["Raises:", ""])
        elif section in {"Args", "Raises"} and line.strip():
            item = _ITEM.match(line.strip()) if line.startswith("    ") and line[4] != " " else None
            if item:
                items.append((item["name"], item["text"]))
            elif items:
                items[-1] = (items[-1][0], f"{items[-1][1]} {line.strip()}")
        elif line.strip():
            paragraph.append(line)
        elif section not in {"Args", "Raises"}:
            close()
    close()
    return written


def signature(node: ast.FunctionDef) -> str:
    """Write a function's parameters and what it returns, without self."""
    arguments = re.sub(r"^(?:self|cls)(?:, )?", "", ast.unparse(node.args))
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"`{node.name}({arguments}){returns}`"


def member_lines(node: ast.ClassDef) -> list[str]:
    """Describe the public methods and properties of a class."""
    lines: list[str] = []
    for member in node.body:
        if not isinstance(member, ast.FunctionDef):
            continue
        if member.name.startswith("_") and member.name != "__call__":
            continue
        is_property = any(
            isinstance(each, ast.Name) and each.id == "property" for each in member.decorator_list
        )
        returns = f": {ast.unparse(member.returns)}" if member.returns is not None else ""
        title = f"`{member.name}{returns}`" if is_property else signature(member)
        lines += [f"**{title}**", "", *described(ast.get_docstring(member) or "")]
    return lines


def interface_lines(interface: Interface) -> list[str]:
    """Describe a class or a function."""
    node = interface.node
    text = described(ast.get_docstring(node) or "")
    if isinstance(node, ast.FunctionDef):
        return [f"### {node.name}", "", f"{signature(node)} in `{interface.module}`", "", *text]
    return [f"### {node.name}", "", f"`{interface.module}.{node.name}`", "", *text, *member_lines(node)]


def hook_functions() -> list[ast.FunctionDef]:
    """List the specifications of hooks."""
    path = Path(inspect.getfile(hookspecs))
    return [node for node in tree_of(path).body if isinstance(node, ast.FunctionDef)]


def hook_lines(node: ast.FunctionDef) -> list[str]:
    """Describe one hook: what for, when, what it may raise, and since when it is there."""
    parts = _HOOK_WORDS.split(plain_text(ast.get_docstring(node) or ""))
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    rows = [f"- {word}: {told[word].strip()}" for word in ("When", "Raises", "Since")]
    return [f"### {node.name}", "", signature(node), "", parts[0].strip(), "", *rows, ""]


def spi_modules() -> list[str]:
    """List the modules of the SPI."""
    return sorted(path.stem for path in (KERNEL / "spi").glob("*.py") if path.stem != "__init__")


def is_interface(interface: Interface) -> bool:
    """Tell whether somebody implements a class, in place of being handed an object of it."""
    bases = {ast.unparse(base) for base in getattr(interface.node, "bases", ())}
    return bool(bases & {"ABC", "Protocol"})


def spi_lines(module: str, *, whole: bool) -> list[str]:
    """Describe a module of the SPI: all of it, or only what is implemented."""
    found = public(KERNEL / "spi" / f"{module}.py", f"contexta.spi.{module}")
    return [line for each in found if whole or is_interface(each) for line in interface_lines(each)]


def page() -> str:
    """Compose the page."""
    lines = [INTRODUCTION, "## Hooks", ""]
    for hook in hook_functions():
        lines += hook_lines(hook)
    lines += ["## Descriptors", ""]
    for module, name in DESCRIPTORS:
        found = public(KERNEL / "plugins" / f"{module}.py", "contexta.plugins")
        lines += [line for each in found if each.node.name == name for line in interface_lines(each)]
    for kind, modules in MODULES.items():
        lines += [f"## The kind {kind}", ""]
        for module in modules:
            lines += spi_lines(module, whole=True)
    lines += ["## What several kinds share", ""]
    for module in SHARED:
        lines += spi_lines(module, whole=True)
    lines += ["## Other interfaces", ""]
    shown = {*SHARED, *(module for modules in MODULES.values() for module in modules)}
    for module in spi_modules():
        if module not in shown:
            lines += spi_lines(module, whole=False)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def test_the_reference_is_current():
    """The page is what the docstrings say now; run this module to write it anew."""
    # Not compared by assert: the difference would fill screens.
    if page() != PAGE.read_text(encoding="utf-8"):
        pytest.fail(
            f"docs/plugins/{PAGE.name} is old; write it anew: python tests/docs/test_plugin_reference.py"
        )


def test_every_kind_has_its_part():
    """Each kind of plugin that offers components has a part of its own, and each of its modules exists."""
    assert [kind.name for kind in KINDS.values() if kind.hook] == list(MODULES)
    assert {*SHARED, *(module for modules in MODULES.values() for module in modules)} <= set(spi_modules())


@pytest.mark.parametrize("hook", hook_functions(), ids=lambda node: node.name)
def test_every_hook_says_when_it_is_called(hook):
    """A hook's docstring says what for, when it is called, what it may raise, and since which interface."""
    lines = hook_lines(hook)
    assert lines[4]
    assert ["- When", "- Raises", "- Since"] == [line.partition(":")[0] for line in lines[6:9]]


@pytest.mark.parametrize("hook", hook_functions(), ids=lambda node: node.name)
def test_every_hook_stands_on_the_page_on_how_plugins_work(hook):
    """The table of hooks names each: whole, or by what it has behind the common beginning."""
    text = (PAGE.parent / "how-it-works.md").read_text(encoding="utf-8")
    short = hook.name.removeprefix("contexta")
    assert f"`{hook.name}" in text or f"`{short}`" in text


def test_every_interface_is_on_the_page():
    """Each class that somebody may implement has a heading, and each of its methods a description."""
    text = page()
    for module in spi_modules():
        for each in public(KERNEL / "spi" / f"{module}.py", module):
            if is_interface(each):
                assert f"\n### {each.node.name}\n" in text
                assert [] == [
                    member.name
                    for member in each.node.body
                    if isinstance(member, ast.FunctionDef)
                    and not member.name.startswith("_")
                    and not ast.get_docstring(member)
                ]


def test_every_descriptor_field_is_described():
    """Provider, PluginInfo and Check describe each of their fields."""
    text = page()
    for module, name in DESCRIPTORS:
        [node] = [
            each.node
            for each in public(KERNEL / "plugins" / f"{module}.py", module)
            if each.node.name == name
        ]
        part = text.split(f"\n### {name}\n", 1)[1].split("\n### ", 1)[0]
        fields = [member.target.id for member in node.body if isinstance(member, ast.AnnAssign)]
        assert fields
        assert [] == [field for field in fields if f"- `{field}`: " not in part]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

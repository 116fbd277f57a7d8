"""The catalogue of first-party plugins is what their descriptors and the sub-projects say.

Run as a program, this module writes the page anew: ``python tests/docs/test_plugin_catalogue.py``.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from contexta.plugins import PluginHost, report_on
from contexta.plugins.install_hints import OUR_NAMES
from contexta.plugins.kinds import GROUP_PREFIX, KINDS

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "plugins" / "catalogue.md"

INTRODUCTION = """# First-party plugins

<!-- Written by tests/docs/test_plugin_catalogue.py from the descriptors; run it after a change. -->

Everything that comes with Contexta, as its descriptors say it.
What a *capability* means is told by the interface of its kind, in the [reference](reference.md); what is not named needs nothing beyond it.
Options of stores stand in `metadata.options`, `records.options` or `artifacts.options`, those of a sink in its `options`, and those of the others where the [page of their kind](../plugins.md#kinds) says.
"""

_ITEM = re.compile(r"^    (\w+): (.*)$")


class Offered(NamedTuple):
    """One entry point of a sub-project."""

    kind: str
    name: str
    project: str
    extra: str


def offers() -> list[Offered]:
    """List what the sub-projects offer, in the order of kinds and names."""
    found = []
    for pattern in ("contexta-*/pyproject.toml", "plugins/*/pyproject.toml"):
        for path in REPOSITORY.glob(pattern):
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            extra = data.get("tool", {}).get("contexta", {}).get("bundle", {}).get("extra", "")
            for group, names in data["project"].get("entry-points", {}).items():
                kind = group.removeprefix(GROUP_PREFIX)
                if kind in KINDS:
                    found += [Offered(kind, name, path.parent.name, extra) for name in names]
    order = list(KINDS)
    return sorted(found, key=lambda each: (order.index(each.kind), each.name))


def meanings(options: type) -> dict[str, str]:
    """Return what a class of options says about each of its options, itself or by the class it is derived from."""
    found: dict[str, str] = {}
    for each in reversed(options.__mro__):
        name = ""
        for line in inspect.cleandoc(vars(each).get("__doc__") or "").splitlines():
            item = _ITEM.match(line)
            if item:
                name, found[item.group(1)] = item.group(1), item.group(2)
            elif name and line.startswith("        "):
                found[name] += f" {line.strip()}"
            else:
                name = ""
    return {name: text.replace("``", "`").replace("|", "\\|") for name, text in found.items()}


def report_of(offered: Offered):
    """Return everything about a component, as `contexta plugins show` does."""
    [report] = [
        each
        for each in report_on(PluginHost(environ={}), offered.name, kind=offered.kind)
        if each.description.distribution == "contexta"
    ]
    return report


def is_observer(offered: Offered) -> bool:
    """Tell whether a plugin has no component: it is told what happens, and nobody names it."""
    return KINDS[offered.kind].hook is None


def summary_of(offered: Offered) -> str:
    """Return what a plugin is in one line: its descriptor's, or an observer's own first line."""
    if not is_observer(offered):
        return report_of(offered).description.summary
    path = next(REPOSITORY.glob(f"**/{offered.project}/pyproject.toml"))
    module = tomllib.loads(path.read_text(encoding="utf-8"))["project"]["entry-points"][
        f"{GROUP_PREFIX}{offered.kind}"
    ][offered.name]
    source = path.parent.joinpath("src", *module.split(".")).with_suffix(".py")
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def options_class(offered: Offered) -> type | None:
    """Return the class of a component's options."""
    if is_observer(offered):
        return None
    host = PluginHost(environ={})
    return host.resolve(offered.kind, offered.name, required_by="the catalogue").load_options()


def component_lines(offered: Offered) -> list[str]:
    """Describe one component."""
    report = report_of(offered)
    summary = summary_of(offered) or KINDS[offered.kind].title
    lines = [f"### {offered.name}", "", summary[:1].upper() + summary[1:].rstrip(".") + ".", ""]
    extra = f", with the extra `{offered.extra}`" if offered.extra else ""
    lines += [f"- comes from `{offered.project}`{extra}"]
    if report.capabilities:
        lines += [f"- can: {', '.join(f'`{word}`' for word in report.capabilities)}"]
    lines.append("")
    if report.options:
        said = meanings(options_class(offered) or object)
        lines += ["| option | type | default | what it does |", "|---|---|---|---|"]
        for option in report.options:
            default = "required" if option.required else f"`{option.default}`"
            kind = option.type.replace("|", "\\|")
            lines.append(f"| `{option.name}` | `{kind}` | {default} | {said.get(option.name, '')} |")
        lines.append("")
    return lines


def page() -> str:
    """Compose the page."""
    lines = [INTRODUCTION]
    kind = ""
    for offered in offers():
        if offered.kind != kind:
            kind = offered.kind
            lines += [f"## {kind}", ""]
        lines += component_lines(offered)
    return "\n".join(lines).rstrip() + "\n"


def test_the_catalogue_is_current():
    """The page is what the descriptors say now; run this module to write it anew."""
    # Not compared by assert: the difference would fill screens.
    if page() != PAGE.read_text(encoding="utf-8"):
        pytest.fail(
            f"docs/plugins/{PAGE.name} is old; write it anew: python tests/docs/test_plugin_catalogue.py"
        )


def test_every_reserved_name_that_is_there_is_listed():
    """The names that are reserved for us are those of the catalogue, but for what is not written yet."""
    found = {(each.kind, each.name) for each in offers()}
    reserved = {(kind, name) for kind, names in OUR_NAMES.items() for name in names}
    assert set() == found - reserved


@pytest.mark.parametrize("offered", offers(), ids=lambda each: f"{each.kind}:{each.name}")
def test_every_option_says_what_it_does(offered):
    """Each option of a component has a sentence in the docstring of the class of its options."""
    options = report_of(offered).options or ()
    said = meanings(options_class(offered) or object)
    assert [] == [option.name for option in options if not said.get(option.name, "").strip()]


@pytest.mark.parametrize("offered", offers(), ids=lambda each: f"{each.kind}:{each.name}")
def test_every_component_has_a_summary(offered):
    """Each component says in one line what it is, for listings."""
    assert summary_of(offered)


#: The classes that hold our stores to their contracts, and what they hold.
HELD = {
    "TestDuckDB": ("metadata_store", "duckdb"),
    "TestJsonl": ("record_store", "jsonl_segments"),
    "TestFiles": ("artifact_store", "files"),
    "TestSQLiteMetadata": ("metadata_store", "sqlite"),
    "TestSQLiteRecords": ("record_store", "sqlite"),
}


def proved_capabilities() -> dict[str, set[str]]:
    """Return what the conformance tests prove of each store, by the name of the class."""
    found = {}
    for path in (REPOSITORY / "tests" / "conformance").glob("test_*_stores.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name in HELD:
                for member in node.body:
                    if isinstance(member, ast.Assign) and ast.unparse(member.targets[0]) == "capabilities":
                        found[node.name] = set(ast.literal_eval(member.value.args[0]))
    return found


@pytest.mark.parametrize("held", HELD)
def test_a_store_says_what_it_can(held):
    """The descriptor of each of our stores names every capability that its contract proves."""
    kind, name = HELD[held]
    [offered] = [each for each in offers() if (each.kind, each.name) == (kind, name)]
    assert proved_capabilities()[held] <= set(report_of(offered).capabilities)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""``python -m contexta plugins list|show|doctor``: works with the kernel alone, when the command line is what is broken.

The answers are plain text or JSON; the installed command line shows the same with tables and colour.
"""

# ruff: noqa: T201 - a command prints

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import contexta
from contexta.contract.text import display_safe
from contexta.errors import ContextaError
from contexta.plugins.kinds import KINDS
from contexta.plugins.surroundings import PluginSurroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.plugins.description import PluginDescription
    from contexta.plugins.doctor import Diagnosis
    from contexta.plugins.host import PluginHost
    from contexta.plugins.origin import Origin
    from contexta.plugins.report import PluginReport

__all__ = ["main"]

_PROGRAM = "python -m contexta plugins"
_COLUMNS = ("KIND", "NAME", "DISTRIBUTION", "VERSION", "STATUS", "REASON")


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands.

    Args:
        arguments: What was typed after ``plugins``.

    Returns:
        The exit code: 0 when all is well, 1 for a problem or something that is not there, 2 for a typing error.
    """
    try:
        given = _parser().parse_args(list(arguments))
    except SystemExit as leaving:
        return 2 if leaving.code else 0
    try:
        code = int(given.run(given))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter must not try the rest when it ends.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the process
        return 0
    except ContextaError as error:
        print(f"contexta: error: {display_safe(str(error))} [{error.code}]", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--format", choices=("text", "json"), default="text", help="how to answer")
    common.add_argument("--workspace", metavar="PATH", help="the workspace whose configuration counts")
    common.add_argument(
        "--config", metavar="FILE", help="configuration file; the nearest contexta.toml by default"
    )
    common.add_argument("--no-plugins", action="store_true", help="use nothing but the kernel")
    parser = argparse.ArgumentParser(prog=_PROGRAM, description="Look at the installed plugins.")
    commands = parser.add_subparsers(required=True, metavar="list|show|doctor")
    listing = commands.add_parser("list", parents=[common], help="list what is installed")
    listing.add_argument("--kind", choices=tuple(KINDS), help="only this kind")
    listing.add_argument("--all", action="store_true", help="what is known and not installed, too")
    listing.add_argument("--verify", action="store_true", help="import everything, to see what fails")
    listing.add_argument("--requirements", action="store_true", help="where it lies, and what it requires")
    listing.set_defaults(run=_list)
    showing = commands.add_parser("show", parents=[common], help="show everything about one name")
    showing.add_argument("name", help="a component, a pin distribution:name, or a distribution")
    showing.add_argument("--kind", choices=tuple(KINDS), help="only this kind")
    showing.set_defaults(run=_show)
    examining = commands.add_parser("doctor", parents=[common], help="find out what is wrong, and what to do")
    examining.set_defaults(run=_doctor)
    return parser


def _surroundings(given: argparse.Namespace) -> PluginSurroundings:
    from contexta.config.file_search import find_config_file
    from contexta.config.resolution import resolve

    return PluginSurroundings.read(
        lambda: resolve(config_file=given.config or find_config_file(), workspace=given.workspace).config,
        no_plugins=given.no_plugins,
    )


def _configured(given: argparse.Namespace) -> PluginHost:
    found = _surroundings(given)
    if found.error is not None:
        print(f"contexta: warning: {display_safe(str(found.error))}", file=sys.stderr)
    return found.host


def _list(given: argparse.Namespace) -> int:
    from contexta.plugins.inventory import take_inventory

    plugins, distributions = take_inventory(
        _configured(given),
        kind=given.kind,
        missing=given.all,
        verify=given.verify,
        requirements=given.requirements,
    )
    if given.format == "json":
        data: dict[str, Any] = {"plugins": [each._asdict() for each in plugins]}
        if distributions is not None:
            data["distributions"] = {name: origin._asdict() for name, origin in distributions.items()}
        _print_json(data)
        return 0
    _print_rows([_COLUMNS, *map(_row, plugins)])
    for name, origin in (distributions or {}).items():
        _print_origin(name, origin)
    return 0


def _row(each: PluginDescription) -> tuple[str, ...]:
    cells = (each.kind, each.name, each.distribution, each.version, each.status)
    return (*(cell or "-" for cell in cells), each.reason or "")


def _print_origin(name: str, origin: Origin) -> None:
    said = {"location": origin.location, "editable": origin.editable, "requires": ", ".join(origin.requires)}
    print(f"\n{display_safe(name)}")
    _print_rows([(f"  {label}", text) for label, text in said.items() if text])


def _show(given: argparse.Namespace) -> int:
    from contexta.plugins.report import report_on

    reports = report_on(_configured(given), given.name, kind=given.kind)
    if given.format == "json":
        _print_json({"plugins": [_report_data(each) for each in reports]})
        return 0
    for number, each in enumerate(reports):
        print(end="\n" if number else "")
        _print_report(each)
    return 0


def _report_data(report: PluginReport) -> dict[str, Any]:
    options = None if report.options is None else [option._asdict() for option in report.options]
    return {**report._asdict(), "description": report.description._asdict(), "options": options}


def _print_report(report: PluginReport) -> None:
    said = report.description
    lines = [
        ("status", f"{said.status}: {said.reason}" if said.reason else said.status),
        ("summary", said.summary or ""),
        ("title", report.title),
        ("distribution", f"{said.distribution} {said.version}".strip()),
        ("location", report.location),
        ("requires", ", ".join(report.requires)),
        ("module", said.value),
        ("interface", report.api),
        ("factory", report.factory),
        ("can", ", ".join(report.capabilities)),
        ("hooks", ", ".join(report.hooks)),
        (
            "import",
            f"{report.import_seconds * 1_000:.1f} ms, {report.imported} modules" if report.hooks else "",
        ),
        ("docs", report.docs_url),
    ]
    print(f"{said.kind} {said.name}")
    _print_rows([(f"  {label}", text) for label, text in lines if text])
    for option in report.options or ():
        default = "required" if option.required else f"default {option.default}"
        print(display_safe(f"  option {option.name}: {option.type}, {default}"))
    for warning in report.warnings:
        print(display_safe(f"  warning {warning}"))
    if report.traceback:
        print("\n".join(f"  {display_safe(line)}" for line in report.traceback.splitlines()))


def _doctor(given: argparse.Namespace) -> int:
    from contexta.plugins.doctor import diagnose

    found = _surroundings(given)
    # Whoever wants no plugins need not hear that those he configured are left out.
    config = None if given.no_plugins else found.config
    diagnosis = diagnose(found.host, config, config_error=found.error)
    if given.format == "json":
        _print_json(
            {
                "contexta": contexta.__version__,
                "python": sys.version.split()[0],
                "checks": [check._asdict() for check in diagnosis.checks],
                "exit_code": diagnosis.exit_code,
            }
        )
    else:
        _print_diagnosis(diagnosis)
    return diagnosis.exit_code


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    print(f"contexta {contexta.__version__}, Python {sys.version.split()[0]}")
    for check in diagnosis.checks:
        print(display_safe(f"{check.status:<8} {check.subject}: {check.finding}"))
        if check.remedy:
            print(display_safe(f"{'':<8} -> {check.remedy}"))
    print(diagnosis.verdict)


def _print_json(data: dict[str, Any]) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))


def _print_rows(rows: Iterable[tuple[str, ...]]) -> None:
    safe = [tuple(display_safe(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    for row in safe:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

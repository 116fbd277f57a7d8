"""``contexta config show``: every setting that holds here, and where it comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.config import ConfigSetting
    from contexta_cli.output.printer import Printer

__all__ = ["show"]

_SETTING = Column("SETTING")
_VALUE = Column("VALUE", shrinks=True)
_ORIGIN = Column("ORIGIN", shrinks=True)


@click.command(
    "show",
    cls=LazyCommand,
    examples=(
        "contexta config show",
        "contexta config show --origin",
        "contexta config show --origin --set records.durability_mode=flush",
        "contexta config show --format json",
    ),
)
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.pass_context
def show(ctx: click.Context, *, origin: bool) -> None:
    """Show every setting that holds here.

    Defaults, profile, overlays, file, environment and --set are put together as for every other command. Texts of
    plugin options that look like secrets are masked.
    """
    from contexta.config import list_settings

    invocation = Invocation(ctx)
    settings = list_settings(invocation.resolved)
    data: dict[str, Any] = {"config": _nested(settings)}
    if origin:
        data["origins"] = {setting.path: setting.origin for setting in settings}
    invocation.answer(data, lambda printer: _show(printer, settings, origin=origin), rows=settings)


def _nested(settings: Sequence[ConfigSetting]) -> dict[str, Any]:
    """Make the sections again that the dotted paths name."""
    whole: dict[str, Any] = {}
    for setting in settings:
        *sections, name = setting.path.split(".")
        section = whole
        for word in sections:
            section = section.setdefault(word, {})
        section[name] = setting.value
    return whole


def _show(printer: Printer, settings: Sequence[ConfigSetting], *, origin: bool) -> None:
    columns = (_SETTING, _VALUE, _ORIGIN) if origin else (_SETTING, _VALUE)
    rows = []
    for setting in settings:
        style = "" if setting.origin == "default" else "good"
        cells = (Cell(setting.path), Cell(_text(setting.value), style=style), Cell(setting.origin))
        rows.append(cells[: len(columns)])
    printer.table(Table(columns, rows))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

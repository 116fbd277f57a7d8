"""The screen of the system: plugins, integrity, what waits in the outbox, backups, and the configuration."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError
from contexta.spi.dashboard import Page, Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta
    from contexta.spi.dashboard import DashboardContext, Question

__all__ = ["system_screen"]

_MOST_SHOWN = 200


def system_screen(context: DashboardContext) -> Screen:
    """Return the screen.

    Args:
        context: What extensions are given; it knows where the values of the configuration came from.
    """
    return Screen("system", "System", "/ui/system", partial(_show, context), order=900)


def _show(context: DashboardContext, contexta: Contexta, question: Question) -> Page:
    """Show the state of the workspace; ``verify`` in the address has every byte of it read."""
    from contexta.recovery import list_backups, list_outbox, verify_workspace

    is_verified = question.first("verify") is not None
    changed = question.first("settings") == "all"
    settings = _settings(context)
    return Page(
        "system.html",
        {
            "workspace": contexta.workspace,
            "plugins": contexta.plugin_host.describe(),
            "damage": {what: count for what, count in contexta.repository.damage_counts().items() if count},
            "report": _tried(partial(verify_workspace, context.config)) if is_verified else None,
            "outbox": _tried(partial(list_outbox, context.config)),
            "backups": _tried(partial(list_backups, context.config)),
            "most": _MOST_SHOWN,
            "settings": settings if changed else [each for each in settings if each[2] != "default"],
            "setting_count": len(settings),
            "shows_all": changed,
        },
    )


def _tried(ask: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return an answer, or why there is none: what cannot be read of one part harms no other."""
    try:
        return ask(), None
    except ContextaError as error:
        return None, error.message


def _settings(context: DashboardContext) -> list[tuple[str, str, str]]:
    """Return every setting with its value and its origin; texts that look like secrets are masked."""
    from contexta.config import ResolvedConfig, list_settings
    from contexta.config.schema import leaf_fields

    origins = {path: context.origins.get(path, "argument") for path in leaf_fields()}
    return [
        (each.path, json.dumps(each.value, ensure_ascii=False), each.origin)
        for each in list_settings(ResolvedConfig(context.config, origins))
    ]

"""What the dashboard consists of: the screens, tabs and panels of every extension, and what is wrong with the others."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, PluginError
from contexta.spi.dashboard import Panel, RunTab, Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.context import ComponentSource
    from contexta.spi.dashboard import DashboardContext

__all__ = ["KIND", "Extensions", "Problem", "find_extensions"]

#: The kind of plugins that extensions are.
KIND = "dashboard_extension"

_LOG = logging.getLogger("contexta_web")
#: Those of the dashboard itself come first, so that nobody takes an address of theirs.
_OURS = ("screens", "run_tabs", "home_panels")
#: Addresses that are no screen's.
_RESERVED = ("/ui/static/{}", "/ui/panels/{}", "/ui/runs/{}", "/ui/runs/{}/{}", "/ui/curation/{}")
_PARAMETER = re.compile(r"\{[a-z_]+\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """An extension, or a part of one, that is left out.

    Args:
        extension: Its name.
        message: Why.
    """

    extension: str
    message: str


@dataclass(frozen=True, slots=True)
class Extensions:
    """Everything that the dashboard shows, in order.

    Args:
        screens: The screens.
        tabs: The tabs of a run.
        panels: The panels of the first screen.
        problems: What is left out.
    """

    screens: tuple[Screen, ...]
    tabs: tuple[RunTab, ...]
    panels: tuple[Panel, ...]
    problems: tuple[Problem, ...] = ()


def find_extensions(components: ComponentSource, context: DashboardContext) -> Extensions:
    """Build every extension that is installed; one that cannot be built is left out, and told.

    Args:
        components: Where they are found.
        context: What their factories are given.
    """
    found: list[Screen | RunTab | Panel] = []
    problems: list[Problem] = []
    taken: dict[tuple[str, str], str] = {("address", path): "the dashboard" for path in _RESERVED}
    for name in sorted(components.names(KIND), key=lambda each: (_place(each), each)):
        try:
            parts = _built(components, name, context)
        except ContextaError as error:
            problems.append(Problem(name, error.message))
            continue
        for part in parts:
            rival = next((taken[claim] for claim in _claims(part) if claim in taken), None)
            if rival is None:
                taken |= dict.fromkeys(_claims(part), name)
                found.append(part)
            else:
                what = type(part).__name__.lower()
                problems.append(
                    Problem(name, f"its {what} {part.name!r} is left out: {rival} has that name or address")
                )
    for problem in problems:
        _LOG.warning("extension %s of the dashboard: %s", problem.extension, problem.message)
    return Extensions(
        tuple(each for each in _ordered(found) if isinstance(each, Screen)),
        tuple(each for each in _ordered(found) if isinstance(each, RunTab)),
        tuple(each for each in _ordered(found) if isinstance(each, Panel)),
        tuple(problems),
    )


def _built(
    components: ComponentSource, name: str, context: DashboardContext
) -> list[Screen | RunTab | Panel]:
    made: Any = components.open(KIND, name, context, required_by="the dashboard")
    try:
        parts = list(made)
    except Exception as error:
        # A generator of somebody's may raise anything.
        raise PluginError(
            f"its factory returned no sequence of parts: {type(error).__name__}: {error}",
            code="plugin_invalid",
        ) from error
    for part in parts:
        if not isinstance(part, (Screen, RunTab, Panel)):
            raise PluginError(
                f"its factory returned a {type(part).__name__} among its parts; they are Screen, RunTab or Panel",
                code="plugin_invalid",
            )
    return parts


def _claims(part: Screen | RunTab | Panel) -> list[tuple[str, str]]:
    """Return what no other part may have: the name among its like, and the address of a screen."""
    claims = [(type(part).__name__, part.name)]
    if isinstance(part, Screen):
        claims.append(("address", _PARAMETER.sub("{}", part.path)))
    return claims


def _ordered(parts: Sequence[Screen | RunTab | Panel]) -> list[Screen | RunTab | Panel]:
    return sorted(parts, key=lambda part: (part.order, part.title, part.name))


def _place(name: str) -> int:
    return _OURS.index(name) if name in _OURS else len(_OURS)

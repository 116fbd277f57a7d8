"""The frame around what is shown: the links to the screens, and those to the tabs of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from contexta.spi.dashboard import Download, Page
from contexta_web.screens.templating import is_whole, markup_of, rendered
from contexta_web.screens.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.dashboard import RunTab, Screen
    from contexta.spi.views import RunRecord
    from contexta_web.failures import Failure
    from contexta_web.screens.extensions import Extensions, Problem

__all__ = ["Answer", "Frame", "page_of", "page_of_failure", "page_of_tab", "page_titled"]

_HTML = {"content-type": "text/html; charset=utf-8"}
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Frame:
    """What every template is given beside its own values, as ``frame``.

    Args:
        screens: The screens that are linked to.
        title: What is shown.
        current: The name of the screen that is shown, or of the one that leads to it.
        problems: What is left out of the dashboard.
        tabs: The tabs of a run, where one is shown.
        tab: The name of the tab.
        run: The run.
        visit: Who looks.
    """

    screens: tuple[Screen, ...]
    title: str
    current: str = ""
    problems: tuple[Problem, ...] = ()
    tabs: tuple[RunTab, ...] = ()
    tab: str = ""
    run: RunRecord | None = None
    visit: Visit = field(default_factory=Visit)


class Answer(NamedTuple):
    """What a browser is sent.

    Args:
        status: The HTTP status.
        body: The content.
        headers: What is said about it.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = _HTML


def page_of(shown: Page | Download | str, screen: Screen, extensions: Extensions, visit: Visit) -> Answer:
    """Return the answer of a screen.

    Args:
        shown: What its function returned.
        screen: The screen.
        extensions: What there is beside it.
        visit: Who looks.
    """
    current = _nearest(screen, _listed(extensions))
    return page_titled(shown, screen.title, current, extensions, visit)


def page_titled(
    shown: Page | Download | str, title: str, current: str, extensions: Extensions, visit: Visit
) -> Answer:
    """Return the answer of a page that is no screen's.

    Args:
        shown: What is shown.
        title: What it is called.
        current: The name of the screen that leads to it.
        extensions: What there is beside it.
        visit: Who looks.
    """
    frame = Frame(_listed(extensions), title, current, extensions.problems, visit=visit)
    return _framed(shown, frame, "part.html")


def page_of_tab(
    shown: Page | Download | str, tab: RunTab, run: RunRecord, extensions: Extensions, visit: Visit
) -> Answer:
    """Return the answer of a tab of a run.

    Args:
        shown: What its function returned.
        tab: The tab.
        run: The run.
        extensions: What there is beside it.
        visit: Who looks.
    """
    tabs = (extensions.tabs, tab.name, run)
    frame = Frame(_listed(extensions), tab.title, "runs", extensions.problems, *tabs, visit)
    return _framed(shown, frame, "run_part.html")


def page_of_failure(failure: Failure, extensions: Extensions) -> Answer:
    """Return the answer that tells of a failure.

    Args:
        failure: The failure.
        extensions: What there is beside it.
    """
    values = {"status": failure.status, "code": failure.code, "message": failure.message}
    frame = Frame(_listed(extensions), str(failure.status))
    return _framed(Page("failure.html", values, failure.status), frame, "part.html")


def _framed(shown: Page | Download | str, frame: Frame, around: str) -> Answer:
    if isinstance(shown, Download):
        return _download(shown)
    markup = markup_of(shown, {"frame": frame})
    if not is_whole(markup):
        markup = rendered(around, {"frame": frame, "part": markup})
    return Answer(shown.status if isinstance(shown, Page) else 200, markup.encode("utf-8", "replace"))


def _download(shown: Download) -> Answer:
    # A name that means something to a header or a file system does not get into it.
    name = _UNUSUAL.sub("-", shown.name).strip("-.") or "download"
    headers = {"content-type": shown.media_type, "content-disposition": f'attachment; filename="{name}"'}
    return Answer(200, shown.content, headers)


def _listed(extensions: Extensions) -> tuple[Screen, ...]:
    return tuple(screen for screen in extensions.screens if screen.listed and "{" not in screen.path)


def _nearest(screen: Screen, listed: tuple[Screen, ...]) -> str:
    """Return the name of the linked screen that a screen belongs to by its address."""
    above = [each for each in listed if f"{screen.path}/".startswith(f"{each.path}/")]
    return max(above, key=lambda each: len(each.path)).name if above else screen.name

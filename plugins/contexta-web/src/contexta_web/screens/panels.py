"""The panels of the first screen: each is answered on its own, so that none spoils another."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from contexta.spi.dashboard import Question
from contexta_web.failures import Failure, failure_of
from contexta_web.screens.templating import markup_of

if TYPE_CHECKING:
    from markupsafe import Markup

    from contexta import Contexta
    from contexta.spi.dashboard import Panel
    from contexta_web.workers import Workers

__all__ = ["Panels", "ShownPanel"]

#: A panel that takes longer is told to have failed.
_SECONDS = 10.0
#: So many answers of one panel may be made at once; one that hangs must not take every thread.
_MOST_RUNNING = 4


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """A panel as it is shown.

    Args:
        name: Its name.
        title: What it is called.
        content: What it shows; None where it failed.
        problem: Why it failed.
    """

    name: str
    title: str
    content: Markup | None
    problem: str | None = None


class Panels:
    """Answers panels.

    Args:
        contexta: The workspace.
        workers: Where they are answered.
    """

    def __init__(self, contexta: Contexta, workers: Workers) -> None:
        self._contexta = contexta
        self._workers = workers
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    async def show(self, panel: Panel) -> ShownPanel:
        """Return a panel; one that fails says why.

        Args:
            panel: The panel.
        """
        try:
            content = await self._workers.answer(partial(self._answered, panel), seconds=_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever failed, the other panels are shown
            return ShownPanel(panel.name, panel.title, None, failure_of(error).message)
        if isinstance(content, Failure):
            return ShownPanel(panel.name, panel.title, None, content.message)
        return ShownPanel(panel.name, panel.title, content)

    def _answered(self, panel: Panel) -> Markup | Failure:
        with self._lock:
            if self._running[panel.name] >= _MOST_RUNNING:
                return Failure(503, "http_timeout", "earlier answers of this panel have not ended yet")
            self._running[panel.name] += 1
        try:
            return markup_of(panel.show(self._contexta, Question()), {})
        finally:
            with self._lock:
                self._running[panel.name] -= 1

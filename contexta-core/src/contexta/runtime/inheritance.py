"""How a child process knows the run of its parent: through one environment variable.

A run that is open is announced in ``CONTEXTA_RUN`` of the process that opened it, so whatever that process starts
(a data loader, a rank, a shell script that calls Python) captures into the same run without being told.
"""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from contexta.contract.refs import StableRef

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["VARIABLE", "Announcement", "Announcer", "inherited_run"]

#: The variable that announces an open run to child processes.
VARIABLE = "CONTEXTA_RUN"


class Announcement(NamedTuple):
    """What the variable says.

    Args:
        run: Reference of the run.
        name: The run's name.
        workspace: The workspace that it is in; a session of another one is not concerned.
        pid: The process that opened it; for itself it is no inheritance.
    """

    run: str
    name: str
    workspace: str
    pid: int


class Announcer:
    """Announces one run for as long as it is open; of several open runs the last opened is announced.

    Args:
        run: Reference of the run.
        name: The run's name.
        workspace: The workspace that it is in.
    """

    def __init__(self, run: str, name: str, workspace: Path) -> None:
        self._text = json.dumps(Announcement(run, name, str(workspace), os.getpid())._asdict())
        _OPEN.announce(self._text)

    def withdraw(self) -> None:
        """Take the announcement back; doing so twice is harmless."""
        _OPEN.withdraw(self._text)


class _OpenAnnouncements:
    """What this process announces, and what the variable said before."""

    _lock: threading.Lock
    _texts: list[str]
    _before: str | None

    def __init__(self) -> None:
        self.restart()

    def announce(self, text: str) -> None:
        """Announce one more run."""
        with self._lock:
            if not self._texts:
                self._before = os.environ.get(VARIABLE)
            self._texts.append(text)
            os.environ[VARIABLE] = text

    def withdraw(self, text: str) -> None:
        """Forget one run; the variable then says what it would without it, unless somebody else has set it."""
        with self._lock:
            if text not in self._texts:
                return
            is_ours = os.environ.get(VARIABLE) == self._texts[-1]
            self._texts.remove(text)
            if not is_ours:
                return
            remaining = self._texts[-1] if self._texts else self._before
            if remaining is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = remaining

    def restart(self) -> None:
        """Begin with nothing; so does a forked child, for the parent's runs are not its own to withdraw."""
        self._lock = threading.Lock()
        self._texts = []
        self._before = None


_OPEN = _OpenAnnouncements()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_OPEN.restart)


def inherited_run(workspace: Path, project: str) -> Announcement | None:
    """Return the run that a parent process has announced for a project of a workspace, or None.

    Args:
        workspace: The workspace.
        project: The project's component.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        return None
    try:
        announcement = Announcement(**json.loads(text))
        ref = StableRef.parse(announcement.run)
    except (ValueError, TypeError, RecursionError):
        # Somebody else's variable of that name is not ours to complain about.
        return None
    if ref.kind != "run" or ref.components[0] != project or not isinstance(announcement.name, str):
        return None
    if announcement.pid == os.getpid() or announcement.workspace != str(workspace):
        return None
    return announcement

"""How a child process knows the run of its parent: through one environment variable.

A run that is open is announced in ``CONTEXTA_RUN`` of the process that opened it, so whatever that process starts
(a data loader, a rank, a shell script that calls Python) captures into the same run without being told.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["VARIABLE", "Announcement", "Announcer", "inherited_run"]

#: The variable that announces an open run to child processes.
VARIABLE = "CONTEXTA_RUN"


@dataclass(frozen=True, slots=True)
class Announcement:
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
    """Announces one run for as long as it is open.

    Args:
        run: Reference of the run.
        name: The run's name.
        workspace: The workspace that it is in.
    """

    def __init__(self, run: str, name: str, workspace: Path) -> None:
        self._text = json.dumps(asdict(Announcement(run, name, str(workspace), os.getpid())))
        self._previous = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = self._text

    def withdraw(self) -> None:
        """Take the announcement back; one that another run has replaced meanwhile stays."""
        if os.environ.get(VARIABLE) != self._text:
            return
        if self._previous is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = self._previous


def inherited_run(workspace: Path) -> Announcement | None:
    """Return the run that a parent process has announced for this workspace, or None."""
    text = os.environ.get(VARIABLE)
    if not text:
        return None
    try:
        announcement = Announcement(**json.loads(text))
    except (ValueError, TypeError):
        # Somebody else's variable of that name is not ours to complain about.
        return None
    if announcement.pid == os.getpid() or announcement.workspace != str(workspace):
        return None
    return announcement

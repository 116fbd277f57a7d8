"""What went wrong with a component the last time it was used, kept in the workspace for ``contexta plugins list``.

A sink that fails spoils no run, so its failure must be found afterwards, and by another process: each component has one
small file, written when it first fails in a session and removed when a session with it ends well.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Trouble", "Troubles"]

_SUFFIX = ".json"


class Trouble(NamedTuple):
    """One component's last failure.

    Args:
        kind: Kind of the component.
        name: The word in the configuration that selects it.
        id: Its name among the configured ones.
        distribution: The distribution that brought it; empty where nothing did.
        at: When it failed (ISO 8601, UTC).
        reason: What it said.
    """

    kind: str
    name: str
    id: str
    distribution: str
    at: str
    reason: str

    @property
    def sentence(self) -> str:
        """The trouble in one sentence."""
        return f"failed when it was last used, {self.at}, as {self.id!r}: {self.reason}"


class Troubles:
    """The last failures in one workspace; what cannot be written or read is left out.

    Args:
        workspace: Root of the workspace; it is not made.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._directory = workspace / "plugins"

    def note(self, trouble: Trouble) -> None:
        """Write a trouble over the one before."""
        import json

        file = self._file(trouble.kind, trouble.id)
        fresh = file.with_suffix(f".{os.getpid()}.new")
        try:
            if not self._workspace.is_dir():
                return
            self._directory.mkdir(mode=0o700, exist_ok=True)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
                json.dump(trouble._asdict(), stream)
            fresh.replace(file)
        except OSError:
            # A full or read-only disk is told of by the stores; the trouble is also in the log.
            return

    def clear(self, kind: str, identifier: str) -> None:
        """Forget a component's trouble: it served a session without failing."""
        try:
            self._file(kind, identifier).unlink(missing_ok=True)
        except OSError:
            return

    def read(self) -> list[Trouble]:
        """List the troubles, by kind and id."""
        import json

        found = []
        for file in sorted(self._directory.glob(f"*{_SUFFIX}")):
            try:
                said = json.loads(file.read_text(encoding="utf-8"))
                found.append(Trouble(**{name: str(said[name]) for name in Trouble._fields}))
            except (OSError, ValueError, TypeError, KeyError):
                # Half a file of a machine that lost power says nothing.
                continue
        return found

    def _file(self, kind: str, identifier: str) -> Path:
        from urllib.parse import quote

        return self._directory / f"{kind}.{quote(identifier, safe='')}{_SUFFIX}"

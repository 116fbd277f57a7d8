"""What one process knows of its surroundings, gathered once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.config.models import CaptureConfig
    from contexta.redaction import Redactor

__all__ = ["GATHERED", "Gathered"]


class Gathered:
    """Remembers each part from its first gathering on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, Any] = {}
        self._diffs: WeakKeyDictionary[Redactor, str] = WeakKeyDictionary()

    def is_ready(self, capture: CaptureConfig) -> bool:
        """Return whether every part that the configuration asks for is known."""
        wanted = {
            "environment": capture.capture_environment_snapshot,
            "packages": capture.capture_environment_snapshot and capture.capture_installed_packages,
            "code": capture.capture_code_revision,
        }
        return all(part in self._parts for part, asked in wanted.items() if asked)

    def environment(self) -> dict[str, Any]:
        """Return Python, platform and hardware."""
        from contexta.runtime.surroundings.environment import describe_environment

        return dict(self._once("environment", describe_environment))

    def packages(self) -> dict[str, str]:
        """Return the installed distributions by name, with their versions."""
        from contexta.runtime.surroundings.packages import installed_packages

        return dict(self._once("packages", installed_packages))

    def code(self, redactor: Redactor) -> dict[str, Any] | None:
        """Return the state of the repository around the program, or None outside of one.

        Args:
            redactor: Applied to the diff, once: a large one takes it longer than opening a run.
        """
        from contexta.runtime.surroundings.code import describe_code

        code: dict[str, Any] | None = self._once("code", describe_code)
        if code is None or not code.get("diff"):
            return code
        diff = self._diffs.get(redactor)
        if diff is None:
            diff = self._diffs[redactor] = redactor.diff(code["diff"])
        return code | {"diff": diff}

    def _once(self, part: str, gather: Callable[[], Any]) -> Any:
        with self._lock:
            if part not in self._parts:
                self._parts[part] = gather()
            return self._parts[part]

    def reset_lock(self) -> None:
        """Replace the lock; a forked child must not wait for a thread that it does not have."""
        self._lock = threading.Lock()


#: The surroundings of this process.
GATHERED = Gathered()


def _register_fork_hook() -> None:
    import os

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=GATHERED.reset_lock)


_register_fork_hook()

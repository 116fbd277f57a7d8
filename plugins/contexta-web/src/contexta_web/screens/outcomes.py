"""What came of changes, kept until the page behind them tells it."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

__all__ = ["Outcome", "Outcomes"]

_KEY_BYTES = 12
#: So many are kept; an address whose outcome is gone shows its page without it.
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change.

    Args:
        sentence: What was done.
        failures: The runs of which it was not done, each with the reason.
        notes: What is left to do, in words.
    """

    sentence: str
    failures: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Outcomes:
    """Keeps outcomes under keys that nobody can guess, so that no link makes a page tell what did not happen."""

    def __init__(self) -> None:
        self._kept: dict[str, Outcome] = {}
        self._lock = threading.Lock()

    def keep(self, outcome: Outcome) -> str:
        """Keep an outcome, and return its key.

        Args:
            outcome: The outcome.
        """
        key = secrets.token_urlsafe(_KEY_BYTES)
        with self._lock:
            self._kept[key] = outcome
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return key

    def find(self, key: str | None) -> Outcome | None:
        """Return what is kept under a key, or None.

        Args:
            key: The key, as an address has it.
        """
        with self._lock:
            return None if key is None else self._kept.get(key)

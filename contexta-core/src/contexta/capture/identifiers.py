"""Identifiers of records and artifacts: unique in the workspace without asking anybody."""

from __future__ import annotations

import itertools
import os
import time

__all__ = ["Identifiers"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Identifiers:
    """Makes identifiers of a process: a token of its own, then a counter.

    The token is new in every process; after a fork the child makes its own.
    """

    __slots__ = ("_counter", "_pid", "_token")

    def __init__(self) -> None:
        self._renew()

    def _renew(self) -> None:
        self._pid = os.getpid()
        # Time first, so that identifiers of later processes sort behind; then enough chance for one instant.
        self._token = f"{_base36(time.time_ns() // 1_000_000, 9)}{_base36(int.from_bytes(os.urandom(5)), 7)}"
        self._counter = itertools.count()

    def next(self) -> str:
        """Return the next identifier, a legal component of a reference."""
        if os.getpid() != self._pid:
            self._renew()
        return f"{self._token}-{next(self._counter)}"

    def take(self, count: int) -> list[str]:
        """Return so many identifiers at once."""
        if os.getpid() != self._pid:
            self._renew()
        return [f"{self._token}-{number}" for number in itertools.islice(self._counter, count)]


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, remainder = divmod(number, 36)
        digits = _DIGITS[remainder] + digits
    return digits.rjust(width, "0")[-width:]

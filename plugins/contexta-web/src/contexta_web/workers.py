"""Where questions are answered: in a few threads, each answer within its time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta_web.settings import Limits

__all__ = ["Workers"]

Answer = TypeVar("Answer")


class Workers:
    """Threads that answer questions; a question whose time is over keeps its thread until it ends, and no more.

    Args:
        limits: How many, and how long.
    """

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.answer_seconds
        self._pool = ThreadPoolExecutor(limits.workers, thread_name_prefix="contexta-web")

    async def answer(self, question: Callable[[], Answer], *, seconds: float | None = None) -> Answer:
        """Return what a question is answered with.

        Args:
            question: Answers it.
            seconds: So long it may take; as the limits say when None.

        Raises:
            TimeoutError: It took too long.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._seconds if seconds is None else seconds):
            return await loop.run_in_executor(self._pool, question)

    def begin(self, question: Callable[[], object]) -> None:
        """Ask something of which nobody waits for the answer; what is wrong the next question tells."""
        self._pool.submit(question)

    def close(self) -> None:
        """Begin no question any more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

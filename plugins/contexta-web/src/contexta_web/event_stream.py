"""Server-sent events: what changed in the workspace, as it changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from contexta_web.changes import changes_between
from contexta_web.failures import Failure, failure_of
from contexta_web.json_text import json_bytes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from contexta_web.changes import Change, WorkspaceWatch
    from contexta_web.workers import Workers

__all__ = ["EventStreams"]

_PAUSE_SECONDS = 0.5
#: So often something is sent where nothing changed, so that a connection that is dead is found out.
_BEAT_EVERY = 30
_TYPE = "text/event-stream; charset=utf-8"


class EventStreams:
    """The streams that are open.

    Args:
        watch: Looks at the workspace.
        workers: Where it looks.
        most: So many streams at once.
        is_stopping: Whether the server is about to stop.
    """

    def __init__(
        self, watch: WorkspaceWatch, workers: Workers, most: int, is_stopping: Callable[[], bool]
    ) -> None:
        self._watch = watch
        self._workers = workers
        self._most = most
        self._is_stopping = is_stopping
        self._open = 0

    async def respond(self, request: Request) -> Response:
        """Answer a request for the stream."""
        from starlette.responses import Response, StreamingResponse

        if request.method == "HEAD":
            return Response(headers={"content-type": _TYPE})
        if self._open >= self._most:
            full = Failure(503, "http_too_many_streams", f"{self._most} streams are open; close one")
            return Response(full.body(), 503, {"content-type": "application/json; charset=utf-8"})
        # Counted here, and not when the first event is asked for: of those that come at once nobody else knows yet.
        self._open += 1
        events, streams = self._events(), self

        class CountedResponse(StreamingResponse):
            """A stream that is no longer counted when it ends, even one that never began."""

            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                try:
                    await super().__call__(scope, receive, send)
                finally:
                    streams._open -= 1

        return CountedResponse(events, headers={"content-type": _TYPE})

    async def _events(self) -> AsyncIterator[bytes]:
        try:
            seen = await self._workers.answer(self._watch.look)
            yield b"retry: 2000\n\n"
            quiet = 0
            while not self._is_stopping():
                await asyncio.sleep(_PAUSE_SECONDS)
                now = await self._workers.answer(self._watch.look)
                text = b"".join(_written(each) for each in changes_between(seen, now))
                quiet = 0 if text else quiet + 1
                seen = now
                if text:
                    yield text
                elif quiet % _BEAT_EVERY == 0:
                    yield b": nothing changed\n\n"
        except Exception as error:  # noqa: BLE001 - the head is sent; what failed is logged, and told as an event
            yield b"event: failure\ndata: " + failure_of(error).body() + b"\n\n"


def _written(change: Change) -> bytes:
    return f"event: {change.event}\n".encode() + b"data: " + json_bytes(change.data) + b"\n\n"

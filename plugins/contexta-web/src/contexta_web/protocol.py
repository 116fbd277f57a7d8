"""HTTP/1.1 with patience that ends: a client that neither sends nor takes loses its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from contexta_web.failures import Failure
from contexta_web.guard import SECURITY_HEADERS

if TYPE_CHECKING:
    import asyncio

__all__ = ["patient_protocol"]

#: States of a client that owes the rest of a request.
_OWING = (h11.IDLE, h11.SEND_BODY)
#: What the client is waited for: the rest of its request, and its taking of the answer.
_REQUEST, _ANSWER = "request", "answer"


def patient_protocol(*, idle_seconds: float, connections: int) -> type[H11Protocol]:
    """Return the protocol of a server.

    Args:
        idle_seconds: So long may a client take to send a request, or to take more of an answer.
        connections: So many connections at once.
    """

    class PatientProtocol(_PatientProtocol):
        idle = idle_seconds
        most = connections

    return PatientProtocol


class _PatientProtocol(H11Protocol):
    """uvicorn's protocol, with a deadline for requests and for the taking of answers."""

    idle: float
    most: int

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._clocks: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._watch_request()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        super().data_received(data)
        self._watch_request()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch_request()

    def pause_writing(self) -> None:
        """Note that the client does not take what is sent."""
        self.flow.pause_writing()
        self._start(_ANSWER)

    def resume_writing(self) -> None:
        """Note that it does again."""
        self.flow.resume_writing()
        self._stop(_ANSWER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go."""
        self._stop(_REQUEST)
        self._stop(_ANSWER)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers that every answer bears."""
        del msg
        if self.conn.our_state is not h11.IDLE and self.conn.our_state is not h11.SEND_RESPONSE:
            self.transport.close()
            return
        body = Failure(
            400, "http_bad_request", "this is no HTTP request, or its headers are too large"
        ).body()
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *SECURITY_HEADERS,
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch_request(self) -> None:
        """Start the clock where the client owes a request; one that trickles does not set it back."""
        if self.conn.their_state in _OWING:
            self._start(_REQUEST)
        else:
            self._stop(_REQUEST)

    def _start(self, what: str) -> None:
        if what not in self._clocks:
            self._clocks[what] = self.loop.call_later(self.idle, self.transport.abort)

    def _stop(self, what: str) -> None:
        clock = self._clocks.pop(what, None)
        if clock is not None:
            clock.cancel()

"""The server: uvicorn, with patience that ends."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from contexta.errors import DependencyError, SurfaceError
from contexta_web.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from contexta import Contexta
    from contexta_web.settings import ServerSettings

__all__ = ["listen", "require_server", "serve_workspace"]

_BACKLOG = 512
#: So long questions that are being answered may go on when the server stops.
_LAST_SECONDS = 3
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def require_server() -> None:
    """Refuse to go on without the packages that serve.

    Raises:
        DependencyError: They are not installed.
    """
    try:
        import starlette
        import uvicorn
    except ImportError as error:
        raise DependencyError(
            "serving needs the packages starlette and uvicorn: pip install 'contexta[serve]>=2'",
            code="serve_library_missing",
            cause=error,
        ) from error
    del starlette, uvicorn


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: The address.
        port: The port; 0 takes a free one.

    Raises:
        SurfaceError: It cannot be listened on.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SurfaceError(
            f"{host} port {port} cannot be listened on: {reason}; choose another with --port, or 0 for a free one",
            code="http_address_unusable",
            cause=error,
        ) from error
    # Connections inherit it.  Head and body of an answer are written apart, and without it the second waits for the
    # client to acknowledge the first: 40 ms that asyncio spares only sockets that name their protocol.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _look_once(contexta: Contexta) -> None:
    """Let the stores open their indexes, which the first question would wait for."""
    from contexta.spi.querying import RunListQuery

    newest = contexta.list_runs(query=RunListQuery(limit=1))
    contexta.repository.metric_keys([run.run_id for run in newest])


def serve_workspace(
    contexta: Contexta,
    listening: socket.socket,
    settings: ServerSettings,
    started: Callable[[], None],
    origins: Mapping[str, str] | None = None,
    stopping: threading.Event | None = None,
) -> None:
    """Answer questions about a workspace until the process is told to end (SIGINT or SIGTERM), or it is to stop.

    Signals are for the main thread; in another one only the event ends it.

    Args:
        contexta: The workspace.
        listening: The socket that listens.
        settings: How the server is reached.
        started: Called once when questions are answered; it must not block.
        origins: Where each value of the configuration came from, by dotted path; None where nobody knows.
        stopping: Set when it is to stop; None where only signals end it.
    """
    import uvicorn

    from contexta_web.application import make_application
    from contexta_web.protocol import patient_protocol

    ending = stopping or threading.Event()

    class Server(uvicorn.Server):
        """Ends on a signal, and lets its caller go on."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            ending.set()
            super().handle_exit(sig, frame)

        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or ending.is_set()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            # From here on a signal ends it well, so whoever waits for the address may send one.
            started()
            workers.begin(partial(_look_once, contexta))

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            if threading.current_thread() is not threading.main_thread():
                yield
                return
            before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
            try:
                yield
            finally:
                for each, handler in before.items():
                    signal.signal(each, handler)

    limits = settings.limits
    workers = Workers(limits)
    application = make_application(contexta, settings, workers, ending.is_set, origins)
    server = Server(
        uvicorn.Config(
            application,
            http=patient_protocol(idle_seconds=limits.idle_seconds, connections=limits.connections),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=limits.header_bytes,
            timeout_graceful_shutdown=_LAST_SECONDS,
        )
    )
    try:
        server.run(sockets=[listening])
    finally:
        workers.close()
        listening.close()

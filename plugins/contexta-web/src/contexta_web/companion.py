"""The dashboard beside a capture: served by the process that captures, for as long as its session is open."""

from __future__ import annotations

import logging
import os
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

from contexta_web.settings import ServerSettings, is_loopback, new_token

if TYPE_CHECKING:
    import socket

    from contexta.config.models import UnifiedConfig

__all__ = ["Companion"]

_LOG = logging.getLogger("contexta_web")
#: So long a session that is closed waits for answers that are being given.
_LAST_SECONDS = 5.0


class Companion:
    """A server in a thread of its own, over a reader of the workspace that captures nothing.

    Args:
        config: The configuration of the session that captures.
    """

    def __init__(self, config: UnifiedConfig) -> None:
        self._config = config
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> str | None:
        """Serve, and return the address; None where it cannot be served here, which the log tells.

        Raises:
            DependencyError: The packages that serve are not installed.
        """
        from contexta import Contexta
        from contexta.errors import SurfaceError
        from contexta_web.server import listen, require_server

        wanted = self._config.surfaces.http
        if not is_loopback(wanted.host):
            _LOG.warning(
                "the dashboard is not served: surfaces.http.host is %s, which other machines reach; "
                "`contexta serve --expose` serves it with a token",
                wanted.host,
            )
            return None
        require_server()
        try:
            listening = listen(wanted.host, wanted.port)
        except SurfaceError as error:
            # Of several processes of one job the first has the port, and one dashboard is enough for all.
            _LOG.warning("the dashboard is not served by process %d: %s", os.getpid(), error.message)
            return None
        _listening.add(listening)
        opens = partial(Contexta, config=self._config, sinks=()) if wanted.writable else None
        token = new_token() if wanted.writable else None
        settings = ServerSettings(wanted.host, listening.getsockname()[1], token=token, open_to_change=opens)
        self._thread = threading.Thread(
            target=self._serve, args=(listening, settings), name="contexta-dashboard", daemon=True
        )
        self._thread.start()
        self._started.wait(_LAST_SECONDS)
        if sys.stderr is not None:  # a program without a terminal has none
            sys.stderr.write(f"Contexta serves its dashboard at {settings.url}\n")
        return settings.url

    def stop(self) -> None:
        """Stop serving.  Stopping twice is harmless."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_LAST_SECONDS)
            self._thread = None

    def _serve(self, listening: socket.socket, settings: ServerSettings) -> None:
        from contexta import Contexta
        from contexta_web.server import serve_workspace

        try:
            with Contexta(config=self._config, sinks=()) as contexta:
                serve_workspace(contexta, listening, settings, self._started.set, stopping=self._stopping)
        except Exception:  # noqa: BLE001 - the dashboard's end is nothing to the capture beside it
            _LOG.exception("the dashboard ended")
        finally:
            listening.close()


#: Sockets that a forked child must not keep open: it answers nobody.
_listening: WeakSet[socket.socket] = WeakSet()


def _close_all() -> None:
    for each in list(_listening):
        each.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_all)

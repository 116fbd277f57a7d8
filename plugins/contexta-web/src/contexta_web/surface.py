"""The surface ``http``: the dashboard in this process, asked without a network."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from contexta.spi.dashboard_surface import DashboardAnswer
from contexta_web.settings import ServerSettings
from contexta_web.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from contexta import Contexta
    from contexta_web.guard import Guard

__all__ = ["Dashboard", "HttpSurface", "open_surface"]

_HELP = """\
The surface 'http' is the dashboard. To serve it:

    contexta serve
"""
_PORT = 80


class Dashboard:
    """See ``contexta.spi.dashboard_surface.OpenDashboard``.

    Args:
        application: What answers.
        problems: The extensions that are left out, and why.
    """

    def __init__(self, application: Guard, problems: Sequence[tuple[str, str]]) -> None:
        self._application = application
        self._problems = tuple(problems)

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """The extensions that are left out, wholly or in part: the name of each, and why."""
        return self._problems

    def get(self, address: str) -> DashboardAnswer:
        """Ask once, as a browser on this machine does.

        Args:
            address: Path and query.
        """
        return asyncio.run(self._get(address))

    async def _get(self, address: str) -> DashboardAnswer:
        path, _, query = address.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": unquote(path),
            "query_string": query.encode("ascii"),
            "headers": [(b"host", b"127.0.0.1")],
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._application(scope, receive, send)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]
        }
        return DashboardAnswer(
            sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:])
        )


class HttpSurface:
    """See ``contexta.spi.dashboard_surface.DashboardSurface``."""

    def __call__(self, arguments: Sequence[str], /) -> int:
        """Say how it is used.

        Args:
            arguments: ``--help``, or nothing.

        Returns:
            0 for help, 2 for anything else.
        """
        if list(arguments) == ["--help"]:
            sys.stdout.write(_HELP)
            return 0
        sys.stderr.write(_HELP)
        return 2

    @contextmanager
    def open_dashboard(self, workspace: Contexta, /) -> Iterator[Dashboard]:
        """Open the dashboard over a workspace until the block ends.

        Args:
            workspace: The workspace.

        Raises:
            DependencyError: The packages that serve are not installed.
        """
        from contexta_web.server import require_server

        require_server()
        from contexta.spi.dashboard import DashboardContext
        from contexta_web.application import make_application
        from contexta_web.screens.extensions import find_extensions

        settings = ServerSettings("127.0.0.1", _PORT)
        workers = Workers(settings.limits)
        try:
            found = find_extensions(workspace.plugin_host, DashboardContext(workspace.config))
            application = make_application(workspace, settings, workers, lambda: False)
            yield Dashboard(application, [(each.extension, each.message) for each in found.problems])
        finally:
            workers.close()


def open_surface(context: object, options: None) -> HttpSurface:
    """Build the surface; it takes no options.

    Args:
        context: Not looked at.
        options: None.
    """
    del context, options
    return HttpSurface()

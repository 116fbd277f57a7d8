"""The application: the screens, the questions of the API with their description, and the stream of events."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.spi.dashboard import DashboardContext
from contexta_web.api.openapi import openapi_document
from contexta_web.api.table import ENDPOINTS
from contexta_web.changes import WorkspaceWatch
from contexta_web.event_stream import EventStreams
from contexta_web.failures import Failure, failure_of
from contexta_web.guard import Guard
from contexta_web.json_text import json_bytes
from contexta_web.screens.extensions import find_extensions
from contexta_web.screens.frame import page_of_failure
from contexta_web.screens.routes import screen_routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from contexta import Contexta
    from contexta_web.api.endpoint import Endpoint
    from contexta_web.settings import ServerSettings
    from contexta_web.workers import Workers

    Handler = Callable[[Request], Awaitable[Response]]

__all__ = ["make_application"]

_JSON = "application/json; charset=utf-8"


def make_application(
    contexta: Contexta,
    settings: ServerSettings,
    workers: Workers,
    is_stopping: Callable[[], bool],
    origins: Mapping[str, str] | None = None,
) -> Guard:
    """Return the ASGI application.

    Args:
        contexta: The workspace.
        settings: How the server is reached.
        workers: Where questions are answered.
        is_stopping: Whether the server is about to stop, so that streams end.
        origins: Where each value of the configuration came from, by dotted path; None where nobody knows.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    import contexta as product

    described = json_bytes(openapi_document(ENDPOINTS, product.__version__))
    streams = EventStreams(WorkspaceWatch(contexta), workers, settings.limits.event_streams, is_stopping)
    extensions = find_extensions(contexta.plugin_host, DashboardContext(contexta.config, origins or {}))
    routes = [
        *(Route(each.path, _handler(each, contexta, workers), methods=["GET"]) for each in ENDPOINTS),
        *screen_routes(contexta, workers, extensions, settings),
        Route("/openapi.json", _constant(described), methods=["GET"]),
        Route("/events", streams.respond, methods=["GET"]),
    ]
    application = Starlette(routes=routes, exception_handlers={HTTPException: _unknown})
    application.router.redirect_slashes = False
    return Guard(application, settings, lambda failure: page_of_failure(failure, extensions).body)


def _handler(endpoint: Endpoint, contexta: Contexta, workers: Workers) -> Handler:
    """Return what answers a question over HTTP."""

    async def handle(request: Request) -> Response:
        try:
            arguments = endpoint.read(request.path_params, _first_values(request))
            body = await workers.answer(partial(_answered, endpoint, contexta, arguments))
        except Exception as error:  # noqa: BLE001 - whatever failed, the client gets the envelope, and the log the error
            return respond(failure_of(error))
        return _response(200, body)

    return handle


def _answered(endpoint: Endpoint, contexta: Contexta, arguments: Any) -> bytes:
    return json_bytes(endpoint.answer(contexta, arguments))


def _first_values(request: Request) -> dict[str, str]:
    """Return the parameters of the query; of several of one name the first."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, value)
    return found


def _constant(body: bytes) -> Handler:
    async def handle(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
        return _response(200, body)

    return handle


async def _unknown(request: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's signature
    if getattr(error, "status_code", 404) == 405:
        return respond(
            Failure(405, "http_method_not_allowed", "nothing is changed at this address; ask with GET")
        )
    return respond(
        Failure(404, "http_path_not_found", "there is no such path; /openapi.json describes those there are")
    )


def respond(failure: Failure) -> Response:
    """Return the response that tells of a failure."""
    return _response(failure.status, failure.body())


def _response(status: int, body: bytes) -> Response:
    from starlette.responses import Response

    return Response(body, status_code=status, headers={"content-type": _JSON})

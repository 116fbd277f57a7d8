"""The screens as routes of the application."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

from contexta_web.failures import failure_of
from contexta_web.screens.question import Page, Question
from contexta_web.screens.table import SCREENS
from contexta_web.screens.templating import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from contexta import Contexta
    from contexta_web.screens.question import Screen
    from contexta_web.workers import Workers

    Handler = Callable[[Request], Awaitable[Response]]

__all__ = ["screen_routes"]

_STYLE = "/ui/static/dashboard.css"
_MOST_VALUES = 500


def screen_routes(contexta: Contexta, workers: Workers) -> list[Route]:
    """Return the routes.

    Args:
        contexta: The workspace.
        workers: Where pages are made.
    """
    from starlette.responses import RedirectResponse, Response
    from starlette.routing import Route

    style = files("contexta_web.screens").joinpath("static", "dashboard.css").read_bytes()

    async def home(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
        return RedirectResponse("/ui", 303)

    async def stylesheet(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
        return Response(style, headers={"content-type": "text/css; charset=utf-8"})

    return [
        Route("/", home, methods=["GET"]),
        Route(_STYLE, stylesheet, methods=["GET"]),
        *(Route(each.path, _handler(each, contexta, workers), methods=["GET"]) for each in SCREENS),
    ]


def _handler(screen: Screen, contexta: Contexta, workers: Workers) -> Handler:
    """Return what shows a screen over HTTP."""

    async def handle(request: Request) -> Response:
        try:
            question = _question(request)
            status, body = await workers.answer(partial(_shown, screen, contexta, question))
        except Exception as error:  # noqa: BLE001 - whatever failed, people get a page, and the log the error
            failure = failure_of(error)
            values = {"status": failure.status, "code": failure.code, "message": failure.message}
            status, body = failure.status, render(Page("failure.html", values))
        from starlette.responses import Response

        return Response(body, status, {"content-type": "text/html; charset=utf-8"})

    return handle


def _shown(screen: Screen, contexta: Contexta, question: Question) -> tuple[int, bytes]:
    page = screen.show(contexta, question)
    return page.status, render(page)


def _question(request: Request) -> Question:
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items()[:_MOST_VALUES]:
        query.setdefault(name, []).append(value)
    return Question(request.path_params, query)

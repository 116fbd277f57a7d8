"""The screens as routes of the application."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page, Question
from contexta.spi.run_lookup import require_run
from contexta_web.failures import Failure, failure_of
from contexta_web.screens.curation.desk import CURATION_PATH, CurationDesk
from contexta_web.screens.frame import Answer, page_of, page_of_failure, page_of_tab
from contexta_web.screens.home import HOME, home_values
from contexta_web.screens.outcomes import Outcomes
from contexta_web.screens.panels import Panels
from contexta_web.screens.static_files import STATIC_PATH, static_files
from contexta_web.screens.templating import rendered
from contexta_web.screens.visit import OUTCOME, visit_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from contexta import Contexta
    from contexta.spi.dashboard import Download, Screen
    from contexta_web.screens.extensions import Extensions
    from contexta_web.screens.visit import Visit
    from contexta_web.settings import ServerSettings
    from contexta_web.workers import Workers

    Handler = Callable[[Request], Awaitable[Response]]
    Answering = Callable[[Request], Awaitable[Answer]]

__all__ = ["screen_routes"]

_MOST_VALUES = 500
_RUN = "/ui/runs/{run_id}"


def screen_routes(
    contexta: Contexta, workers: Workers, extensions: Extensions, settings: ServerSettings
) -> list[Route]:
    """Return the routes.

    Args:
        contexta: The workspace.
        workers: Where pages are made.
        extensions: What is shown.
        settings: Whether anything can be changed.
    """
    from starlette.responses import RedirectResponse
    from starlette.routing import Route

    panels = Panels(contexta, workers)
    outcomes = Outcomes()
    visiting = partial(visit_of, outcomes=outcomes, is_writable=settings.is_writable)

    async def root(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
        return RedirectResponse("/ui", 303)

    async def home(request: Request) -> Answer:
        values, status = {"statuses": ()}, 200
        showing = [asyncio.ensure_future(panels.show(each)) for each in extensions.panels]
        try:
            values = await workers.answer(partial(home_values, contexta))
        except Exception as error:  # noqa: BLE001 - people see the panels, and programs that something is wrong
            status = failure_of(error).status
        parts = await asyncio.gather(*showing)
        shown = Page("home.html", {**values, "panels": parts}, status)
        return page_of(shown, HOME, extensions, visiting(request))

    async def panel(request: Request) -> Answer:
        named = {each.name: each for each in extensions.panels}
        asked = named.get(request.path_params["name"])
        if asked is None:
            return _unknown(f"panel {request.path_params['name']!r}", named, extensions)
        part = rendered("panel.html", {"panel": await panels.show(asked)})
        return Answer(200, part.encode("utf-8", "replace"))

    async def tab(request: Request) -> Answer:
        return await workers.answer(
            partial(_tab_shown, contexta, extensions, _question(request), visiting(request))
        )

    def screen(each: Screen) -> Answering:
        async def answer(request: Request) -> Answer:
            return await workers.answer(
                partial(_screen_shown, contexta, extensions, each, _question(request), visiting(request))
            )

        return answer

    async def nowhere(request: Request) -> Answer:
        known = [each.path for each in extensions.screens if each.listed]
        return _unknown(f"screen {request.url.path}", known, extensions)

    answers: list[tuple[str, Answering]] = [
        (HOME.path, home),
        ("/ui/panels/{name}", panel),
        *((each.path, screen(each)) for each in extensions.screens if each.path != HOME.path),
        (_RUN, tab),
        (_RUN + "/{tab}", tab),
    ]
    # A whole word of an address comes before a part that may be anything.
    answers.sort(key=lambda pair: pair[0].count("{"))
    answers.append(("/ui/{rest:path}", nowhere))
    return [
        Route("/", root, methods=["GET"]),
        Route(STATIC_PATH + "{name:path}", _static_handler(), methods=["GET"]),
        *_changing_routes(contexta, workers, extensions, settings, outcomes),
        *(Route(path, _handler(answer, extensions), methods=["GET"]) for path, answer in answers),
    ]


def _static_handler() -> Handler:
    """Return what answers with the files that pages load."""
    from starlette.exceptions import HTTPException
    from starlette.responses import Response

    static = static_files()

    async def handle(request: Request) -> Response:
        found = static.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return Response(found[0], headers={"content-type": found[1]})

    return handle


def _changing_routes(
    contexta: Contexta, workers: Workers, extensions: Extensions, settings: ServerSettings, outcomes: Outcomes
) -> list[Route]:
    """Return the routes of changes, where there may be any."""
    from starlette.routing import Route

    opens = settings.open_to_change
    if opens is None:
        return []
    desk = CurationDesk(contexta, workers, extensions, outcomes, opens, settings.limits.change_seconds)
    return [
        Route(CURATION_PATH, _handler(desk.ask, extensions), methods=["GET"]),
        Route(CURATION_PATH, _handler(desk.change, extensions), methods=["POST"]),
    ]


def _handler(answer: Answering, extensions: Extensions) -> Handler:
    """Return what answers over HTTP; whoever asks gets a page whatever happens."""

    async def handle(request: Request) -> Response:
        try:
            status, body, headers = await answer(request)
        except Exception as error:  # noqa: BLE001 - whatever failed, people get a page, and the log the error
            status, body, headers = page_of_failure(failure_of(error), extensions)
        from starlette.responses import Response

        return Response(body, status, dict(headers))

    return handle


def _screen_shown(
    contexta: Contexta, extensions: Extensions, screen: Screen, question: Question, visit: Visit
) -> Answer:
    return page_of(screen.show(contexta, question), screen, extensions, visit)


def _tab_shown(contexta: Contexta, extensions: Extensions, question: Question, visit: Visit) -> Answer:
    run = require_run(contexta.repository, question.path["run_id"])
    named = {each.name: each for each in extensions.tabs}
    asked = question.path.get("tab")
    tab = next(iter(named.values()), None) if asked is None else named.get(asked)
    if tab is None:
        return _unknown(f"tab {asked!r}", named, extensions)
    narrowed = Question({"run_id": run.run_id}, question.query)
    try:
        shown: Page | Download | str = tab.show(contexta, narrowed)
    except Exception as error:  # noqa: BLE001 - a tab that fails leaves the way to the others
        failure = failure_of(error)
        values = {"status": failure.status, "code": failure.code, "message": failure.message}
        shown = Page("failure_part.html", values, failure.status)
    return page_of_tab(shown, tab, run, extensions, visit)


def _unknown(what: str, named: Iterable[str], extensions: Extensions) -> Answer:
    known = ", ".join(named)
    return page_of_failure(
        Failure(404, "http_path_not_found", f"there is no {what}; there are {known}"), extensions
    )


def _question(request: Request) -> Question:
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items()[:_MOST_VALUES]:
        # What only one look at a page told is no part of its address.
        if name != OUTCOME:
            query.setdefault(name, []).append(value)
    return Question(request.path_params, query)

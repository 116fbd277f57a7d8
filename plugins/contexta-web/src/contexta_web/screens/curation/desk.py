"""Where changes are asked for and made: a page that asks, and what answers its form."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from contexta.errors import ValidationError
from contexta.spi.dashboard import Page
from contexta_web.failures import Failure
from contexta_web.forms import Form
from contexta_web.screens.curation.carrying_out import carry_out
from contexta_web.screens.curation.kinds import KINDS, runs_in_words
from contexta_web.screens.curation.preview import preview_of
from contexta_web.screens.frame import Answer, page_of_failure, page_titled
from contexta_web.screens.outcomes import Outcome
from contexta_web.screens.visit import safe_address, visit_of, with_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from contexta import Contexta
    from contexta_web.screens.curation.kinds import Kind
    from contexta_web.screens.extensions import Extensions
    from contexta_web.screens.outcomes import Outcomes
    from contexta_web.screens.visit import Visit
    from contexta_web.workers import Workers

__all__ = ["CURATION_PATH", "CurationDesk"]

#: Where changes are asked for (GET) and made (POST).
CURATION_PATH = "/ui/curation/{kind}"
#: So many runs at once; a page has 50.
_MOST_RUNS = 200


class CurationDesk:
    """Asks about changes, and makes them.

    Args:
        contexta: The workspace, to ask.
        workers: Where it is asked and changed.
        extensions: What there is beside the page.
        outcomes: Where what came of changes is kept.
        open_to_change: Opens the workspace anew, for one change.
        seconds: So long is a change waited for.
    """

    def __init__(
        self,
        contexta: Contexta,
        workers: Workers,
        extensions: Extensions,
        outcomes: Outcomes,
        open_to_change: Callable[[], Contexta],
        seconds: float,
    ) -> None:
        self._contexta = contexta
        self._workers = workers
        self._extensions = extensions
        self._outcomes = outcomes
        self._open_to_change = open_to_change
        self._seconds = seconds

    async def ask(self, request: Request) -> Answer:
        """Answer with the page that asks whether runs are to be changed, and changes nothing itself."""
        query: dict[str, list[str]] = {}
        for name, text in request.query_params.multi_items():
            query.setdefault(name, []).append(text)
        return await self._page(request, Form(query))

    async def change(self, request: Request) -> Answer:
        """Change runs as the form of that page says, and lead back to where one was."""
        form: Form = request.state.form
        kind = KINDS.get(request.path_params["kind"])
        problem = None if kind is None else _problem(kind, form)
        if kind is None or problem is not None:
            return await self._page(request, form, problem)
        try:
            outcome = await self._carried_out(kind, form)
        except ValidationError as error:
            return await self._page(request, form, error.message)
        address = with_outcome(safe_address(form.text("back")), self._outcomes.keep(outcome))
        return Answer(303, b"", {"location": address})

    async def _carried_out(self, kind: Kind, form: Form) -> Outcome:
        doing = partial(carry_out, self._open_to_change, kind, form.every("run"), form)
        try:
            return await self._workers.answer(doing, seconds=self._seconds)
        except TimeoutError:
            return Outcome(f"This takes longer than {self._seconds:g} s and goes on; look again in a while.")

    async def _page(self, request: Request, form: Form, problem: str | None = None) -> Answer:
        kind = KINDS.get(request.path_params["kind"])
        if kind is None:
            known = ", ".join(KINDS)
            failure = Failure(404, "http_path_not_found", f"runs can be changed by {known}, and nothing else")
            return page_of_failure(failure, self._extensions)
        token = request.state.change_token
        if token is None and request.method != "POST":
            failure = Failure(
                401, "http_token_missing", "to change runs, open the address that the server printed"
            )
            return page_of_failure(failure, self._extensions)
        visit = visit_of(request, self._outcomes, is_writable=True)
        return await self._workers.answer(partial(self._shown, kind, form, problem, token, visit))

    def _shown(self, kind: Kind, form: Form, problem: str | None, token: str | None, visit: Visit) -> Answer:
        refused = _problem_of_runs(kind, form.every("run"))
        preview = preview_of(self._contexta, kind, () if refused else form.every("run"))
        back = safe_address(form.text("back"))
        values = {
            "kind": kind,
            "preview": preview,
            "what": runs_in_words([run.run_id for run in preview.runs]),
            "typed": form,
            "problem": refused or problem,
            "token": token or "",
            "back": back,
            "again": urlencode({"run": form.every("run"), "back": back}, doseq=True),
        }
        page = Page("curation.html", values, 400 if refused or problem else 200)
        return page_titled(page, kind.title, "runs", self._extensions, visit)


def _problem_of_runs(kind: Kind, run_ids: Sequence[str]) -> str | None:
    """Return what is wrong with the choice of runs."""
    if not run_ids:
        return "No run was chosen; go back and choose some."
    if kind.is_for_one and len(run_ids) > 1:
        return f"{len(run_ids)} runs were chosen; this is done with one at a time."
    if len(run_ids) > _MOST_RUNS:
        return f"{len(run_ids)} runs were chosen; at most {_MOST_RUNS} are changed at once."
    return None


def _problem(kind: Kind, form: Form) -> str | None:
    """Return what is wrong with a form, as far as that is not for the workspace to say."""
    if kind.name == "untag" and not form.every("tag"):
        return "No tag was chosen."
    return _problem_of_runs(kind, form.every("run"))

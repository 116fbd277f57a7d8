"""The contract of extensions of the dashboard."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import pytest

from contexta.errors import ContextaError
from contexta.plugins import Provider, hookimpl
from contexta.spi.dashboard import DashboardContext, Download, Page, Panel, Question, RunTab, Screen
from contexta.testing.contracts.contract import Contract
from contexta.testing.shown_page import ShownPage
from contexta.testing.workspaces import EXAMPLE_RUNS, open_plain_workspace, record_example_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from contexta._facade import Contexta
    from contexta.spi.dashboard_surface import DashboardAnswer, OpenDashboard

    Part = Screen | RunTab | Panel

__all__ = ["DashboardExtensionContract"]

_PARAMETER = re.compile(r"\{([a-z_]+)\}")
_GONE = "run:default.gone"
#: An element and an attribute that no page has of its own.
_MARK = "contexta-hostile"
_HOSTILE = (
    f'<{_MARK} onmouseover="alert(1)">\'"><script>alert(1)</script>{{{{ 7 * 7 }}}} \x1b[31m\u202egnirts'
)
_JAVASCRIPT = "javascript:alert(1)"


class _Offering:
    """A plugin, to be handed over as an object, that offers the extension; it takes the place of an installed one."""

    def __init__(self, contract: DashboardExtensionContract) -> None:
        self._contract = contract

    @hookimpl
    def contexta_dashboard_extensions(self) -> Iterable[Provider]:
        """Offer it."""
        return [Provider(self._contract.name, lambda context, _: self._contract.open_extension(context))]


class _Noting(dict[str, Any]):
    """A query that has nothing, and remembers the names that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return default

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


class DashboardExtensionContract(Contract, contract=True):
    """What an extension of the dashboard promises (``contexta.spi.dashboard``), in the dashboard that is installed.

    ::

        class TestMyExtension(DashboardExtensionContract):
            name = "acme_owners"

            def open_extension(self, context):
                return open_owners(context, None)
    """

    required: ClassVar[tuple[str, ...]] = ("name", "open_extension")

    #: The extension's word; every subclass gives this.  One that is installed under it stands aside for the test.
    name: ClassVar[str] = ""
    #: So many seconds may any answer take, over a few runs.
    most_seconds: ClassVar[float] = 5.0

    def open_extension(self, context: DashboardContext) -> Sequence[Part]:
        """Build the extension that is tested; every subclass gives this."""
        raise AssertionError(context)  # never called: a subclass without it cannot be defined

    def record_runs(self, ctx: Contexta) -> None:
        """Record what the extension is about, beside the example runs; override it where they have nothing of it."""

    def addresses(self) -> Sequence[str]:
        """Return further addresses that are worth a look, such as ``/ui/owners?project=shop``."""
        return ()

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Iterator[Contexta]:
        """Give a workspace with the example runs, one with hostile names, and what ``record_runs`` records."""
        with open_plain_workspace(tmp_path / "workspace", _Offering(self)) as ctx:
            record_example_runs(ctx)
            _record_hostile_run(ctx)
            self.record_runs(ctx)
            yield ctx

    @pytest.fixture
    def dashboard(self, workspace: Contexta) -> Iterator[OpenDashboard]:
        """Give the dashboard over it."""
        with _opened(workspace) as dashboard:
            yield dashboard

    def _parts(self, workspace: Contexta) -> list[Part]:
        return list(self.open_extension(DashboardContext(workspace.config)))

    def _all_addresses(self, workspace: Contexta) -> list[str]:
        runs = [run.run_id for run in workspace.list_runs()]
        found = [each for part in self._parts(workspace) for each in _addresses_of(part, runs)]
        return [*found, *self.addresses()]

    def _pages(self, workspace: Contexta, dashboard: OpenDashboard) -> Iterator[tuple[str, ShownPage]]:
        for address in self._all_addresses(workspace):
            answer = dashboard.get(address)
            if answer.is_page:
                yield address, ShownPage(answer.text)

    def test_it_is_made_of_parts(self, workspace: Contexta) -> None:
        """It is at least one screen, tab or panel, and built again it has the same."""
        parts = self._parts(workspace)
        assert parts
        assert [] == [part for part in parts if not isinstance(part, (Screen, RunTab, Panel))]
        assert [(type(part), part.name) for part in parts] == [
            (type(part), part.name) for part in self._parts(workspace)
        ]

    def test_nothing_of_it_is_left_out(self, dashboard: OpenDashboard) -> None:
        """The dashboard takes every part: no name or address belongs to another, or stands in it twice."""
        assert [] == [problem for problem in dashboard.problems if problem[0] == self.name]

    def test_it_can_be_found(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Every listed screen, tab and panel is on the page that leads to it."""
        home, run = dashboard.get("/ui").text, dashboard.get(f"/ui/runs/{EXAMPLE_RUNS[0]}").text
        for part in self._parts(workspace):
            if isinstance(part, RunTab):
                assert re.search(rf'href="/ui/runs/[^"/]+/{part.name}"', run), part
            elif isinstance(part, Panel):
                assert f'id="panel-{part.name}"' in home, part
            elif part.listed and "{" not in part.path:
                assert f'href="{part.path}"' in home, part

    def test_every_part_answers(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Over the example runs nothing fails: a tab or panel shows something, a screen at least says what it needs."""
        for address in self._all_addresses(workspace):
            assert dashboard.get(address).status < 500, address
        for part in self._parts(workspace):
            if not isinstance(part, Screen):
                for question in _questions(part, EXAMPLE_RUNS):
                    assert isinstance(part.show(workspace, question), (Page, Download, str)), part

    def test_an_empty_workspace_is_no_error(self, tmp_path: Path) -> None:
        """Where nothing was recorded yet screens and panels answer too."""
        with open_plain_workspace(tmp_path / "empty", _Offering(self)) as ctx, _opened(ctx) as dashboard:
            for part in self._parts(ctx):
                for address in _addresses_of(part, ()):
                    assert dashboard.get(address).status < 500, address
                if isinstance(part, Panel):
                    assert isinstance(part.show(ctx, Question()), (Page, Download, str)), part

    def test_a_run_that_is_gone_is_no_fault(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Asked for a run that is deleted, or was never there, a tab raises an error of Contexta's, or answers."""
        for part in self._parts(workspace):
            if isinstance(part, RunTab):
                _shown_or_refused(part, workspace, Question({"run_id": _GONE}))
            elif isinstance(part, Screen):
                for address in _addresses_of(part, ()):
                    for name in _names_read(part, workspace):
                        asked = f"{address}?{name}={_GONE}"
                        assert dashboard.get(asked).status < 500, asked

    def test_hostile_text_is_escaped(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Markup and control characters that somebody named a run, a tag or a metric are shown as text."""
        for address, page in self._pages(workspace, dashboard):
            _require_harmless(address, page)

    def test_a_hostile_address_is_escaped(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """What stands in the address is shown as text or refused, under whatever name the extension reads it."""
        for part in self._parts(workspace):
            for address in _addresses_of(part, EXAMPLE_RUNS[:1]):
                for name in sorted(_names_read(part, workspace)):
                    for value in (_HOSTILE, _JAVASCRIPT, "9" * 400, "../../../etc/passwd", "\x00"):
                        asked = f"{address}?{quote(name)}={quote(value)}"
                        answer = dashboard.get(asked)
                        assert answer.status < 500, asked
                        if answer.is_page:
                            _require_harmless(asked, ShownPage(answer.text))

    def test_nothing_is_inline(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """No script, style or handler stands in a page: the dashboard's policy would not run it."""
        for address, page in self._pages(workspace, dashboard):
            assert [] == page.inline, address

    def test_nothing_comes_from_elsewhere(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Everything that a page loads, or sends a form to, is the dashboard's own."""
        for address, page in self._pages(workspace, dashboard):
            assert [] == page.outside, address

    def test_tables_have_headers(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Every table says what its cells are, to those who cannot see it too."""
        for address, page in self._pages(workspace, dashboard):
            assert 0 == page.bare_tables, address

    def test_it_answers_in_time(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """No answer over a few runs takes longer than ``most_seconds``."""
        for address in self._all_addresses(workspace):
            begun = time.perf_counter()
            dashboard.get(address)
            assert time.perf_counter() - begun < self.most_seconds, address

    def test_its_address_is_all_it_needs(self, workspace: Contexta) -> None:
        """A dashboard that was never asked before shows the same at the same address, in whatever order it is asked."""
        addresses = self._all_addresses(workspace)
        with _opened(workspace) as first:
            before = dict(zip(addresses, _settled(first, addresses), strict=True))
        with _opened(workspace) as second:
            after = {address: _told(second.get(address)) for address in reversed(addresses)}
        for address in addresses:
            assert before[address] == after[address], address

    def test_threads_share_it(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """Asked by several threads at once it answers each as it answers one."""
        addresses = self._all_addresses(workspace)[:20]
        expected = _settled(dashboard, addresses)
        found: list[object] = []

        def work() -> None:
            found.append([_told(dashboard.get(address)) for address in addresses])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [expected] * 4 == found

    def test_it_changes_nothing(self, workspace: Contexta, dashboard: OpenDashboard) -> None:
        """The runs and their records are the same afterwards."""
        before = _recorded(workspace)
        for address in self._all_addresses(workspace):
            dashboard.get(address)
        assert before == _recorded(workspace)


@contextmanager
def _opened(workspace: Contexta) -> Iterator[OpenDashboard]:
    surface = workspace.plugin_host.open(
        "surface", "http", None, required_by="the contract of extensions of the dashboard"
    )
    with surface.open_dashboard(workspace) as dashboard:
        yield dashboard


def _record_hostile_run(ctx: Contexta) -> None:
    with ctx.run(_HOSTILE, tags={"owner": _HOSTILE, "link": _JAVASCRIPT}) as run:
        run.params(note=_HOSTILE)
        with run.stage("train") as stage:
            stage.metric("loss", 0.5, step=0)
            stage.event("told", message=_HOSTILE, level="warning")


def _addresses_of(part: Part, runs: Sequence[str]) -> list[str]:
    if isinstance(part, RunTab):
        return [f"/ui/runs/{quote(run, safe='')}/{part.name}" for run in runs]
    if isinstance(part, Panel):
        return [f"/ui/panels/{part.name}"]
    if "{" not in part.path:
        return [part.path]
    return [_PARAMETER.sub(quote(value, safe=""), part.path) for value in (*runs, "none", _HOSTILE)]


def _questions(part: Part, runs: Sequence[str]) -> list[Question]:
    return [Question({"run_id": run}) for run in runs] if isinstance(part, RunTab) else [Question()]


def _names_read(part: Part, workspace: Contexta) -> set[str]:
    """Return the names in an address that a part looks at."""
    query = _Noting()
    path = {"run_id": EXAMPLE_RUNS[0]}
    if isinstance(part, Screen):
        path = dict.fromkeys(_PARAMETER.findall(part.path), "none")
    _shown_or_refused(part, workspace, Question(path, query))
    return query.asked


def _shown_or_refused(part: Part, workspace: Contexta, question: Question) -> None:
    """Ask a part; an error of Contexta's is an answer, and any other goes on to the test."""
    try:
        part.show(workspace, question)
    except ContextaError:
        return


def _require_harmless(address: str, page: ShownPage) -> None:
    assert _MARK not in page.elements, f"{address}: a name became an element"
    assert [] == page.wrong_links, address
    assert [] == page.inline, address
    assert [] == page.controls, address


def _told(answer: DashboardAnswer) -> tuple[int, str]:
    return answer.status, answer.text


def _settled(dashboard: OpenDashboard, addresses: Sequence[str]) -> list[tuple[int, str]]:
    """Return what is told at each address when all were asked before: a page may tell which plugins are in use."""
    for address in addresses:
        dashboard.get(address)
    return [_told(dashboard.get(address)) for address in addresses]


def _recorded(workspace: Contexta) -> list[object]:
    runs = workspace.list_runs()
    return [runs, [[*workspace.repository.list_records(run_id=run.run_id)] for run in runs]]

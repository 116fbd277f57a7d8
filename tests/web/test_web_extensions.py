"""Extensions of the dashboard: a stranger's screen, tab and panel, and what becomes of those that are broken."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from markupsafe import Markup

from contexta import Contexta
from contexta.errors import PluginError
from contexta.plugins import Provider, hookimpl
from contexta.spi.dashboard import DashboardContext, Page, Panel, Question, RunTab, Screen
from contexta_web.screens.extensions import find_extensions
from contexta_web.screens.panels import Panels
from contexta_web.settings import Limits
from contexta_web.workers import Workers

HOSTILE = '<b onmouseover="alert(1)">\x1b[31m{{ 7 * 7 }}'


class Extending:
    """A plugin with one extension."""

    def __init__(self, *parts, name="acme"):
        self._name, self._parts = name, parts

    @hookimpl
    def contexta_dashboard_extensions(self):
        """Offer it."""
        return [Provider(self._name, lambda context, options: self._parts)]


@pytest.fixture
def extended(tmp_path, dashboard_of):
    """Return a client of a dashboard over a workspace with one run, extended by some plugins."""
    with ExitStack() as opened:

        def make(*plugins):
            contexta = opened.enter_context(Contexta(workspace=str(tmp_path / "ws"), plugins=plugins))
            with contexta.run("first", tags={"owner": "ada"}) as run:
                run.metric("loss", 0.5, step=1)
            return opened.enter_context(dashboard_of(contexta))

        yield make


def owners(workspace, question):
    """Show who owns what, in a text."""
    assert isinstance(question, Question)
    return ", ".join(run.tags["owner"] for run in workspace.list_runs()) + HOSTILE


def test_a_strangers_screen_is_linked_and_shown_escaped(extended):
    """It has its address, a link on every page, and its text is escaped."""
    client = extended(Extending(Screen("owners", "Owners", "/ui/owners", owners)))
    assert '<a href="/ui/owners">Owners</a>' in client.get("/ui/runs").text
    page = client.get("/ui/owners").text
    assert "ada&lt;b onmouseover=" in page
    assert "\x1b" not in page
    assert "{{ 7 * 7 }}" in page


def test_an_address_of_any_part_takes_none_of_another(extended):
    """One with a part that may be anything is not linked to, and leaves whole words to others, whatever its order."""
    anything = Screen("any", "Any", "/ui/sql/{any}", lambda _, question: question.path["any"], order=-1)
    client = extended(Extending(anything))
    assert "<h1>Any</h1>\nhere" in client.get("/ui/sql/here").text
    assert 400 == client.get("/ui/sql/download").status
    assert "{any}" not in client.get("/ui").text


def test_a_strangers_tab_stands_in_its_order(extended):
    """It is linked at its place on every tab, and is given the run by its reference."""
    tab = RunTab("cost", "Cost", lambda _, question: Markup(f"<p>{question.path['run_id']}</p>"), order=150)
    client = extended(Extending(tab))
    page = client.get("/ui/runs/first/cost").text
    assert page.index(">Overview<") < page.index(">Cost<") < page.index(">Metrics<")
    assert "<p>run:" in page


def test_a_strangers_panel_is_shown_at_home(extended):
    """It is among the panels, and has an address of its own."""
    client = extended(Extending(Panel("disk", "Disk", lambda *_: Markup("<p>half full</p>"))))
    assert "<p>half full</p>" in client.get("/ui").text
    part = client.get("/ui/panels/disk").text
    assert part.startswith('<section id="panel-disk"')
    assert 404 == client.get("/ui/panels/none").status


def test_a_template_of_a_strangers_package(extended, tmp_path, monkeypatch):
    """A page's template is found in the stranger's package, fills the dashboard's frame, and its values are escaped."""
    templates = tmp_path / "acme_owners" / "templates"
    templates.mkdir(parents=True)
    (templates.parent / "__init__.py").write_text("")
    (templates / "owners.html").write_text(
        '{% extends "page.html" %}{% block content %}<h1>{{ frame.title }}</h1>{{ said }}{% endblock %}'
    )
    monkeypatch.syspath_prepend(tmp_path)
    page = Page("acme_owners:owners.html", {"said": HOSTILE}, 200)
    client = extended(Extending(Screen("owners", "Owners", "/ui/owners", lambda *_: page)))
    shown = client.get("/ui/owners").text
    assert "<h1>Owners</h1>&lt;b" in shown
    assert 'aria-current="page">Owners</a>' in shown


def fail(*_):
    """Fail with what nobody may read."""
    raise RuntimeError("the password is hunter2")


def test_a_panel_that_fails_spoils_no_other(extended, caplog):
    """It is told in its place, without what the error says; the server's own log has that."""
    client = extended(Extending(Panel("bad", "Bad", fail)))
    answer = client.get("/ui")
    assert 200 == answer.status
    assert 'id="panel-bad"' in answer.text
    assert "the question failed" in answer.text
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text
    assert 'id="panel-newest"' in answer.text


def test_home_without_its_counts_has_its_panels(extended, monkeypatch):
    """Where runs cannot be counted the panels are shown all the same, and the status says that something is wrong."""
    client = extended()
    monkeypatch.setattr(Contexta, "run_status_distribution", fail)
    answer = client.get("/ui")
    assert 500 == answer.status
    assert 'id="panel-newest"' in answer.text


def test_what_fails_on_a_tab_leaves_the_way_to_the_others(extended):
    """The page of the run stays around it."""
    client = extended(Extending(RunTab("bad", "Bad", fail), Screen("bad", "Bad", "/ui/bad", fail)))
    answer = client.get("/ui/runs/first/bad")
    assert 500 == answer.status
    assert ">Provenance</a>" in answer.text
    assert 500 == client.get("/ui/bad").status
    assert 200 == client.get("/ui").status


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (Screen("mine", "Mine", "/ui/runs", owners), "left out: screens has that name or address"),
        (Screen("mine", "Mine", "/ui/runs/{which}", owners), "left out: the dashboard has that name or"),
        (Screen("mine", "Mine", "/ui/curation/{which}", owners), "left out: the dashboard has that name or"),
        (RunTab("metrics", "Mine", owners), "left out: run_tabs has that name"),
        (object(), "its factory returned a object among its parts"),
    ],
)
def test_what_is_left_out_is_told(extended, part, told):
    """An address or name of another's is not taken, what is no part is refused, and home says so."""
    page = extended(Extending(part)).get("/ui").text
    assert told in page
    assert "Mine</a>" not in page


def test_an_extension_that_cannot_be_built_is_left_out(extended):
    """The dashboard starts without it, and says so."""

    class Broken:
        @hookimpl
        def contexta_dashboard_extensions(self):
            return [Provider("broken", fail)]

    page = extended(Broken()).get("/ui").text
    assert "Extension <code>broken</code>" in page


def test_an_installed_extension_is_found(tmp_path, monkeypatch):
    """What a distribution declares in the group of the kind is part of the dashboard."""
    site = tmp_path / "site"
    info = site / "acme_parts-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-parts\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[contexta.dashboard_extension]\nacme_parts = acme_parts\n")
    (site / "acme_parts.py").write_text(
        "from contexta.plugins import Provider, hookimpl\n"
        "from contexta.spi.dashboard import Screen\n"
        "def build(context, options):\n"
        "    return [Screen('parts', context.config.project_name, '/ui/parts', print)]\n"
        "@hookimpl\n"
        "def contexta_dashboard_extensions():\n"
        "    return [Provider('acme_parts', build)]\n"
    )
    monkeypatch.syspath_prepend(site)
    with Contexta(workspace=str(tmp_path / "ws"), config={"project_name": "shop"}) as contexta:
        found = find_extensions(contexta.plugin_host, DashboardContext(contexta.config))
    assert "shop" in [screen.title for screen in found.screens]
    assert () == found.problems


def test_a_panel_that_hangs_does_not_take_every_thread(tmp_path):
    """Beside four answers that do not end further ones are refused at once, and other panels are answered."""
    release = threading.Event()
    hanging = Panel("slow", "Slow", lambda *_: str(release.wait(30)))
    workers = Workers(Limits(workers=6))
    panels = Panels(None, workers)

    async def ask():
        waiting = [asyncio.ensure_future(panels.show(hanging)) for _ in range(4)]
        await asyncio.sleep(0.05)
        try:
            return await panels.show(hanging), await panels.show(Panel("quick", "Quick", lambda *_: "here"))
        finally:
            release.set()
            await asyncio.gather(*waiting)

    refused, shown = asyncio.run(ask())
    workers.close()
    assert "have not ended yet" in refused.problem
    assert "here" == shown.content


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Screen, ("Big", "x", "/ui/x", print)),
        (Screen, ("x", " ", "/ui/x", print)),
        (Screen, ("x", "x", "/runs", print)),
        (Screen, ("x", "x", "/ui/../x", print)),
        (Screen, ("x", "x", "/ui/{any}", print)),
        (RunTab, ("x/y", "x", print)),
        (Panel, ("x", "x", "no function")),
    ],
)
def test_parts_are_checked(kind, fields):
    """A part that breaks a rule is refused where it is made."""
    with pytest.raises(PluginError, match=r"^invalid "):
        kind(*fields)


def test_every_template_is_used():
    """No template of the dashboard lies about that nothing shows."""
    screens = Path(__import__("contexta_web.screens").screens.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in screens.rglob("*.py"))
    sources += "".join(path.read_text("utf-8") for path in screens.rglob("*.html"))
    assert [] == [path.name for path in screens.rglob("*.html") if f'"{path.name}"' not in sources]

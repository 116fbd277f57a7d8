"""Runs curated in a real browser, with a script and without one."""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import urlsplit

import pytest


@pytest.mark.parametrize("script", [True, False])
def test_runs_are_chosen_and_archived(desk, browser, script):
    """From the printed address: two runs are chosen and archived after a question, and one is where one was."""
    name = f"chosen-{'with' if script else 'without'}"
    refs = [desk.capture(name) for _ in range(3)]
    address = f"/ui/runs?where=name+%3D+%27{name}%27&sort=name"

    def look(visit):
        page = visit.page
        page.goto(f"http://127.0.0.1:{desk.server.port}{address}")
        disabled = page.locator("[data-change]").first.is_disabled()
        for ref in refs[:2]:
            page.check(f'input[value="{ref}"]')
        page.click("button[formaction$='/archive']")
        asked = page.inner_text("main")
        page.click("form[method=post] button")
        page.wait_for_selector(".outcome")
        where = urlsplit(page.url)
        listed = page.locator("input[name=run]").evaluate_all("each => each.map(box => box.value)")
        return (
            disabled,
            asked,
            f"{where.path}?{where.query}",
            page.inner_text(".outcome"),
            listed,
            visit.problems,
        )

    path = f"/?token={desk.server.token}"
    disabled, asked, where, told, listed, problems = browser.visit(desk.server, path, look, script=script)
    assert script is disabled
    assert "2 runs" in asked
    assert where.startswith(f"{address}&told=")
    assert told.startswith("Archived 2 runs.")
    assert refs[2:] == listed
    assert [] == problems


@pytest.mark.parametrize("script", [True, False])
def test_a_run_is_deleted(desk, browser, script):
    """From the page of a run: what will be free is shown, and the list of runs says that it was done."""
    ref = desk.capture("unwanted")

    def look(visit):
        page = visit.page
        page.goto(f"http://127.0.0.1:{desk.server.port}/ui/runs/{ref}")
        page.click("nav.changes >> text=Delete")
        asked = page.inner_text("main")
        page.click("text=Delete for good")
        page.wait_for_selector(".outcome")
        return asked, urlsplit(page.url).path, page.inner_text(".outcome"), visit.problems

    path = f"/?token={desk.server.token}"
    asked, where, told, problems = browser.visit(desk.server, path, look, script=script)
    assert "are free afterwards" in asked
    assert "/ui/runs" == where
    assert told.startswith(f"Deleted {ref.removeprefix('run:')}.")
    assert desk.run(ref) is None
    assert [] == problems


def test_a_browser_that_came_in_otherwise_cannot_change(desk, browser):
    """It sees the runs, and is told which address to open."""

    def look(visit):
        return visit.page.inner_text("main"), visit.page.locator("[data-change]").count()

    text, buttons = browser.visit(desk.server, "/ui/runs", look)
    assert "open the address that the server printed" in text
    assert 0 == buttons


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_that_ask_are_accessible(desk, browser, scheme):
    """Axe finds nothing to object to, and nothing is wider than a phone."""
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    ref = desk.capture("accessible", a="1", **{"a-long-name-of-a-tag" * 8: "2"})
    told = desk.change("archive", ref, "run:default.gone", back=f"/ui/runs/{ref}").headers["location"]
    paths = [f"/ui/curation/{kind}?run={ref}&run=gone" for kind in ("tag", "untag", "archive", "delete")]
    paths += [f"/ui/curation/{kind}?run={ref}" for kind in ("rename", "annotate")]
    paths += ["/ui/curation/archive", told, "/ui/runs?archived=also"]

    def look(visit):
        found = {}
        for path in paths:
            visit.page.goto(f"http://127.0.0.1:{desk.server.port}{path}")
            visit.page.evaluate(axe)
            violations = visit.page.evaluate("axe.run().then(found => found.violations.map(each => each.id))")
            wide = visit.page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
            found[path] = [*violations, *(["wider than the window"] if wide else [])]
        return {path: each for path, each in found.items() if each}

    path = f"/?token={desk.server.token}"
    assert {} == browser.visit(desk.server, path, look, scheme=scheme, width=390)

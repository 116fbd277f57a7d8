"""Extensions of the dashboard that break one promise each."""

from __future__ import annotations

import itertools
import time
from functools import partial

from markupsafe import Markup
from wrong import breaks

from contexta.spi.dashboard import Panel, RunTab, Screen

breaks = partial(breaks, "DashboardExtensionContract")
_counter = itertools.count()
_TABLE = Markup("<table><tr><th>owner</th></tr>{}</table>")


def names(workspace, question):
    """Show the names of all runs, rightly: what the wrong ones are made from."""
    rows = [Markup("<tr><td>{}</td></tr>").format(repr(run.name)) for run in workspace.list_runs()]
    return _TABLE.format(Markup().join(rows))


def screen(show, name="owners", path="/ui/owners", **more):
    return Screen(name, "Owners", path, show, **more)


@breaks("test_it_is_made_of_parts", "a sequence of screens, tabs and panels")
def has_nothing():
    return []


@breaks("test_it_is_made_of_parts", "a sequence of screens, tabs and panels")
def is_another_each_time():
    return [screen(names, name=f"owners-{next(_counter)}")]


@breaks("test_nothing_of_it_is_left_out", "names and addresses are nobody else's")
def takes_an_address():
    return [screen(names, path="/ui/runs")]


@breaks("test_nothing_of_it_is_left_out", "names and addresses are nobody else's")
def takes_a_tab():
    return [RunTab("metrics", "Owners", names)]


@breaks("test_it_can_be_found", "a link beside those of the others")
def takes_a_name():
    return [screen(names, name="runs")]


@breaks("test_every_part_answers", "asked a workspace, it shows something")
def needs_an_owner():
    return [screen(lambda workspace, _: ",".join(run.tags["owner"] for run in workspace.list_runs()))]


@breaks("test_every_part_answers", "returns a page, a text or markup")
def returns_a_number():
    return [Panel("owners", "Owners", lambda workspace, _: len(workspace.list_runs()))]


@breaks("test_an_empty_workspace_is_no_error", "asked a workspace, it shows something")
def needs_a_run():
    return [screen(lambda workspace, _: workspace.list_runs()[0].run_id)]


@breaks("test_a_run_that_is_gone_is_no_fault", "what is not there is an error of Contexta's")
def looks_a_run_up():
    def show(workspace, question):
        return {run.run_id: run.status for run in workspace.list_runs()}[question.path["run_id"]]

    return [RunTab("owner", "Owner", show)]


@breaks("test_hostile_text_is_escaped", "whoever makes markup answers for what is in it")
def escapes_nothing():
    return [screen(lambda workspace, _: Markup(" ".join(run.name for run in workspace.list_runs())))]


@breaks("test_hostile_text_is_escaped", "whoever makes markup answers for what is in it")
def links_to_tags():
    def show(workspace, question):
        links = [run.tags.get("link", "/ui") for run in workspace.list_runs()]
        return Markup().join(Markup('<a href="{}">x</a>').format(link) for link in links)

    return [screen(show)]


@breaks("test_hostile_text_is_escaped", "whoever makes markup answers for what is in it")
def lets_controls_through():
    def show(workspace, question):
        return Markup().join(Markup("<p>{}</p>").format(run.name) for run in workspace.list_runs())

    return [screen(show)]


@breaks("test_a_hostile_address_is_escaped", "whoever makes markup answers for what is in it")
def mirrors_the_address():
    return [screen(lambda _, question: Markup(question.first("project") or "none"))]


@breaks("test_a_hostile_address_is_escaped", "what was asked wrongly is an error of Contexta's")
def reads_a_number_itself():
    return [screen(lambda _, question: str(int(question.first("limit") or "5")))]


@breaks("test_nothing_is_inline", "the dashboard allows no inline script or style")
def has_a_script():
    return [screen(lambda *_: Markup("<script>let owners = 1</script>"))]


@breaks("test_nothing_is_inline", "the dashboard allows no inline script or style")
def has_a_style():
    return [Panel("owners", "Owners", lambda *_: Markup('<p style="color: red">owners</p>'))]


@breaks("test_nothing_comes_from_elsewhere", "the dashboard allows nothing from elsewhere")
def has_a_picture():
    return [screen(lambda *_: Markup('<img alt="" src="//cdn.example/owners.png">'))]


@breaks("test_tables_have_headers", "whoever cannot see a table is told what its cells are")
def has_a_bare_table():
    return [screen(lambda *_: Markup("<table><tr><td>ada</td><td>2</td></tr></table>"))]


@breaks("test_it_answers_in_time", "a page answers in its time")
def dawdles():
    return [screen(lambda *_: time.sleep(0.6) or "ada")]


@breaks("test_its_address_is_all_it_needs", "what a page shows stands in its address")
def counts_its_visitors():
    return [screen(lambda *_: f"visitor {next(_counter)}")]


@breaks("test_threads_share_it", "functions are called from several threads at once")
def keeps_its_place():
    place = []

    def show(workspace, question):
        place.append(1)
        time.sleep(0.005)
        count = len(place)
        place.pop()
        return str(count)

    return [screen(show), screen(show, "second", "/ui/second"), RunTab("owner", "Owner", show)]


@breaks("test_it_changes_nothing", "a page only asks the workspace")
def records_a_visit():
    def show(workspace, question):
        with workspace.run("visit"):
            return "recorded"

    return [screen(show)]

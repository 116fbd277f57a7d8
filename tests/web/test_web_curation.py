"""Runs curated through the dashboard: what is asked, what is done, and what is told about it afterwards."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from types import SimpleNamespace

import pytest

from contexta import Contexta
from contexta_web.forms import Form
from contexta_web.screens.curation.desk import CurationDesk
from contexta_web.screens.extensions import Extensions
from contexta_web.screens.outcomes import Outcome, Outcomes
from contexta_web.screens.visit import safe_address
from contexta_web.settings import Limits
from contexta_web.workers import Workers

HOSTILE = '"><script>alert(1)</script>'


def test_runs_are_tagged(desk):
    """A tag is set on every chosen run, and its other tags stay."""
    refs = [desk.capture("tagged", owner="ada"), desk.capture("tagged", owner="grace")]
    told = desk.told(desk.change("tag", *refs, name="quality", value="good"))
    assert "Tagged 2 runs with quality=good." in told
    assert [
        {"owner": "ada", "quality": "good"},
        {"owner": "grace", "quality": "good"},
    ] == [desk.run(ref).tags for ref in refs]


def test_tags_are_removed(desk):
    """Of the chosen tags each run loses those that it has; one that has none of them is named."""
    both, one, none = (
        desk.capture("both", a="1", b="2", c="3"),
        desk.capture("one", a="1"),
        desk.capture("no"),
    )
    fields = [("token", desk.server.token), ("tag", "a"), ("tag", "b")]
    fields += [("run", ref) for ref in (both, one, none)]
    told = desk.told(desk.server.post("/ui/curation/untag", fields))
    assert "Removed a, b from 2 runs." in told
    assert re.search(rf"<code>{none}</code>: .*has no tag", told)
    assert [{"c": "3"}, {}, {}] == [desk.run(ref).tags for ref in (both, one, none)]


def test_many_change_the_same_run_at_once(desk):
    """None of their changes is lost, while the process that captures tags the run as well."""
    ref = desk.capture("shared", owner="ada")
    names = [f"tag-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = [pool.submit(desk.change, "tag", ref, name=name, value="set") for name in names]
        desk.contexta.tag_run(ref, {"own": "set"})
        assert {303} == {answer.result().status for answer in answers}
    assert {"owner": "ada", "own": "set", **dict.fromkeys(names, "set")} == desk.run(ref).tags


def test_tags_are_offered(desk):
    """The page that asks which tags to remove lists those of the chosen runs, with how many have each."""
    refs = [desk.capture("offered", alpha="1", beta="2"), desk.capture("offered", alpha="3")]
    page = desk.get("/ui/curation/untag?" + "&".join(f"run={ref}" for ref in refs)).text
    offered = re.findall(r'name="tag" value="(\w+)"> \w+ <span class="faint">on (\d)', page)
    assert [("alpha", "2"), ("beta", "1")] == offered


def test_runs_are_archived_and_brought_back(desk):
    """An archived run is out of the list, among the archived ones, and back again when it is unarchived."""
    ref = desk.capture("archived")
    assert "Archived" in desk.told(desk.change("archive", ref))
    shown = [ref in desk.get(f"/ui/runs{query}").text for query in ("", "?archived=only", "?archived=also")]
    assert [False, True, True] == shown
    assert "back into lists" in desk.told(desk.change("unarchive", ref))
    assert ref in desk.get("/ui/runs").text
    assert desk.run(ref).archived_at is None


def test_a_run_is_renamed(desk):
    """Its name is another, its reference the same; the field is filled with the name that it has."""
    ref = desk.capture("old")
    assert 'value="old"' in desk.get(f"/ui/curation/rename?run={ref}").text
    desk.told(desk.change("rename", ref, name="first baseline"))
    assert "first baseline" == desk.run(ref).name


def test_a_note_is_added(desk):
    """It has its author and its lines, and the page of the run shows it."""
    ref = desk.capture("noted")
    desk.told(desk.change("annotate", ref, text="jumps\r\nat epoch 7", author="Ada"))
    [note] = desk.run(ref).notes
    assert ("jumps\nat epoch 7", "Ada") == (note.text, note.author)
    assert "at epoch 7" in desk.get(f"/ui/runs/{ref}").text


def test_a_deletion_is_previewed_and_made(desk, tmp_path):
    """The bytes and the shared content that the page tells are those of the plan, and then the runs are gone."""
    refs = []
    for name, texts in (("kept", ["shared"]), ("doomed", ["shared", "its own"]), ("doomed-too", [])):
        with desk.contexta.run(name) as run:
            for text in texts:
                (tmp_path / text).write_text(text)
                run.register_artifact("file", str(tmp_path / text))
        refs.append(run.ref)
    kept, *doomed = refs
    plan = desk.contexta.plan_run_deletion(doomed)
    page = desk.get("/ui/curation/delete?" + "&".join(f"run={ref}" for ref in doomed)).text
    assert len("its own") == plan.freed_bytes["artifacts"]
    assert f"<strong>{plan.total_bytes} B</strong> are free afterwards" in page
    assert f'stays, for <a href="/ui/runs/{kept.replace(":", "%3A")}">' in page
    told = desk.told(desk.change("delete", *doomed, back="/ui/runs"))
    assert f"Deleted 2 runs. {plan.total_bytes} B are free." in told
    assert [None, None] == [desk.run(ref) for ref in doomed]
    assert 404 == desk.get(f"/ui/runs/{doomed[0]}").status
    assert 200 == desk.get(f"/ui/runs/{kept}").status


def test_a_live_run_is_not_deleted(desk):
    """It is named with the reason, before and after; the others are deleted."""
    ref = desk.capture("finished")
    with desk.contexta.run("running") as running:
        page = desk.get(f"/ui/curation/delete?run={ref}&run={running.ref}").text
        told = desk.told(desk.change("delete", ref, running.ref))
        assert running.ref in page[page.index("Left as they are") : page.index("<form")]
        assert f'name="run" value="{running.ref}"' not in page
    assert re.search(rf"<code>{running.ref}</code>: .*is open", told)
    assert "Deleted" in told
    assert desk.run(ref) is None
    assert desk.run(running.ref) is not None


def test_failures_are_named_one_by_one(desk):
    """A run that is gone meanwhile does not keep the others from being changed."""
    ref = desk.capture("there")
    told = desk.told(desk.change("archive", "run:default.gone", ref, "run:default.lost"))
    assert ["run:default.gone", "run:default.lost"] == re.findall(r"<li><code>(.*?)</code>", told)
    assert desk.run(ref).archived_at is not None


def test_what_cannot_be_meant_is_asked_again(desk):
    """A blank name of a tag changes nothing; the page says so, and keeps what was typed."""
    ref = desk.capture("again")
    answer = desk.change("tag", ref, name=" ", value="typed before")
    assert 400 == answer.status
    assert "must be text that is not blank" in answer.text
    assert 'value="typed before"' in answer.text
    assert {} == desk.run(ref).tags


@pytest.mark.parametrize(
    ("kind", "count", "problem"),
    [
        ("archive", 0, "No run was chosen"),
        ("rename", 2, "one at a time"),
        ("tag", 201, "at most 200"),
        ("untag", 1, "No tag was chosen"),
    ],
)
def test_choices_that_cannot_be_meant(desk, kind, count, problem):
    """Too few runs, too many, and no tag: a page says what is wrong."""
    refs = [f"run:default.none-{number}" for number in range(count)]
    answer = desk.change(kind, *refs, name="n", text="t")
    assert 400 == answer.status
    assert problem in answer.text


def test_an_unknown_change(desk):
    """The page says which there are."""
    answer = desk.change("explode", "run:default.first")
    assert 404 == answer.status
    assert "tag, untag, archive" in answer.text


def test_hostile_names_are_harmless(desk):
    """Names, tags and problems are shown as what they are, on every page on the way."""
    ref = desk.capture(HOSTILE, tag=HOSTILE)
    pages = [
        desk.get(f"/ui/curation/{kind}?run={ref}&back={HOSTILE}").text for kind in ("tag", "untag", "rename")
    ]
    desk.told(desk.change("tag", ref, name=HOSTILE, value=HOSTILE))
    answer = desk.change("annotate", ref, text=HOSTILE, author=HOSTILE)
    assert 303 == answer.status
    pages += [desk.get(f"/ui/runs/{ref}").text, desk.get(f"/ui/curation/untag?run={ref}").text]
    done = desk.change("archive", ref, HOSTILE, back=f"/ui/runs?where={HOSTILE}")
    pages.append(desk.get(done.headers["location"]).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "alert(1)" in unescape(page)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/ui", "/ui"),
        ("/ui/runs?sort=name&desc=true", "/ui/runs?sort=name&desc=true"),
        ("/ui/runs/run:a.b/metrics", "/ui/runs/run:a.b/metrics"),
        ("/ui/runs?where=name = 'ä'", "/ui/runs?where=name+%3D+%27%C3%A4%27"),
        ("", "/ui/runs"),
        ("//evil.example/ui", "/ui/runs"),
        ("https://evil.example/ui", "/ui/runs"),
        ("/ui\\@evil.example", "/ui/runs"),
        ("/uix", "/ui/runs"),
        ("ui/runs", "/ui/runs"),
        ("javascript:alert(1)", "/ui/runs"),
        ("/ui/runs\r\nSet-Cookie: a=b", "/ui/runs"),
        ("//[", "/ui/runs"),
    ],
)
def test_the_way_back_is_our_own(text, address):
    """Whatever is no address of the dashboard leads to the list of runs."""
    assert address == safe_address(text)


def test_the_way_back(desk):
    """A change leads back to where one was, as it was asked for."""
    ref = desk.capture("back")
    answer = desk.change("archive", ref, back="/ui/runs?sort=name&where=status = 'completed'")
    assert re.fullmatch(
        r"/ui/runs\?sort=name&where=status\+%3D\+%27completed%27&told=[\w-]{16}", answer.headers["location"]
    )


def test_an_outcome_is_not_invented(desk):
    """A key that nobody was given tells nothing, nor does one that is shown by another way in."""
    ref = desk.capture("invented")
    location = desk.change("archive", ref).headers["location"]
    assert 'class="outcome' in desk.get(location).text
    assert 'class="outcome' not in desk.server.get(location).text
    assert 'class="outcome' not in desk.get("/ui/runs?told=Deleted+everything").text


def test_outcomes_are_told_apart_from_addresses(desk):
    """The links of a page that tells an outcome do not tell it again."""
    ref = desk.capture("linked")
    page = desk.get(desk.change("tag", ref, name="a", value="b").headers["location"]).text
    assert "told=" not in page


def test_old_outcomes_are_forgotten():
    """The newest 64 are kept."""
    outcomes = Outcomes()
    keys = [outcomes.keep(Outcome(str(number))) for number in range(65)]
    assert [None, "1", "64"] == [
        found and found.sentence for found in (outcomes.find(keys[number]) for number in (0, 1, 64))
    ]


def test_the_page_of_a_run_leads_to_its_changes(desk):
    """Each link leads to a page that asks, and back to where one was; a deletion leads to the list of runs."""
    ref = desk.capture("led")
    page = desk.get(f"/ui/runs/{ref}/records?type=metric").text
    links = {kind: unescape(link) for link, kind in re.findall(r'href="(/ui/curation/(\w+)\?[^"]+)"', page)}
    assert ["tag", "untag", "rename", "annotate", "archive", "delete"] == list(links)
    back = {
        kind: re.search(r'name="back" value="(.*?)"', desk.get(link).text)[1] for kind, link in links.items()
    }
    assert f"/ui/runs/{ref}/records?type=metric" == back["tag"]
    assert "/ui/runs" == back["delete"]


def test_a_workspace_that_is_only_read_is_not_promised_to_be_changed(web_workspace):
    """Where the metadata are configured to be read only, --writable is refused with what to do."""
    typed = ("serve", "--workspace", str(web_workspace), "--port", "0", "--writable")
    done = subprocess.run(
        [sys.executable, "-m", "contexta", *typed, "--set", "metadata.read_only=true"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 1 == done.returncode
    assert "metadata.read_only is true" in done.stderr


def test_a_slow_change_goes_on(tmp_path):
    """Nobody waits for it for ever, and the page says that it is not given up."""
    with Contexta(workspace=str(tmp_path / "ws")) as contexta, contexta.run("slow") as run:
        pass

    def open_slowly():
        time.sleep(0.1)
        return Contexta(workspace=str(tmp_path / "ws"), sinks=())

    outcomes, workers = Outcomes(), Workers(Limits(workers=1))
    curation = CurationDesk(None, workers, Extensions((), (), ()), outcomes, open_slowly, 0.01)
    form = Form({"run": [run.ref]})
    request = SimpleNamespace(state=SimpleNamespace(form=form), path_params={"kind": "archive"})
    answer = asyncio.run(curation.change(request))
    workers.close()
    assert "goes on" in outcomes.find(answer.headers["location"].partition("told=")[2]).sentence
    with Contexta(workspace=str(tmp_path / "ws"), sinks=()) as contexta:
        assert contexta.repository.get_run(run.ref).archived_at is not None

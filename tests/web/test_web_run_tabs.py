"""The tabs of a run and the pages of artifacts: trees of spans, records page by page, and what is shown of a body."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from contexta import Contexta
from contexta.interpretation import RunListQuery
from contexta.spi.views import ObservationRecord
from contexta_web.screens.preview import preview_of
from contexta_web.screens.span_tree import place_spans
from contexta_web.screens.tabs import overview

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20)


def span(name, parent=None, second=0, trace="t"):
    """Make a span."""
    started = f"2026-01-01T00:00:{second:02}Z"
    payload = {"span_id": name, "trace_id": trace, "parent_span_id": parent, "started_at": started}
    return ObservationRecord(
        f"record:{name}:{trace}", "run:p.r", None, "span", name, started, payload=payload
    )


def outline(spans):
    """Return the names of spans with their depths, in order."""
    return [(each.record.key, each.depth) for each in place_spans(spans)]


def test_spans_stand_inside_their_parents():
    """A span follows the one around it, those beside it by their beginning; one of another trace is none of its own."""
    spans = [
        span("b", "a", 5),
        span("c", "b", 6),
        span("d", "a", 2),
        span("a", None, 1),
        span("e", "a", 3, "u"),
    ]
    assert [("a", 0), ("d", 1), ("b", 1), ("c", 2), ("e", 0)] == outline(spans)


def test_spans_in_a_circle_are_shown_once():
    """Spans that are inside each other, or whose parent is unknown, stand at the top and appear once."""
    spans = [span("a", "b", 1), span("b", "a", 2), span("c", "c", 3), span("d", "nobody", 4)]
    assert [("c", 0), ("d", 0), ("a", 0), ("b", 1)] == outline(spans)


def test_a_deep_tree_is_no_recursion():
    """A chain of thousands of spans is placed."""
    spans = [span(str(number), str(number - 1) if number else None) for number in range(5_000)]
    assert 4_999 == place_spans(spans)[-1].depth


def test_raw_records_are_those_kept(server, asked):
    """Every record of a run appears on its pages, in the order of the store."""
    run = "run:golden.steady-01"
    kept = [f"{each.flat['key']}" for each in asked.record_store.scan() if each.flat["run"] == run]
    path, shown = f"/ui/runs/{run}/records", []
    while path:
        page = server.get(path).text
        shown += [
            unescape(each) for each in re.findall(r'<tr><td>\w+</td><td class="name">([^<]*)</td>', page)
        ]
        after = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(after[1]) if after else None
    assert kept == shown


def test_pages_of_records_by_hand(opened_dashboard):
    """A hundred and twenty records are on three pages of fifty, fifty and twenty, each linked with the next."""
    contexta, client = opened_dashboard
    with contexta.run("long") as run:
        for step in range(120):
            run.metric("loss", float(step), step=step)
    path, values = "/ui/runs/long/records?type=metric", []
    while path:
        page = client.get(path).text
        values.append(re.findall(r'<td class="right">(\d+)</td>', page))
        after = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(after[1]) if after else None
    assert [50, 50, 20] == [len(each) for each in values]
    assert [str(step) for step in range(120)] == [value for each in values for value in each]


def test_records_of_a_type(server, asked):
    """The type in the address is the only one on the page."""
    page = server.get("/ui/runs/run:golden.steady-01/records?type=event").text
    assert {"event"} >= set(re.findall(r"<tr><td>(\w+)</td>", page))
    assert 400 == server.get("/ui/runs/run:golden.steady-01/records?offset=-1").status


@pytest.mark.parametrize("limit", ["_MOST_POINTS", "_MOST_OTHERS"])
def test_a_large_run_is_not_diagnosed_at_once(opened_dashboard, monkeypatch, limit):
    """The first tab of a run with many records leaves the diagnosis to the tab for it, and says so."""
    contexta, client = opened_dashboard
    with contexta.run("large") as run:
        run.metric("loss", float("nan"), step=1)
        run.metric("accuracy", 0.5, step=1)
        run.event("checkpoint", message="kept")
    assert "What to do about it" in client.get("/ui/runs/large").text
    monkeypatch.setattr(overview, limit, 0)
    page = client.get("/ui/runs/large").text
    assert "What to do about it" not in page
    assert "takes a while" in page


def test_events_by_level(opened_dashboard):
    """Events below the level of the address are left out, the newest stand first, a text narrows them down."""
    contexta, client = opened_dashboard
    with contexta.run("loud") as run:
        for number, level in enumerate(["debug", "info", "error", "warning"]):
            run.event(f"event.{level}", message=f"number {number}", level=level)
    page = client.get("/ui/runs/loud/events?level=warning").text
    assert ["event.warning", "event.error"] == re.findall(r'class="name">(event\.\w+)<', page)
    page = client.get("/ui/runs/loud/events?text=number%201").text
    assert ["event.info"] == re.findall(r'class="name">(event\.\w+)<', page)


@pytest.fixture
def opened_dashboard(dashboard_of, tmp_path):
    """Return a workspace of its own, open, with a client of its dashboard."""
    with Contexta(workspace=str(tmp_path / "ws")) as contexta, dashboard_of(contexta) as client:
        yield contexta, client


@pytest.fixture
def shown_body(opened_dashboard, tmp_path):
    """Return what makes an artifact of a content and shows it: its record and its page."""
    contexta, client = opened_dashboard

    def show(content, name="body"):
        path = tmp_path / name
        path.write_bytes(content)
        with contexta.run("maker") as run:
            run.register_artifact("model", str(path))
        [artifact] = contexta.repository.list_artifacts()
        return artifact, client.get(f"/ui/artifacts/{quote(artifact.artifact_ref)}").text

    return show


@pytest.mark.parametrize(
    ("content", "kind", "shown"),
    [
        (b"<script>alert(1)</script>", "text", "<script>alert(1)</script>"),
        (b'{"b":[1],"a":"\xc3\xa9"}', "text", '{\n  "b": [\n    1\n  ],\n  "a": "\u00e9"\n}'),
        (b"{broken", "text", "{broken"),
        (PICTURE, "picture", "data:image/png;base64,iVBORw0KGgoAAAA"),
        (b"\x00\x01", "nothing", "It is neither text nor a picture."),
        (b"\xff\xfe", "nothing", "It is neither text nor a picture."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text", "<svg"),
    ],
)
def test_what_is_shown_of_a_body(shown_body, opened_dashboard, content, kind, shown):
    """Text is shown as text, JSON indented, pictures that run nothing as pictures, and everything else not at all."""
    artifact, page = shown_body(content)
    preview = preview_of(opened_dashboard[0], artifact)
    assert kind == preview.kind
    assert preview.content.startswith(shown)
    assert "<script>" not in page
    assert ("<img" in page) == (kind == "picture")


def test_a_long_text_is_cut(shown_body, opened_dashboard):
    """The beginning is shown, and that there is more; a character is not cut in two."""
    artifact, page = shown_body("é".encode() * 50_000 + b"x")
    preview = preview_of(opened_dashboard[0], artifact)
    assert preview.is_cut
    assert "é" * 32_768 == preview.content
    assert "There is more of it." in page


def test_a_damaged_body_says_so(server):
    """A body that is not what was stored is told, not shown; so is one that is missing; both pages are whole."""
    pages = [server.get(f"/ui/artifacts/{ref}?verify=1").text for ref in damaged_artifacts(server)]
    assert pages
    assert all('class="badge error"' in page and "<h1>artifact:" in page for page in pages)


def damaged_artifacts(server):
    """Return the references of those whose page tells of damage."""
    refs = set()
    path = "/ui/artifacts"
    while path:
        page = server.get(path).text
        refs |= set(re.findall(r'href="/ui/artifacts/([^"?]+)"', page))
        after = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(after[1]) if after else None
    return [ref for ref in sorted(refs) if "finding error" in server.get(f"/ui/artifacts/{ref}").text]


def test_artifacts_are_found_by_digest_and_kind(server, asked):
    """The text of the address is looked for in references and digests, the kind is compared."""
    every = asked.repository.list_artifacts()
    one = next(each for each in every if each.hash_value)
    page = server.get(f"/ui/artifacts?text={one.hash_value[7:20]}").text
    assert one.artifact_ref in unescape(page)
    of_kind = [each for each in every if each.kind == one.kind]
    assert f"{len(of_kind)} artifact" in server.get(f"/ui/artifacts?kind={one.kind}").text
    assert 404 == server.get("/ui/artifacts/artifact:none").status


def sizes_on(page):
    """Return of each line of the table of sizes the run, the size and the growth."""
    table = unescape(re.search(r'id="sizes".*?</table>', page, re.DOTALL)[0])
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    cells = [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row)] for row in rows]
    return [(cell[0], cell[2], cell[3]) for cell in cells]


def test_the_size_of_an_artifact_is_followed(server):
    """Of artifacts of the same name the sizes are told by run, with the growth, and this one is marked among them."""
    page = server.get("/ui/artifacts/artifact:golden.steady-17.model").text
    told = sizes_on(page)
    assert ("golden.steady-20", "1.953 KiB", "100 B") in told
    assert ("golden.steady-18", "1.758 KiB", "100 B") in told
    assert ("golden.prepared", "5 B", "−85 B") in told
    assert told[-1] == ("golden.steady-16", "1.562 KiB", "–")
    # The greatest is 2,000 bytes.
    assert 'model, the oldest run first <span class="faint">KiB</span>' in page
    assert ["the one in golden.steady-17"] == re.findall(r'class="mark"[^>]*><title>([^<]*)', page)
    # There are three tables, each of another name.
    assert 'id="sizes"' not in server.get("/ui/artifacts/artifact:golden.loop.a").text


def test_sizes_of_a_kind_are_followed(server, asked):
    """Where artifacts of a kind are listed their sizes are drawn by run, and without a kind nothing is."""
    expected = asked.get_artifact_size_trend("table", query=RunListQuery(limit=200)).points
    assert [each.run_id for each in expected][::-1] == [
        f"run:{each[0]}" for each in sizes_on(server.get("/ui/artifacts?kind=table").text)
    ]
    assert 'id="sizes"' not in server.get("/ui/artifacts").text


def test_what_made_and_what_used_an_artifact(server):
    """The page names the stage that made an artifact, and the run that took it in, recorded or not."""
    page = unescape(server.get("/ui/artifacts/artifact:golden.prepare.features").text)
    made, used = (
        re.search(rf"<h3>{title}</h3>(.*?)</table>", page, re.DOTALL)[1]
        for title in ("What it came from", "What came from it")
    )
    assert "stage:golden.prepare.features" in made
    assert "produced_by" in made
    assert "run:golden.prepared" in used
    assert "consumed_by" in used


def test_artifacts_without_a_name_are_followed_by_their_kind(opened_dashboard, tmp_path):
    """Where no name was given the sizes are those of the other artifacts of the kind without one."""
    contexta, client = opened_dashboard
    for number in (1, 2):
        body = tmp_path / "body"
        body.write_bytes(bytes(10 * number))
        with contexta.run(f"sized{number}", run_id=f"sized{number}") as run:
            run.register_artifact("checkpoint", str(body))
    last = contexta.repository.list_artifacts()[-1].artifact_ref
    assert ["20 B", "10 B"] == [line[1] for line in sizes_on(client.get(f"/ui/artifacts/{quote(last)}").text)]

"""The screens: right values, whole without a script, hostile content harmless, restored by their address."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from html.parser import HTMLParser
from importlib.resources import files
from urllib.parse import quote

import pytest

from contexta_web.screens.charts import draw
from contexta_web.screens.metrics import latest_values
from contexta_web.screens.table import open_run_tabs
from contexta_web.screens.timeline import timeline_of
from contexta_web.screens.words import duration, number, size

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = "run:golden.hostile"
SCREENS = (
    "/ui",
    "/ui/runs",
    "/ui/runs?where=%28",
    f"/ui/runs/{HOSTILE}",
    *(f"/ui/runs/{HOSTILE}/{each.name}" for each in open_run_tabs(None, None)),
    f"/ui/compare?run={HOSTILE}&run=run:golden.diverged&all=1",
    "/ui/runs/none",
    "/ui/artifacts",
    "/ui/artifacts?kind=model",
    "/ui/artifacts/artifact%3Agolden.loop.a",
    "/ui/artifacts/artifact%3Agolden.steady-17.model",
    "/ui/lineage",
    f"/ui/lineage?ref={HOSTILE}&depth=4",
    "/ui/trends?metric=val_loss",
    "/ui/alerts?metric=val_loss&threshold=0.5",
    "/ui/alerts?metric=%3Cscript%3E&threshold=x",
    "/ui/reports",
    f"/ui/reports?kind=run&run={HOSTILE}",
    "/ui/reports?kind=%3Cscript%3E",
    "/ui/sql?query=SELECT%20%2A%20FROM%20runs&y=name",
    "/ui/sql?query=%3Cscript%3E",
    "/ui/system?verify=1&settings=all",
)


@pytest.fixture(scope="module")
def pair(asked):
    """Return two runs that both have metrics."""
    found = list(dict.fromkeys(each.run for each in asked.repository.metric_summaries()))
    return found[0], found[1]


class Reader(HTMLParser):
    """Collects the tags, the attributes and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def read(html):
    """Return what a page holds."""
    reader = Reader()
    reader.feed(html)
    return reader


def texts(server, path):
    """Return the text of a page with blanks made one."""
    answer = server.get(path)
    assert 200 == answer.status
    return re.sub(r"\s+", " ", read(answer.body.decode()).text)


def test_the_root_leads_home(server):
    """The address that the server prints leads to the first screen."""
    answer = server.get("/")
    assert (303, "/ui") == (answer.status, answer.headers["location"])


def test_home_counts_runs_by_status(server, asked):
    """The first screen counts the runs of each status, and names the newest failures."""
    text = texts(server, "/ui")
    failed = asked.list_runs(status="failed")
    assert f"{len(failed)} failed" in text
    assert failed[0].run_id.removeprefix("run:") in text


def test_the_list_is_that_of_the_query(server, asked):
    """The filter box, the order and the page are those of the address."""
    expression = "status = 'failed'"
    runs = asked.list_runs(where=expression, sort_by="name", sort_desc=False)
    page = server.get(f"/ui/runs?where={quote(expression)}&sort=name&desc=false").body.decode()
    assert [run.run_id for run in runs] == re.findall(r'name="run" value="([^"]+)"', page)
    assert f'value="{expression.replace(chr(39), "&#39;")}"' in page


def test_pages_of_the_list_are_linked(server, asked):
    """The link to the next page shows the runs that follow, and the filter stays."""
    page = server.get("/ui/runs?sort=name").body.decode()
    after = unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])
    assert "sort=name" in after
    expected = [run.run_id for run in asked.list_runs(sort_by="name")[50:]]
    assert expected == re.findall(r'name="run" value="([^"]+)"', server.get(after).body.decode())


def test_columns_are_chosen(server, asked, pair):
    """A column that the address names is shown with the newest value of each run."""
    summary = next(each for each in asked.repository.metric_summaries([pair[0]]))
    page = server.get(f"/ui/runs?column={summary.key}").body.decode()
    assert re.search(rf'value="{re.escape(summary.key)}" checked', page)


def test_a_wrong_filter_is_shown_with_what_is_wrong(server):
    """The text stays in the box, and the page says why it cannot be understood."""
    answer = server.get("/ui/runs?where=status%20%3D%3D%3D")
    assert 400 == answer.status
    page = answer.body.decode()
    assert 'value="status ==="' in page
    assert 'role="alert"' in page


def test_the_first_tab_is_that_of_the_run(server, asked, pair):
    """The address of a run shows its newest values and its gravest findings, whichever way it is named."""
    path = f"/ui/runs/{quote(pair[0], safe='')}"
    text = texts(server, path)
    for key, value in latest_values(asked, [pair[0]])[pair[0]].items():
        assert f"{key} {number(value)}" in text or f"{key}{number(value)}" in text
    assert text == texts(server, f"{path}/overview")
    assert text == texts(server, f"/ui/runs/{pair[0].removeprefix('run:')}")


def test_tabs_show_what_the_workspace_answers(server, asked, pair):
    """Each tab holds what the question behind it is answered with."""
    path = f"/ui/runs/{quote(pair[0], safe='')}"
    audit = asked.audit_reproducibility(pair[0])
    assert f"{audit.score} of {audit.max_score} points" in texts(server, f"{path}/provenance")
    numbers = texts(server, f"{path}/metrics")
    for summary in asked.repository.metric_summaries([pair[0]]):
        assert f"{summary.key}" in numbers
        assert number(summary.mean) in numbers
    for issue in asked.diagnose_run("run:golden.diverged").issues:
        shown = re.sub(r"\s+", " ", issue.summary)
        assert shown in texts(server, "/ui/runs/run:golden.diverged/diagnosis")
    for stage in asked.repository.list_stages(pair[0]):
        assert stage.name in texts(server, f"{path}/stages")


def test_the_page_of_an_unknown_tab_names_those_there_are(server):
    """An address without a tab is not found, and the page leads on."""
    answer = server.get(f"/ui/runs/{HOSTILE}/nothing")
    assert 404 == answer.status
    assert "provenance" in answer.body.decode()


def test_bars_by_hand():
    """What takes the second half of the time has a bar over the second half; what is open goes on to the end."""
    line = timeline_of(
        [
            ("a", "2026-01-01T00:00:00Z", "2026-01-01T00:00:10Z"),
            ("b", "2026-01-01T00:00:05Z", None),
            ("c", None, None),
        ]
    )
    assert [(0.0, 400.0), (200.0, 200.0), (0.0, 400.0)] == [(bar.left, bar.width) for bar in line.bars]
    assert (None, 0.0) == (
        timeline_of([("a", None, None)]).started,
        timeline_of([("a", None, None)]).bars[0].width,
    )


def test_changes_only(server, pair):
    """What is the same is left out, counted, and shown when it is asked for."""
    path = f"/ui/compare?run={pair[0]}&run={pair[1]}"
    changes = server.get(path).body.decode().count('scope="row"')
    every = server.get(f"{path}&all=1").body.decode().count('scope="row"')
    left_out = int(re.search(r"(\d+) equal lines are left out", texts(server, path))[1])
    assert every == changes + left_out


def test_documented_addresses_of_comparisons(server, pair):
    """The documented addresses lead to the same comparison."""
    shown = server.get(f"/ui/compare?run={pair[0]}&run={pair[1]}").body
    assert shown == server.get(f"/ui/compare?left={pair[0]}&right={pair[1]}").body
    assert shown == server.get(f"/ui/compare/multi?run_ids={pair[0]},{pair[1]}").body


@pytest.mark.parametrize("path", SCREENS)
def test_hostile_content_is_harmless(server, path):
    """On no screen, with hostile names and addresses: no tag, handler, address or control character of content gets into a page."""
    html = server.get(path).body.decode()
    page = read(html)
    assert not {"iframe", "object", "img", "base", "style"} & set(page.tags)
    scripts = re.findall(r"<script([^>]*)>([^<]*)", html)
    assert [""] * page.tags.count("script") == [text for _, text in scripts]
    assert all(
        re.fullmatch(r' src="/ui/static/[a-z/.]+\.js" (defer|type="module")', told) for told, _ in scripts
    )
    assert [] == [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    links = [value for name, value in page.attributes if name in {"href", "action", "src"}]
    assert [] == [link for link in links if not link.startswith(("/ui", "#"))]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


def test_unknown_runs_have_a_page(server):
    """People get a page, with its status, where a program gets the envelope."""
    answer = server.get("/ui/runs/none")
    assert (404, "text/html; charset=utf-8") == (answer.status, answer.headers["content-type"])


def test_unknown_screens_have_a_page(server):
    """Whoever looks for a screen that is none is led to those there are."""
    answer = server.get("/ui/nothing/at/all")
    assert (404, "text/html; charset=utf-8") == (answer.status, answer.headers["content-type"])
    assert "/ui/lineage" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/ui/artifacts/..%2F..%2Fworkspace.lock",
        "/ui/artifacts/artifact%3A..%2F..%2Fworkspace.lock",
        "/ui/artifacts/artifact:..%5C..%5Cworkspace.lock",
        "/ui/artifacts/..",
        "/ui/runs/..%2F..%2Fworkspace.lock/records",
        "/ui/lineage?ref=..%2F..%2Fworkspace.lock",
        f"/ui/reports/download?kind=run&run={HOSTILE}&format=..%2F..%2Fx",
        "/ui/panels/..%2Fhome",
        "/ui/static/..%2Ftemplates%2Fpage.html",
        "/ui/static/../templates/page.html",
    ],
)
def test_no_address_leads_to_another_file(server, path):
    """Names with steps upwards are names of nothing, whatever they are names of."""
    answer = server.get(path)
    assert answer.status in {400, 404, 501}
    assert "{% extends" not in answer.text


def test_a_hostile_title_names_no_file(server):
    """The name that a browser is proposed holds nothing that means something to a header or a file system."""
    answer = server.get(f"/ui/reports/download?kind=run&run={HOSTILE}&format=csv")
    assert re.fullmatch(
        r'attachment; filename="[A-Za-z0-9][A-Za-z0-9._-]*\.csv"', answer.headers["content-disposition"]
    )
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_words():
    """Durations, sizes and numbers are short."""
    assert "1 min 30 s" == duration("2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z")
    assert "2 h 5 min" == duration("2026-01-01T00:00:00Z", "2026-01-01T02:05:10Z")
    assert "1.5 KiB" == size(1536)
    assert "0.33333" == number(1 / 3)


def test_a_drawing_by_hand():
    """The first point stands at the left, the greatest value at the top; what is no number is left out."""
    chart = draw("loss", [("a", [(0, 1.0), (5, float("nan")), (10, 3.0)])])
    assert "M52 148 L410 10" == chart.curves[0].path
    assert ((148, "1"), (79, "2"), (10, "3")) == chart.levels
    assert draw("loss", [("a", [])]) is None
    greatest = draw("loss", [("a", [(0, -1.7e308), (1, 1.7e308)])])
    assert ("M52 148 L410 10", 79) == (greatest.curves[0].path, greatest.levels[1][0])


#: Each page in a frame of its own looks at itself; when all have, what they found is all that is left.
_GATHER = """
const found = {};
addEventListener('message', event => {
  found[event.data.name] = event.data.violations;
  if (Object.keys(found).length < document.querySelectorAll('iframe').length) return;
  const told = document.createElement('pre');
  told.id = 'found'; told.textContent = JSON.stringify(found); document.body.replaceChildren(told);
});
"""
_LOOK = """
addEventListener('load', () => axe.run().then(found => parent.postMessage({name: NAME, violations:
  found.violations.map(each => ({rule: each.id, nodes: each.nodes.map(node => node.html + node.failureSummary)}))}, '*')));
"""


def framed(html, style, axe, name):
    """Return a frame with a page that looks at itself."""
    html = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{style}</style>", html)
    look = f"<script>{axe}</script><script>{_LOOK.replace('NAME', json.dumps(name))}</script>"
    inner = escape(html.replace("</body>", f"{look}</body>"))
    return f'<iframe title="x" width="1100" height="3000" srcdoc="{inner}"></iframe>'


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_are_accessible(server, tmp_path, scheme, pair):
    """Axe finds nothing to object to on any screen, light or dark."""
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    style = server.get("/ui/static/dashboard.css").body.decode()
    paths = (*SCREENS, f"/ui/runs/{pair[0]}/metrics", f"/ui/compare?run={pair[0]}&run={pair[1]}")
    frames = "".join(framed(server.get(path).body.decode(), style, axe, path) for path in paths)
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><body><script>{_GATHER}</script>{frames}</body>", encoding="utf-8")
    done = subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000"),
            f"--user-data-dir={tmp_path / 'profile'}",
            *(["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []),
            *("--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=True,
    )
    told = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert told is not None, done.stdout[-2000:]
    found = json.loads(unescape(told[1]))
    assert set(paths) == set(found)
    assert {} == {path: violations for path, violations in found.items() if violations}

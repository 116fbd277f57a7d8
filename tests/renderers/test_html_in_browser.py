"""Pages in a real browser: what axe says of them, that nothing is run or loaded, and that they print."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import files

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: Set by hand, or by a build that has a browser, to make its absence a failure.
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")

DARK = "--blink-settings=preferredColorScheme=0"


@pytest.fixture
def browse(tmp_path):
    """Return what lets the browser do something with a page, and returns what it wrote."""

    def run(text, *words):
        page = tmp_path / "page.html"
        page.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=20000",
                *words,
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=True,
        )
        return done.stdout

    return run


def with_axe(html):
    """Return the page with axe in it, which writes what it finds into the page."""
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    script = (
        f"<script>{axe}</script><script>axe.run().then(found => {{ const told = document.createElement('pre');"
        "told.id = 'found'; told.textContent = JSON.stringify(found.violations.map(each => ({rule: each.id,"
        "nodes: each.nodes.map(node => node.html + node.failureSummary)})));"
        "document.body.replaceChildren(told); });</script>"
    )
    # The page itself forbids every script.
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    return html.replace("</body>", f"{script}</body>")


def violations(dom):
    """Read what axe has written."""
    from html import unescape

    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found is not None, dom[-2000:]
    return json.loads(unescape(found[1]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(browse, small_document, document_saying, scheme):
    """Axe finds nothing to object to, on a light screen and on a dark one."""
    more = (DARK,) if scheme == "dark" else ()
    for document in (small_document, document_saying("loss")):
        assert [] == violations(browse(with_axe(document.to_html()), "--dump-dom", *more))


def test_a_hostile_page_runs_nothing(browse, document_saying, hostile_texts):
    """In a browser, too, no script of content is run: the title of the page stays what it was."""
    text = "".join(each for each in hostile_texts if "script" in each or "onload" in each)
    document = document_saying(text.replace("alert(1)", "document.title='owned'"))
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", document.to_html())
    dom = browse(html, "--dump-dom")
    assert "<title>owned</title>" not in dom
    assert "<script" not in dom.lower()


def test_a_page_prints(browse, small_document, tmp_path):
    """Printing makes a document of at least one page."""
    target = tmp_path / "page.pdf"
    browse(small_document.to_html(), f"--print-to-pdf={target}", "--no-pdf-header-footer")
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/Type /Page" in content

"""What pages load: the libraries are what they say they are, and all of it is small."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from importlib.resources import files

import pytest

from contexta_web.screens.static_files import static_files

VENDOR = files("contexta_web.screens") / "static" / "vendor"
LIBRARIES = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["libraries"]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda each: each["name"])
def test_libraries_are_what_their_authors_published(library):
    """Each file has the digest that stands in the manifest, and the text of its licence beside it."""
    for each in library["files"]:
        assert each["sha256"] == hashlib.sha256((VENDOR / each["file"]).read_bytes()).hexdigest()
    for each in library["licence_files"]:
        assert "permi" in (VENDOR / each).read_text(encoding="utf-8").lower()
    assert library["licence"] in {"MIT", "0BSD"}


def test_nothing_else_stands_beside_them():
    """Every file there is told by the manifest."""
    told = {each["file"] for library in LIBRARIES for each in library["files"]}
    told |= {each for library in LIBRARIES for each in library["licence_files"]}
    assert {"manifest.json", *told} == {each.name for each in VENDOR.iterdir()}


def test_script_and_style_are_small():
    """All that any page loads comes to at most 150 KB, compressed."""
    content = [body for name, (body, _) in static_files().items() if name.endswith((".js", ".css"))]
    assert sum(len(gzip.compress(body, 9)) for body in content) <= 150_000


def test_nothing_comes_from_elsewhere():
    """No script or style of ours names another host, or makes code of a text."""
    for name, (body, _) in static_files().items():
        if not name.startswith("vendor/"):
            text = body.decode().replace("http://www.w3.org/", "")
            assert not re.search(r"https?://|\beval\(|new Function|innerHTML", text), name


def test_modules_find_each_other(server):
    """Every module that a module imports is served, as a script, and bears the headers of every answer."""
    wanted, seen = ["dashboard.js"], set()
    while wanted:
        name = wanted.pop()
        seen.add(name)
        answer = server.get(f"/ui/static/{name}")
        assert (200, "text/javascript; charset=utf-8") == (answer.status, answer.headers["content-type"])
        wanted += set(re.findall(r'from "\./([a-z_.]+)"', answer.body.decode())) - seen
    assert len(seen) > 1


@pytest.mark.parametrize(
    "name", ["", "nothing.js", "../templates/page.html", "%2e%2e/words.py", "vendor", "vendor/manifest.json"]
)
def test_other_files_are_not_served(server, name):
    """Only script, style and pictures are: no path leads to another file."""
    assert 404 == server.get(f"/ui/static/{name}").status

"""The documentation's examples run: Python blocks of the pages, and the sessions in docstrings."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """List every page that a reader may copy from."""
    patterns = ("*.md", "docs/**/*.md", "contexta-core/*.md", "plugins/*/*.md", "examples/**/*.md")
    return sorted(path for pattern in patterns for path in REPOSITORY.glob(pattern))


def program_of(page: Path) -> str:
    """Join a page's Python blocks, each on the lines where the page has it."""
    text = page.read_text(encoding="utf-8")
    program = ""
    for block in PYTHON_BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1))
        program += "\n" * (line - program.count("\n")) + block.group(1)
    return program


def modules_with_sessions() -> list[str]:
    """List the product's modules whose docstrings show an interactive session."""
    sources = [*REPOSITORY.glob("contexta-core/src/**/*.py"), *REPOSITORY.glob("plugins/*/src/**/*.py")]
    found = []
    for path in sources:
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.with_suffix("").parts
            names = parts[parts.index("src") + 1 :]
            found.append(".".join(names[:-1] if names[-1] == "__init__" else names))
    return sorted(found)


@pytest.mark.parametrize("page", [page for page in pages() if program_of(page)], ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page, tmp_path):
    """The Python blocks of a page run one after another in an empty directory, with warnings as errors."""
    program = tmp_path / f"{page.stem}.py"
    program.write_text(program_of(page), encoding="utf-8")
    place = tmp_path / "place"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", modules_with_sessions())
def test_the_sessions_of_a_module_run(name, tmp_path, monkeypatch):
    """The interactive sessions in a module's docstrings print what they show."""
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    results = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert results.attempted > 0
    assert results.failed == 0

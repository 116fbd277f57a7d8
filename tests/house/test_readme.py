"""What the documentation tells people to type is safe and complete."""

from __future__ import annotations

import re

# `pip install contexta`, `uv add "contexta[all]"`: the bare name, without a version that strangers cannot satisfy.
BARE_NAME = re.compile(
    r"""\b(?:install|add|download|wheel)\b[^`\n]*[\s"']contexta(?:-[a-z-]+)?(?:\[[a-z,]*\])?["']?(?=\s|`|$)"""
)


def _pages(repository):
    patterns = ("*.md", "docs/**/*.md", "contexta-*/*.md", "plugins/*/*.md", "examples/**/*.md")
    return sorted(path for pattern in patterns for path in repository.glob(pattern))


def _start_here(repository) -> str:
    text = (repository / "README.md").read_text(encoding="utf-8")
    return text.split("## Start here\n", 1)[1].split("\n## ", 1)[0]


def test_start_here_has_two_shell_blocks(repository):
    """The section `Start here` holds two blocks and no other: install with the main job, and the tests."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", _start_here(repository), re.MULTILINE | re.DOTALL)
    assert ["shell", "shell"] == [language for language, _ in blocks]
    assert "contexta demo" in blocks[0][1]
    assert "tox" in blocks[1][1]


def test_nobody_is_told_to_install_the_bare_name(repository):
    """No page says to install `contexta` without a version or a path: on the index that is a stranger's."""
    told = [
        f"{page.name}: {line.strip()}"
        for page in _pages(repository)
        for line in page.read_text(encoding="utf-8").splitlines()
        if BARE_NAME.search(line)
    ]
    assert [] == told


def test_the_product_tells_nobody_to_install_the_bare_name(source_files):
    """No text of the product says to install the bare name either."""
    lines = [
        (path.name, line) for path in source_files for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert [] == [f"{name}: {line.strip()}" for name, line in lines if BARE_NAME.search(line)]


def test_bare_names_are_recognised():
    """The check above sees the bare name in its usual spellings, and lets versions and paths pass."""
    bare = [
        "pip install contexta",
        'pip install "contexta[all]"',
        "uv add contexta-core",
        "pip install -U contexta",
    ]
    safe = [
        'pip install "contexta[all]>=2"',
        'pip install ".[all]"',
        "pip install ./contexta-core",
        "contexta demo",
    ]
    assert bare == [line for line in bare + safe if BARE_NAME.search(line)]

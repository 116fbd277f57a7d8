"""The documentation's examples run: the blocks of the pages, and the sessions in docstrings.

The blocks of a page run one after another in one empty directory: ``python`` blocks in one program, ``shell`` blocks
where they stand between them.  A ``text`` block directly behind a block is what that one prints; ``...`` in it stands
for any text, and times, durations and generated identifiers count as equal.  Blocks that install something are left to
the packaging tests.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(python|shell|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLS = re.compile(r"\b(?:pip|tox|venv|pytest|build)\b|\.ci/run")

# On the first line of a program, where every page has its heading.
PRELUDE = (
    "import subprocess as __processes, sys as __system; "
    "__shell = lambda text: __system.stdout.write(__processes.run(['sh', '-e'], input=text, encoding='utf-8', "
    "stdout=__processes.PIPE, stderr=__processes.STDOUT, check=True).stdout); "
    "__end = lambda number: print(f'\\0{number}\\0', end='')"
)

# What no two runs print alike, and what is shown for it.
VARIABLE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "<time>"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s)\b"), "<duration>"),
    (re.compile(r"\b0[0-9a-z]{15}-\d+"), "<identifier>"),
    (re.compile(r"\b\d{14}-[a-z0-9]{4}\b"), "<suffix>"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "<digest>"),
    (re.compile(r"(?<=\[redacted:)([a-z_]+):[0-9a-f]{8}"), r"\1:<digest>"),
)


class Block(NamedTuple):
    """One block of a page that runs, and what it prints if the page says so."""

    language: str
    text: str
    line: int
    expected: str | None


def pages() -> list[Path]:
    """List every page that a reader may copy from."""
    patterns = ("*.md", "docs/**/*.md", "contexta-*/*.md", "plugins/*/*.md", "examples/**/*.md")
    return sorted(path for pattern in patterns for path in REPOSITORY.glob(pattern))


def blocks_of(page: Path) -> list[Block]:
    """List a page's blocks that run; those that install something are left out."""
    text = page.read_text(encoding="utf-8")
    found = list(BLOCK.finditer(text))
    blocks = []
    for block, following in zip(found, (*found, None)[1:], strict=True):
        language, content = block.groups()
        if language == "text" or (language == "shell" and INSTALLS.search(content)):
            continue
        is_output = following is not None and following[1] == "text"
        adjacent = is_output and not text[block.end() : following.start()].strip()
        line = text.count("\n", 0, block.start(2))
        blocks.append(Block(language, content, line, following[2] if adjacent else None))
    return blocks


def program_of(blocks: list[Block]) -> str:
    """Join blocks to one program, each on the lines where the page has it."""
    program = PRELUDE
    for number, block in enumerate(blocks):
        program += "\n" * (block.line - program.count("\n"))
        program += block.text if block.language == "python" else f"__shell({block.text!r})\n"
        # The fence's own line stands behind a Python block; a shell block leaves more lines than it needs.
        program += f"__end({number})"
    return program + "\n"


def comparable(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, replacement in VARIABLE:
        text = pattern.sub(replacement, text)
    lines = (re.sub(r" {2,}", " ", line).strip() for line in text.strip().splitlines())
    return "\n".join(lines)


def matches(expected: str, printed: str) -> bool:
    """Tell whether a block printed what its page says."""
    pattern = re.escape(comparable(expected)).replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, comparable(printed), re.DOTALL) is not None


def environment(directory: Path) -> dict[str, str]:
    """Return the environment of an example: the command is on the path, and a warning is an error."""
    scripts = Path(sys.executable).parent
    if shutil.which("contexta", path=str(scripts)) is None:
        script = directory / "contexta"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m contexta "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        scripts = directory
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # A page calls the command dozens of times: modules are compiled once, as they are where it is installed.
    kept["PYTHONPYCACHEPREFIX"] = str(directory / "compiled")
    # Not NO_COLOR and its like: what a pipe gets has no colour anyway.
    return {**kept, "PATH": path, "COLUMNS": "100", "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}


def run_program(program: Path, place: Path, scripts: Path) -> str:
    """Run a program in a new directory and return what it printed."""
    place.mkdir()
    scripts.mkdir()
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=place,
        env=environment(scripts),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=220,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def modules_with_sessions() -> list[str]:
    """List the product's modules whose docstrings show an interactive session."""
    sources = [*REPOSITORY.glob("contexta-*/src/**/*.py"), *REPOSITORY.glob("plugins/*/src/**/*.py")]
    found = []
    for path in sources:
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.with_suffix("").parts
            names = parts[parts.index("src") + 1 :]
            found.append(".".join(names[:-1] if names[-1] == "__init__" else names))
    return sorted(found)


# The page on the command line starts some seventy programs, which a busy machine takes its time for.
@pytest.mark.timeout(240)
@pytest.mark.skipif(os.name == "nt", reason="the blocks are written for a POSIX shell")
@pytest.mark.parametrize("page", [page for page in pages() if blocks_of(page)], ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page, tmp_path):
    """The blocks of a page run in order in an empty directory, and print what the page says they print."""
    blocks = blocks_of(page)
    program = tmp_path / f"{page.stem}.py"
    program.write_text(program_of(blocks), encoding="utf-8")
    printed = re.split(r"\0\d+\0", run_program(program, tmp_path / "place", tmp_path / "scripts"))
    for block, output in zip(blocks, printed, strict=False):
        if block.expected is not None and not matches(block.expected, output):
            shown = f"{page.name}:{block.line}\n\n{comparable(output)}"
            pytest.fail(f"not what the page says: {shown}\n\nbut\n\n{comparable(block.expected)}")


@pytest.mark.parametrize(
    "script", sorted((REPOSITORY / "examples").glob("*.py")), ids=lambda script: script.name
)
def test_an_example_script_runs(script, tmp_path):
    """A script of `examples/` runs in an empty directory and prints what its docstring says it prints."""
    printed = run_program(script, tmp_path / "place", tmp_path / "scripts")
    docstring = re.search(r'"""(.*?)"""', script.read_text(encoding="utf-8"), re.DOTALL)
    assert docstring is not None
    expected = docstring[1].partition("It prints::\n")[2]
    assert matches(expected, printed), printed


@pytest.mark.parametrize("name", modules_with_sessions())
def test_the_sessions_of_a_module_run(name, tmp_path, monkeypatch):
    """The interactive sessions in a module's docstrings print what they show."""
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    results = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("run  completed\n", "run completed", True),
        ("at 2026-01-31 12:00:00, 99 ms", "at 2027-12-01 23:59:59, 1.5 s", True),
        ("first\n...\nlast", "first\nsecond\nthird\nlast\n", True),
        ("run completed", "run failed", False),
        ("first\nlast", "first\nsecond\nlast", False),
    ],
)
def test_outputs_are_compared_by_what_matters(expected, printed, same):
    """Spaces, times and durations may differ between a page and what is printed; words may not."""
    assert same is matches(expected, printed)

"""Makes the pictures of the command line: each command is run on a real terminal, and its screen is drawn as SVG.

From the root of a checkout, with everything installed::

    python docs/pictures/make_pictures.py

It trains the demo's models first, in a directory that is removed afterwards.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
COLUMNS = 100

#: What is typed, by the name of the picture.
PICTURES: Mapping[str, str] = {
    "help": "contexta --help",
    "runs": "contexta runs --limit 6",
    "run-show": "contexta run show mlp-64-seed-0",
    "compare": "contexta compare mlp-32-seed-0 mlp-64-seed-0",
    "tail": "contexta tail mlp-64-seed-0 --no-follow --lines 12",
    "top": "contexta top --once",
    "plugins-list": "contexta plugins list --kind interpreter",
    "error": "contexta run show mpl-64-seed-0",
}

#: A run that is open while the picture of `top` is made.
OPEN_RUN = """
import sys
from contexta import Contexta
with Contexta(config={"project_name": "digits-demo"}) as ctx, ctx.run("mlp-256-seed-0") as run:
    with run.stage("train") as stage:
        for epoch in range(12):
            stage.metric("loss", 1 / (1 + epoch), step=epoch)
            stage.metric("val_accuracy", 1 - 0.5 / (1 + epoch), step=epoch)
        print("open", flush=True)
        sys.stdin.readline()
"""

#: The page around the screen; unlike rich's own it names no font that would have to be fetched.
PAGE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Make every picture."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run_python("-m", "contexta", "demo", "--quiet", cwd=place)
        with subprocess.Popen(
            [sys.executable, "-c", OPEN_RUN], cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as opened:
            assert opened.stdout is not None  # noqa: S101 - tells the type checker
            opened.stdout.readline()
            for picture, typed in PICTURES.items():
                (HERE / f"{picture}.svg").write_text(drawn(typed, screen_of(typed, place)), encoding="utf-8")
                print(f"{picture}.svg")
            opened.communicate()


def run_python(*arguments: str, cwd: Path) -> None:
    """Run Python, and fail where it does."""
    subprocess.run([sys.executable, *arguments], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def screen_of(typed: str, place: Path) -> str:
    """Run a command on a terminal, and return what it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    variables.pop("NO_COLOR", None)
    arguments = ["-m", "contexta", *typed.split()[1:]]
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=place,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        chunks = []
        while True:
            try:
                chunk = os.read(ours, 65_536)
            except OSError:
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(ours)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def drawn(typed: str, screen: str) -> str:
    """Draw a screen, with what was typed above it."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(Text(f"$ {typed}", style="bold"))
    # The last line of the drawing cuts what hangs below the letters, so an empty one stands there.
    console.print(Text.from_ansi(screen.rstrip("\n") + "\n"), soft_wrap=False)
    svg = console.export_svg(title="contexta", theme=DIMMED_MONOKAI, unique_id="contexta")
    return PAGE.sub("", svg)


if __name__ == "__main__":
    main()

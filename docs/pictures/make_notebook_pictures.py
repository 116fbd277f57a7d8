"""Draws the pictures of the notebook: a real one, run over the demo's models, as Chromium shows it.

Run it with a Python that has Contexta with the extras ``all`` and ``demo`` and the dependency group ``pictures``, and
with ``chromium`` on the path::

    python docs/pictures/make_notebook_pictures.py

It writes beside itself. Look at each of the pictures afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbconvert import HTMLExporter

HERE = Path(__file__).resolve().parent
WIDTH = 1000
JUPYTER_DIRECTORIES = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of the notebook that is drawn.

    Args:
        name: Name of the file, without its suffix.
        height: Height in pixels.
        cells: The code of its cells; what earlier pictures have defined is there.
        theme: ``light`` or ``dark``.
    """

    name: str
    height: int
    cells: tuple[str, ...]
    theme: str = "light"


PICTURES = (
    Picture(
        "notebook-run",
        990,
        ('from contexta import Contexta\n\nctx = Contexta()\nctx.get_run_snapshot("mlp-64-seed-0")',),
    ),
    Picture("notebook-comparison", 740, ('ctx.compare_runs("softmax-1e-02-seed-0", "mlp-64-seed-0")',)),
    Picture("notebook-trend", 960, ('ctx.get_metric_trend("val_accuracy")',), theme="dark"),
    Picture(
        "notebook-frames",
        1420,
        (
            'series = ctx.get_step_series("mlp-64-seed-0", "loss")\nseries',
            "series.to_polars().tail(3)",
            "%load_ext contexta\n%contexta runs",
        ),
    ),
)


def run_notebook(folder: Path) -> list[nbformat.NotebookNode]:
    """Run every cell beside the demo's workspace, in a kernel of this Python, and return the cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for picture in PICTURES for cell in picture.cells]
    )
    manager = AsyncKernelManager()
    manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    NotebookClient(notebook, km=manager, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    cells: list[nbformat.NotebookNode] = notebook.cells
    return cells


def draw(page: Path, picture: Picture, profile: Path) -> None:
    """Let Chromium draw a page."""
    dark = ["--blink-settings=preferredColorScheme=0"] if picture.theme == "dark" else []
    subprocess.run(
        [
            which("chromium") or "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            # What the page around the cells would fetch is not needed to show them.
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
            f"--window-size={WIDTH},{picture.height}", f"--screenshot={HERE / picture.name}.png", *dark,
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    print(f"{picture.name}.png")


def main() -> None:
    """Train the models of the demo, run the notebook, and draw its parts."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        # A kernel reads its user's settings; a picture is to be the same on every machine.
        os.environ |= {name: str(folder / "jupyter") for name in JUPYTER_DIRECTORIES}
        subprocess.run(
            [sys.executable, "-m", "contexta", "demo", "--quiet"], cwd=folder, check=True, timeout=600
        )
        cells = iter(run_notebook(folder))
        for picture in PICTURES:
            part = nbformat.v4.new_notebook(cells=[next(cells) for _ in picture.cells])
            html, _ = HTMLExporter(theme=picture.theme).from_notebook_node(part)
            page = folder / f"{picture.name}.html"
            page.write_text(html, encoding="utf-8")
            draw(page, picture, folder / "profile")


if __name__ == "__main__":
    main()

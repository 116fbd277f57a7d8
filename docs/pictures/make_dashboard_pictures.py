"""Draws the pictures of the dashboard: the workspaces of a demo and of made-up runs, served, in Chromium.

    python docs/pictures/make_dashboard_pictures.py [NAME ...]

Each screen and each tab of a run becomes one sheet: wide and narrow, light and dark.  With names only those are made.
Look at each of them afterwards.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from urllib.request import urlopen

from made_up_runs import NEWEST, make_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = Path(__file__).parent
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DARK = "--blink-settings=preferredColorScheme=0"
#: Environment and provenance are of made-up runs: those of the demo tell of the machine that makes the pictures.
TABS = ("overview", "metrics", "stages", "spans", "events", "artifacts", "diagnosis", "records")
QUERY = (
    "SELECT r.name, p.value AS model, m.latest AS val_accuracy FROM runs r JOIN params p USING (run_id)"
    " JOIN metric_summaries m USING (run_id) WHERE p.key = 'model' AND m.key = 'val_accuracy' ORDER BY 3"
)
#: Wide and narrow: size of the window, and width on the sheet; all are equally high there.
SIZES = (((1100, 900), 440), ((500, 1000), 180))
SHEET = (1304, 376)


def main() -> None:
    """Make the pictures."""
    if BROWSER is None:
        sys.exit("there is no Chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "contexta", "demo", "--quiet"], cwd=folder, check=True)
        with _serving(folder) as (url, _):
            with urlopen(f"{url}runs?limit=3") as answer:  # noqa: S310 - our own server
                runs = [run["run_id"] for run in json.load(answer)["runs"]]
            # The first look of a new profile is slower than the scripts of a page.
            _shoot(url, folder / "first.png", SHEET, folder, [])
            _make_all(_screens(runs), url, folder)
        if not sys.argv[1:] or "delete" in sys.argv[1:]:
            with _serving(folder, "--writable") as (url, token):
                chosen = "&".join(f"run={each}" for each in runs)
                _make("delete", f"{url}ui/curation/delete?{chosen}&token={token}", folder)
        made_up = folder / "made-up"
        made_up.mkdir()
        make_runs(made_up / ".contexta")
        with _serving(made_up) as (url, _):
            _make_all(_made_up_screens(), url, folder)


def _make_all(screens: dict[str, str], url: str, folder: Path) -> None:
    for screen, path in screens.items():
        if not sys.argv[1:] or screen in sys.argv[1:]:
            _make(screen, url + path, folder)


@contextmanager
def _serving(folder: Path, *options: str) -> Iterator[tuple[str, str]]:
    """Serve the workspace, and give the address without its token, and the token."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "contexta", "serve", "--port", "0", "--format", "json", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url, _, token = _address(serving).partition("?token=")
        yield url, token
    finally:
        serving.terminate()
        serving.communicate()


def _screens(runs: list[str]) -> dict[str, str]:
    """Return the addresses of all screens and tabs by the names of their pictures."""
    compared = "&".join(f"run={each}" for each in runs)
    return {
        "home": "ui",
        "runs": "ui/runs",
        "runs-groups": "ui/runs?group=params.model&column=val_accuracy&column=loss",
        **{f"run-{tab}": f"ui/runs/{runs[0]}/{tab}" for tab in TABS},
        "compare": f"ui/compare?{compared}",
        "lineage": f"ui/lineage?ref={runs[0]}",
        "alerts": "ui/alerts?metric=val_accuracy&operator=lt&threshold=0.95",
        "reports": f"ui/reports?kind=run&run={runs[0]}",
        "artifacts": "ui/artifacts",
        "sql": f"ui/sql?query={quote(QUERY)}&y=val_accuracy",
        "system": "ui/system",
    }


def _made_up_screens() -> dict[str, str]:
    """Return the addresses of screens that show made-up runs, likewise."""
    return {
        **{f"run-{tab}": f"ui/runs/{NEWEST}/{tab}" for tab in ("environment", "provenance")},
        "compare-two": "ui/compare?run=run:nightly.night-10&run=run:nightly.night-11",
        "trends": "ui/trends?metric=val_loss",
        "artifact": "ui/artifacts/artifact:nightly.night-11.model",
    }


def _address(serving: subprocess.Popen[str]) -> str:
    told = ""
    while not told.rstrip().endswith("}"):
        line = serving.stdout.readline() if serving.stdout else ""
        if not line:
            sys.exit("the server did not start")
        told += line
    return str(json.loads(told)["url"])


def _make(screen: str, url: str, folder: Path) -> None:
    """Make the sheet of one screen: each look at it, side by side."""
    images = []
    for number, ((size, width), more) in enumerate(product(SIZES, ([], [DARK]))):
        target = folder / f"{number}.png"
        _shoot(url, target, size, folder, more)
        images.append(f'<img src="{target.name}" width="{width}" height="360">')
    sheet = folder / "sheet.html"
    style = (
        "body{margin:8px;display:flex;gap:8px;background:#c9ced6}img{object-fit:cover;object-position:top}"
    )
    sheet.write_text(f"<!doctype html><style>{style}</style>{''.join(images)}", encoding="utf-8")
    _shoot(sheet.as_uri(), PICTURES / f"dashboard-{screen}.png", SHEET, folder, [])
    print(PICTURES / f"dashboard-{screen}.png")


def _shoot(url: str, target: Path, size: tuple[int, int], folder: Path, more: list[str]) -> None:
    words = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={size[0]},{size[1]}",
        f"--screenshot={target}",
        *more,
    ]
    subprocess.run([str(BROWSER), *words, url], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main()

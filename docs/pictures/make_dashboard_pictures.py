"""Draws the pictures of the dashboard: a demo's workspace, served, in Chromium.

    python docs/pictures/make_dashboard_pictures.py

Look at each of them afterwards.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

PICTURES = Path(__file__).parent
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DARK = "--blink-settings=preferredColorScheme=0"


def main() -> None:
    """Make the pictures."""
    if BROWSER is None:
        sys.exit("there is no Chromium")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "contexta", "demo", "--quiet"], cwd=folder, check=True)
        serving = subprocess.Popen(
            [sys.executable, "-m", "contexta", "serve", "--port", "0", "--format", "json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            url = _address(serving)
            with urlopen(f"{url}runs?limit=3") as answer:  # noqa: S310 - our own server
                runs = [run["run_id"] for run in json.load(answer)["runs"]]
            compared = "&".join(f"run={each}" for each in runs)
            for name, path, height, *more in (
                ("dashboard-home", "ui", 760),
                ("dashboard-runs", "ui/runs", 620, DARK),
                ("dashboard-run", f"ui/runs/{runs[0]}", 900),
                ("dashboard-compare", f"ui/compare?{compared}", 760, DARK),
            ):
                _shoot(url + path, PICTURES / f"{name}.png", height, Path(folder) / "profile", more)
        finally:
            serving.terminate()
            serving.communicate()


def _address(serving: subprocess.Popen[str]) -> str:
    told = ""
    while not told.rstrip().endswith("}"):
        line = serving.stdout.readline() if serving.stdout else ""
        if not line:
            sys.exit("the server did not start")
        told += line
    return str(json.loads(told)["url"])


def _shoot(url: str, target: Path, height: int, profile: Path, more: list[str]) -> None:
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
    words += [f"--window-size=1100,{height}", f"--screenshot={target}", *more, url]
    subprocess.run([str(BROWSER), *words], check=True, capture_output=True, timeout=120)
    print(target)


if __name__ == "__main__":
    main()

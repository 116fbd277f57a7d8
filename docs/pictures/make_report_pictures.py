"""Draws the pictures of the reports and of the notebook: of real runs, as Chromium shows them.

Run it with a Python that has Contexta with the extras ``all`` and ``demo``, and with ``chromium`` on the path::

    python docs/pictures/make_report_pictures.py

It writes beside itself.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from contexta import Contexta
from contexta.interpretation import AlertRule

HERE = Path(__file__).resolve().parent
#: Height of the picture of each page, in pixels of a screen that is 1,100 wide.
PAGES = {
    "snapshot": 1330,
    "comparison": 1400,
    "project": 1250,
    "trend": 900,
    "alert": 780,
    "multi": 1350,
    "difference": 1040,
}


def reports(ctx: Contexta) -> dict[str, object]:
    """Build every report over the runs of the demo."""
    names = [run.name for run in ctx.list_runs()]
    rules = [
        AlertRule("val_accuracy", "lt", 0.99, name="accuracy too low", severity="error"),
        AlertRule("loss", "gt", 0.5, name="loss too high"),
        AlertRule("latency", "gt", 1.0, name="too slow"),
    ]
    return {
        "snapshot": ctx.build_snapshot_report("mlp-64-seed-0"),
        "comparison": ctx.build_run_report("softmax-1e-02-seed-0", "mlp-64-seed-0"),
        "project": ctx.build_project_summary_report("digits-demo"),
        "trend": ctx.build_trend_report("val_accuracy"),
        "alert": ctx.build_alert_report("mlp-64-seed-0", rules),
        "multi": ctx.build_multi_run_report(names[:6]),
        "difference": ctx.compare_report_documents(
            ctx.build_snapshot_report("mlp-32-seed-0"), ctx.build_snapshot_report("mlp-64-seed-0")
        ),
    }


def draw(page: Path, picture: Path, width: int, height: int, *more: str) -> None:
    """Let Chromium draw a page."""
    browser = shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={picture}", *more,
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )  # fmt: skip


def main() -> None:
    """Train the models of the demo, and draw everything."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        subprocess.run(
            [sys.executable, "-m", "contexta", "demo", "--quiet"], cwd=folder, check=True, timeout=600
        )
        with Contexta(workspace=str(folder / ".contexta")) as ctx:
            for name, report in reports(ctx).items():
                page = report.save(folder / f"{name}.html")  # type: ignore[attr-defined]  # each can be rendered
                draw(page, HERE / f"report-{name}.png", 1100, PAGES[name])
            dark = ("--blink-settings=preferredColorScheme=0",)
            draw(folder / "snapshot.html", HERE / "report-dark.png", 1100, PAGES["snapshot"], *dark)


if __name__ == "__main__":
    main()

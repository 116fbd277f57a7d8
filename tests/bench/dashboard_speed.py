"""Row web: the dashboard over a store of many runs, a curve of a million points, and a run that goes on."""

from __future__ import annotations

import http.client
import json
import math
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["dashboard"]

_METRICS = 200
_COURSE = 20
_PAGES = {
    "the newest": "/ui/runs",
    "sorted by a metric": "/ui/runs?sort=metrics.val_loss&desc=false",
    "filtered": "/ui/runs?where=metrics.val_loss%20%3C%201%20and%20params.lr%20%3E%200.02",
    "with 24 columns": "/ui/runs?" + "&".join(f"column=m{number:03}" for number in range(24)),
}


def dashboard(benchmark: Benchmark) -> Iterator[Figure]:
    """Row web: the budgets of the dashboard, those of what is seen measured in headless Chromium."""
    yield from _list_of_runs(benchmark)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        yield Figure("web", "there is no Chromium to measure what is seen in", "not measured")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield from _long_curve(benchmark, chromium)
        yield from _running_run(benchmark, chromium)
        chromium.close()


def _list_of_runs(benchmark: Benchmark) -> Iterator[Figure]:
    count = benchmark.amount(10_000, 100)
    with _serving(_many_runs(benchmark, count)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

        def ask(path: str) -> bytes:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path} answers {response.status}")
            return body

        for what, path in _PAGES.items():
            if ask(path).count(b'name="run"') != 50:
                raise RuntimeError(f"{path} does not show a page of runs")
            rounds = benchmark.amount(20, 3)
            taken, floor = alternate(
                rounds, lambda _, path=path: ask(path), lambda _: ask("/openapi.json"), warm_up=2
            )
            yield Figure(
                "web",
                f"page of 50 of {count:,} runs x {_METRICS} metrics, {what}; floor: a constant answer",
                quantity(middle(taken), "s"),
                quantity(percentile(taken, 0.99), "s"),
                quantity(middle(floor), "s"),
                middle(taken) / middle(floor),
                "≤ 300 ms",
                middle(taken) <= 0.3,
            )
        connection.close()


def _long_curve(benchmark: Benchmark, chromium: Any) -> Iterator[Figure]:
    count = benchmark.amount(1_000_000, 20_000)
    place = benchmark.directory() / "ws"
    lengths = {"long": count, "short": 1_000}
    chance = random.Random(1)
    with open_workspace(place, "flush") as ctx:
        for name, length in lengths.items():
            with ctx.run(name) as run:
                for first in range(0, length, 1_000):
                    steps = range(first, first + 1_000)
                    run.emit_metrics(
                        [
                            {"key": "loss", "value": math.exp(-s / length) + chance.random() / 9, "step": s}
                            for s in steps
                        ]
                    )
        ctx.record_store.rebuild_indexes()
    with _serving(place) as port:
        page = chromium.new_page()

        def drawn(name: str) -> float:
            page.goto(f"http://127.0.0.1:{port}/ui/runs/run:default.{name}/metrics")
            page.wait_for_selector("figure[data-drawn]")
            return int(page.get_attribute("figure[data-drawn]", "data-drawn")) / 1_000

        taken, floor = [], []
        for _ in range(benchmark.amount(9, 2)):
            taken.append(drawn("long"))
            floor.append(drawn("short"))
        yield Figure(
            "web",
            f"curve of {count:,} points, asked for and drawn; floor: one of 1,000",
            quantity(middle(taken), "s"),
            quantity(max(taken), "s"),
            quantity(middle(floor), "s"),
            middle(taken) / middle(floor),
            "≤ 400 ms",
            middle(taken) <= 0.4,
        )
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        first = []
        for _ in range(benchmark.amount(9, 2)):
            page.goto(f"http://127.0.0.1:{port}/ui/runs")
            page.wait_for_selector("#live.live")
            first.append(page.evaluate(paint) / 1_000)
        yield Figure(
            "web", "first paint of the list of runs", quantity(middle(first), "s"), quantity(max(first), "s"), "",
            None, "≤ 500 ms", middle(first) <= 0.5,
        )  # fmt: skip
        page.close()


def _running_run(benchmark: Benchmark, chromium: Any) -> Iterator[Figure]:
    place = benchmark.directory() / "ws"
    with open_workspace(place, "flush") as ctx, ctx.run("running") as run:
        run.metric("loss", 0.5, step=0)
        with _serving(place) as port:
            page = chromium.new_page()
            page.goto(f"http://127.0.0.1:{port}/ui")
            page.wait_for_selector("#live.live")
            taken = []
            for number in range(1, benchmark.amount(20, 3) + 1):
                # At any moment between two looks of the server.
                time.sleep(0.13 * (number % 5))
                begin = time.perf_counter()
                run.metric("loss", number + 0.5, step=number)
                page.wait_for_selector(f"#panel-running .pair:has-text('loss {number}.5')")
                taken.append(time.perf_counter() - begin)
            yield Figure(
                "web", "a point of another process is on the screen", quantity(middle(taken), "s"),
                quantity(percentile(taken, 0.99), "s"), "", None, "p99 ≤ 2 s", percentile(taken, 0.99) <= 2,
            )  # fmt: skip
            page.close()


def _many_runs(benchmark: Benchmark, count: int) -> Path:
    def make() -> Path:
        place = benchmark.directory() / "ws"
        with open_workspace(place, "flush") as ctx:
            for number in range(count):
                chance = random.Random(number)
                level = chance.random()
                with ctx.run(f"run {number}", tags={"model": ("mlp", "tree", "net")[number % 3]}) as run:
                    run.params({"lr": (0.1, 0.03, 0.01)[number % 3], "seed": number % 5})
                    points = [
                        {"key": f"m{key:03}", "value": chance.random(), "step": 0}
                        for key in range(_METRICS - 1)
                    ]
                    course = range(_COURSE)
                    points += [
                        {"key": "val_loss", "value": level * math.exp(-s / 9), "step": s} for s in course
                    ]
                    run.emit_metrics(points)
            ctx.record_store.rebuild_indexes()
        return place

    return benchmark.once(f"{count} runs of {_METRICS} metrics", make)


@contextmanager
def _serving(workspace: Path) -> Iterator[int]:
    """Serve a workspace on a free port, and end well."""
    typed = ("serve", "--workspace", str(workspace), "--format", "json", "--set", "surfaces.http.port=0")
    process = subprocess.Popen([sys.executable, "-m", "contexta", *typed], stdout=subprocess.PIPE, text=True)
    try:
        told = ""
        while not told.endswith("}\n"):
            line = process.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
            if not line:
                raise RuntimeError("the server did not start")
            told += line
        yield json.loads(told)["port"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)

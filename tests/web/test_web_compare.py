"""Comparisons: how two runs differ beside what chance does, what could explain it, and the same as a program."""

from __future__ import annotations

import re
import statistics
from contextlib import redirect_stdout
from html import unescape
from io import StringIO

import pytest

from contexta_web.screens.comparison_code import comparison_code

STEADY, OTHER = "run:golden.steady-06", "run:golden.steady-20"
PREPARED, UPGRADED = "run:golden.prepared", "run:golden.upgraded"


def section(server, name, *runs):
    """Return the cells of each line of a section of a comparison."""
    page = server.get("/ui/compare?" + "&".join(f"run={run}" for run in runs)).text
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', page, re.DOTALL)
    lines = re.findall(r"<tr>(.*?)</tr>", found[1], re.DOTALL)
    return [
        [
            unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip())
            for cell in re.findall(r"<td.*?</td>", line)
        ]
        for line in lines
        if "<td" in line
    ]


def loss(asked, run):
    """Return the one value of the metric of a run."""
    return next(each.latest.value for each in asked.repository.metric_summaries([run], ["val_loss"]))


def test_differences_stand_beside_what_chance_does(server, asked):
    """Each metric has its difference, which is better, and mean and deviation over runs of other seeds.

    A run with the same parameters and other code is not among them.
    """
    rows = {row[0]: row[1:] for row in section(server, "differences", STEADY, OTHER)}
    alike = [f"run:golden.steady-{number:02}" for number in range(1, 11)]
    values = [loss(asked, run) for run in alike]
    told = rows["evaluate · val_loss"]
    left, right = loss(asked, STEADY), loss(asked, OTHER)
    assert [f"{left:.5g}", f"{right:.5g}"] == told[:2]
    judgement = "better" if right < left else "worse"
    assert f"{right - left:.5g} × {right / left:.5g}, {judgement}" == told[2]
    assert f"{statistics.mean(values):.5g} ± {statistics.stdev(values):.5g} of 10" == told[3]
    assert told[4].endswith(" of 10")


def test_no_chance_is_told_of_runs_without_a_seed(server):
    """Where no run differs in nothing but its seed, there is no column for it."""
    assert {4} == {len(row) for row in section(server, "differences", UPGRADED, "run:other.other-1")}


def test_changes_are_ranked(server, asked):
    """What the program chose comes first, then what was captured, as the provenance service ranks it."""
    rows = section(server, "changes", PREPARED, UPGRADED)
    chosen = [(row[1], row[2], row[3]) for row in rows if row[0] == "chosen"]
    assert [
        ("data", "dataset_ref", "removed"),
        ("parameter", "optimizer.lr", "changed"),
        ("parameter", "seed", "removed"),
    ] == chosen
    ranked = asked.compare_environments(PREPARED, UPGRADED).differences
    assert [[each.importance, each.area, each.key, each.change] for each in ranked] == [
        row[:4] for row in rows[len(chosen) :]
    ]
    assert ["high", "code", "revision", "changed", "aaaa", "bbbb"] == rows[len(chosen)]


def test_of_more_than_two_runs_no_differences_are_told(server):
    """Left and right are two."""
    page = server.get(f"/ui/compare?run={STEADY}&run={OTHER}&run={PREPARED}").text
    assert 'id="differences"' not in page


@pytest.mark.parametrize("runs", [(PREPARED, UPGRADED), (STEADY, OTHER, PREPARED)])
def test_the_program_prints_what_the_page_shows(server, asked, runs):
    """The program of the page runs as it stands, and prints every value, and of two runs every difference."""
    page = server.get("/ui/compare?" + "&".join(f"run={run}" for run in runs)).text
    program = unescape(re.search(r'<pre class="raw" id="code"[^>]*>(.*?)</pre>', page, re.DOTALL)[1])
    told = StringIO()
    with redirect_stdout(told):
        exec(compile(program, "page", "exec"), {})
    lines = told.getvalue().splitlines()
    for row in asked.compare_multiple_runs(runs).metric_table:
        assert f"{row.stage_name} {row.metric_key} {row.values} {row.best_run_id}" in lines
    assert all(any(line.startswith(f"{run} completed ") for line in lines) for run in runs)
    ranked = "1 high code revision changed aaaa bbbb"
    assert (ranked in lines) == (len(runs) == 2)


def test_names_in_the_program_are_literals():
    """Quotes, line breaks and characters that turn writing round stay within their literals."""
    workspace, runs = 'a"\n\u202e\\\'); print("b', ("run:p.'x", "run:p.y\n")
    found: dict[str, object] = {}
    first = (
        comparison_code(workspace, runs).split("\n\nwith ")[0].removeprefix("from contexta import Contexta\n")
    )
    exec(compile(first, "program", "exec"), found)
    assert list(runs) == found["RUNS"]
    code = comparison_code(workspace, runs)
    assert f"Contexta(workspace={workspace!a})" in code
    assert code.isascii()


def test_the_program_is_copied(server, browser):
    """The button puts the program on the clipboard, and says so."""

    def look(visit):
        page = visit.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.click("[data-copy]")
        page.wait_for_selector("[data-copy] >> text=Copied")
        return page.evaluate("navigator.clipboard.readText()"), page.text_content("#code"), visit.problems

    copied, shown, problems = browser.visit(server, f"/ui/compare?run={STEADY}&run={OTHER}", look)
    assert copied == shown
    assert copied.startswith("from contexta import Contexta\n")
    assert [] == problems

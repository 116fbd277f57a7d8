"""The list of runs: columns with what stands for a metric, small curves, and groups; all of it in the address."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from contexta.spi.outlines import MetricOutline
from contexta_web.screens import sparklines
from contexta_web.screens.run_columns import Column, column_of
from contexta_web.screens.words import number

ROW = re.compile(r'<tr><td><input type="checkbox" name="run" value="([^"]+)".*?</tr>', re.DOTALL)
CELL = re.compile(r'<td class="right">([^<]*)</td>')


def cells(page):
    """Return the texts on the right of each row, by run: the duration, then the chosen columns."""
    return {row[1]: [each.strip() for each in CELL.findall(row[0])][1:] for row in ROW.finditer(page)}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("loss", Column("loss", "loss", "latest")),
        ("latest(loss)", Column("loss", "loss", "latest")),
        ("min(train.loss)", Column("min(train.loss)", "train.loss", "min")),
        ("params.lr", Column("params.lr", "lr", None)),
        ("median(loss)", Column("median(loss)", "median(loss)", "latest")),
    ],
)
def test_columns_are_named(text, column):
    """A column is a parameter, or a metric with what stands for it; without that, the newest value does."""
    assert column == column_of(text)


def test_what_stands_for_a_metric(server, asked):
    """Least, greatest, mean, best and newest value of a metric are those of its summary."""
    names = ["min", "max", "mean", "best", "latest"]
    query = "&".join(f"column={each}(train.loss)" for each in names)
    found = cells(server.get(f"/ui/runs?{query}&where=name%20%3D%20%27overfitted%27").body.decode())
    [summary] = asked.repository.metric_summaries(["run:golden.overfitted"], ["train.loss"])
    told = [
        summary.least.value,
        summary.greatest.value,
        summary.mean,
        summary.least.value,
        summary.latest.value,
    ]
    assert {"run:golden.overfitted": [number(value) for value in told]} == found


def test_a_column_is_typed(server):
    """A metric that is typed is a column beside those ticked, and the links of the page name it as one of them."""
    page = server.get("/ui/runs?column=accuracy&add=val_loss&as=max&sort=name").body.decode()
    assert re.search(r'value="max\(val_loss\)" checked', page)
    after = unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])
    assert "column=accuracy&column=max%28val_loss%29" in after
    assert "add=" not in after


def test_small_curves(server, asked):
    """A run with a course of the metric has a small curve; the address chooses the metric, or none."""
    page = server.get("/ui/runs?curve=fit.train_loss").body.decode()
    courses = {
        each.run for each in asked.repository.metric_summaries(None, ["fit.train_loss"]) if each.count > 1
    }
    shown = {row[1] for row in ROW.finditer(page) if 'class="spark"' in row[0]}
    assert shown
    assert courses & set(cells(page)) == shown
    assert 'class="spark"' not in server.get("/ui/runs?curve=none").body.decode()


def test_a_small_curve_by_hand(monkeypatch):
    """The first point stands at the left, the greatest value at the top."""

    class Workspace:
        """Answers with one outline."""

        class repository:  # noqa: N801 - an attribute of a workspace
            """The read model."""

            @staticmethod
            def metric_outlines(run_ids, key, query):
                """Return the outline."""
                del key, query
                return dict.fromkeys(run_ids, MetricOutline([0, 5, 10], [1.0, 3.0, 2.0], 3, 0, 10))

    assert {"a": "M2.0 18.0 L42.0 2.0 L82.0 10.0"} == sparklines.sparklines_of(Workspace, "loss", ["a"])


def test_groups_have_mean_and_deviation(server, asked):
    """Grouped by everything but the seed, each line has the mean and the deviation over the runs of a group."""
    page = server.get("/ui/runs?group=%21seed&column=val_loss&project=golden").body.decode()
    groups = asked.aggregate_groups("!seed", ["val_loss"], project_name="golden").groups
    lines = re.findall(r"<tr>(<td class=\"name\">.*?)</tr>", page, re.DOTALL)
    assert len(groups) == len(lines)
    for group, line in zip(groups, lines, strict=True):
        assert number(group.metrics[0].mean) in line
        assert (group.metrics[0].std is None) or f"± {number(group.metrics[0].std)}" in line


def test_an_unknown_group_is_told(server):
    """What no run has to be grouped by is shown with what there is."""
    answer = server.get(f"/ui/runs?group={quote('params.nothing')}")
    assert 400 == answer.status
    assert "optimizer.lr" in answer.body.decode()

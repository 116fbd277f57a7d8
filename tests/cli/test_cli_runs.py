"""`contexta runs`: filters, order, and what is shown of each run."""

from __future__ import annotations

import dataclasses
import json

import pytest

from contexta import Contexta
from contexta.interpretation import RunRecord


@pytest.fixture
def names(cli, small):
    """List runs as JSON and return their names."""

    def listed(*arguments):
        outcome = cli("runs", *arguments, "--workspace", small, "--format", "json")
        assert (0, "") == (outcome.code, outcome.err)
        return [run["name"] for run in outcome.json["runs"]]

    return listed


def test_the_newest_is_first(names):
    """Without options all runs are listed, the one that was started last first."""
    assert ["shared", "broken", "shared", "second", "first"] == names()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--project beta", ["shared"]),
        ("--project alpha", ["broken", "shared", "second", "first"]),
        ("--status failed", ["broken"]),
        ("--status completed --project alpha", ["shared", "second", "first"]),
        ("--status cancelled", []),
        ("--tag model=mlp", ["second", "first"]),
        ("--tag model=mlp --tag name=first", ["first"]),
        ("--tag model=svm", []),
        ("--asc", ["first", "second", "shared", "broken", "shared"]),
        ("--sort name", ["broken", "first", "second", "shared", "shared"]),
        ("--sort name --desc", ["shared", "shared", "second", "first", "broken"]),
        ("--sort metrics.accuracy --project alpha --limit 2", ["second", "first"]),
        ("--sort metrics.accuracy --asc --limit 2", ["first", "second"]),
        ("--limit 2", ["shared", "broken"]),
        ("--limit 2 --offset 3", ["second", "first"]),
        ("--offset 9", []),
        ("--after 2001-01-01", ["shared", "broken", "shared", "second", "first"]),
        ("--before 2001-01-01", []),
        ("--after 2001-01-01T00:00:00Z --before 2001-01-02T00:00:00+02:00", []),
    ],
)
def test_options_choose_and_order(arguments, expected, names):
    """Each option filters, orders or cuts the list as its help says."""
    assert expected == names(*arguments.split())


def test_a_time_without_a_zone_is_local(cli, small, monkeypatch):
    """A time that was read off the table finds the run, because both are local times."""
    shown = next(line for line in cli("runs", "--workspace", small).out.splitlines() if " failed " in line)
    _, _, date, clock, *_ = shown.split()
    found = cli("runs", "--workspace", small, "--status", "failed", "--before", f"{date} {clock}")
    assert "No runs match." in found.out
    found = cli("runs", "--workspace", small, "--status", "failed", "--after", f"{date}T{clock}")
    assert "broken" in found.out


def test_run_list_is_the_same(cli, small):
    """`run list` is another name of `runs`."""
    assert cli("runs", "--workspace", small).out == cli("run", "list", "--workspace", small).out


def test_json_is_complete(cli, small):
    """JSON holds every field of every run, with sorted keys and two spaces."""
    outcome = cli("runs", "--workspace", small, "--format", "json")
    with Contexta(workspace=str(small)) as ctx:
        expected = [{**dataclasses.asdict(run), "notes": []} for run in ctx.list_runs()]
    assert {"runs"} == outcome.json.keys()
    assert expected == outcome.json["runs"]
    assert {field.name for field in dataclasses.fields(RunRecord)} == outcome.json["runs"][0].keys()
    assert json.dumps(outcome.json, indent=2, sort_keys=True) + "\n" == outcome.out


def test_the_table_tells_the_projects_apart(cli, small):
    """With several projects each run is named with its own, so that it can be typed as it stands."""
    lines = cli("runs", "--workspace", small, "--sort", "name").out.splitlines()
    assert ["alpha.broken", "alpha.first", "alpha.second", "alpha.shared", "beta.shared"] == [
        line.split()[0] for line in lines[1:]
    ]
    assert 0 == cli("run", "show", "beta.shared", "--workspace", small).code


def test_the_table_shows_key_metrics(cli, small):
    """The metrics that the runs have are columns; a run without one has a dash."""
    lines = cli("runs", "--workspace", small, "--project", "alpha").out.splitlines()
    assert ["RUN", "NAME", "STATUS", "STARTED", "DURATION", "LOSS", "ACCURACY"] == lines[0].split() or [
        "RUN", "STATUS", "STARTED", "DURATION", "LOSS", "ACCURACY",
    ] == lines[0].split()  # fmt: skip
    (second,) = [line for line in lines if "second" in line]
    # 1/4 + 0.2 and 0.5 + 0.2
    assert ["0.45", "0.7"] == second.split()[-2:]
    (broken,) = [line for line in lines if "broken" in line]
    assert ["-", "-"] == broken.split()[-2:]


def test_an_empty_answer_says_so(cli, small, tmp_path):
    """A filter that nothing meets, and a workspace without runs, are told apart; both succeed."""
    found = cli("runs", "--workspace", small, "--status", "cancelled")
    assert (0, "No runs match.\n") == (found.code, found.out)
    (tmp_path / ".contexta" / "metadata").mkdir(parents=True)
    outcome = cli("runs")
    assert 0 == outcome.code
    assert outcome.out.startswith("No runs yet.\n")
    assert "contexta demo" in outcome.out
    assert "No runs yet.\n" == cli("runs", "--quiet").out
    assert {"runs": []} == cli("runs", "--format", "json").json


def test_names_in_any_script_stand_in_line(cli, tmp_path):
    """Wide, accented and hostile names leave the columns in line and the terminal unharmed."""
    with Contexta(
        config={"records": {"durability_mode": "flush"}}, workspace=str(tmp_path / ".contexta")
    ) as ctx:
        for name in ("训练-模型", "été", "e\u0301te\u0301", "a\x1b[31mb", "plain"):
            with ctx.run(name, run_id=f"r{len(name)}{name[-1].isascii()}".lower()):
                pass
    outcome = cli("runs")
    assert "\x1b" not in outcome.out
    assert "a\\x1b[31mb" in outcome.out
    # East Asian characters take two cells and combining accents none: what is left of them starts the same column.
    cells = {
        line.index("completed") + 4 * ("训" in line) - 2 * ("\u0301" in line)
        for line in outcome.out.splitlines()[1:]
    }
    assert 1 == len(cells)


def test_an_open_run_tells_how_long_it_has_been_going_on(cli, tmp_path):
    """A run that is still written is listed as open, with the time since its start."""
    with (
        Contexta(
            config={"records": {"durability_mode": "flush"}}, workspace=str(tmp_path / ".contexta")
        ) as ctx,
        ctx.run("going"),
    ):
        outcome = cli("runs")
    assert "open" in outcome.out
    assert "so far" in outcome.out

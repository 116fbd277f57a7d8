"""`contexta run show`: one run in full."""

from __future__ import annotations

import dataclasses

from contexta import Contexta
from contexta.interpretation import RunSnapshot


def section(text, title):
    """Return the lines below a heading, up to the next empty line."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    end = next((place for place in range(start, len(lines)) if not lines[place]), len(lines))
    return [line.split() for line in lines[start:end]]


def test_the_page_tells_everything(cli, small):
    """Status, times, stages, parameters, metrics with their course, artifacts with sizes, and what to type next."""
    outcome = cli("run", "show", "first", "--workspace", small)
    assert (0, "") == (outcome.code, outcome.err)
    text = outcome.out
    assert text.startswith("run:alpha.first\n")
    assert "Status    completed\n" in text
    assert "Tags      model=mlp, name=first\n" in text
    assert "Records   5 (5 metric points)\n" in text
    assert ["train", "completed"] == section(text, "Stages")[1][:2]
    assert [["optimizer.name", "adam"], ["rate", "0.1"]] == section(text, "Parameters")[1:]
    # loss: 1.1, 0.6, 0.4333, 0.35; of the eight bars the greatest, then 0.25/0.75*7 = 2.33, 0.78 and 0.
    assert [
        ["accuracy", "0.6", "0.6", "0.6", "1"],
        ["loss", "train", "0.35", "0.35", "1.1", "4", "█▃▂▁"],
    ] == section(text, "Metrics")[1:]
    assert ["note", "note", "2.0", "kB"] == section(text, "Artifacts")[1][:4]
    assert "Python" in [line[0] for line in section(text, "Environment")]
    assert ["contexta", "compare"] == section(text, "Next:")[0][:2]


def test_the_commands_that_it_suggests_work(cli, small):
    """What the page says to type next can be typed."""
    for words in section(cli("run", "show", "first", "--workspace", small).out, "Next:"):
        assert 0 == cli(*words[1:], "--workspace", small).code


def test_a_run_is_named_in_three_ways(cli, small):
    """The last part, project and last part, and the full reference name the same run."""
    pages = {
        cli("run", "show", name, "--workspace", small).out
        for name in ("second", "alpha.second", "run:alpha.second")
    }
    assert 1 == len(pages)


def test_a_failure_is_shown(cli, small):
    """Of a failed run the page says why it failed."""
    outcome = cli("run", "show", "broken", "--workspace", small)
    assert "Status    failed\n" in outcome.out
    assert "\nFailure\n  ZeroDivisionError: division by zero\n" in outcome.out


def test_what_was_not_recorded_is_one_line(cli, small):
    """What a run has none of is told in one sentence, not in the words that programs compare."""
    text = cli("run", "show", "shared", "--workspace", small, "--quiet").out
    assert 0 == text.count("_empty")
    (line,) = [
        line
        for line in cli("run", "show", "first", "--workspace", small).out.splitlines()
        if "Nothing" in line
    ]
    assert line.startswith("  Nothing was recorded of: deployments")


def test_quiet_leaves_out_the_hints(cli, small):
    """With --quiet the page ends with the facts."""
    assert "Next:" not in cli("run", "show", "first", "--workspace", small, "--quiet").out


def test_json_is_the_whole_snapshot(cli, small):
    """JSON holds every field of the snapshot, every record in it, and the environment."""
    outcome = cli("run", "show", "first", "--workspace", small, "--format", "json")
    fields = {field.name for field in dataclasses.fields(RunSnapshot)}
    assert fields | {"environment"} == outcome.json.keys()
    with Contexta(workspace=str(small)) as ctx:
        snapshot = ctx.get_run_snapshot("first")
        assert [record.record_id for record in snapshot.records] == [
            record["record_id"] for record in outcome.json["records"]
        ]
        assert {**dataclasses.asdict(snapshot.run), "notes": []} == outcome.json["run"]
    assert "python_version" in outcome.json["environment"]

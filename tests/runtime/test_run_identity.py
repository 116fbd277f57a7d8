"""Which run is meant: new ones that never collide, explicit ones that are joined or resumed."""

from __future__ import annotations

import json
import re

import pytest

from contexta.spi.metadata import EntityKind

WORK = """
ctx = opened()
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    with ctx.run("same name") as run:
        for step in range(25):
            run.metric("loss", step * 0.5, step=step)
        print(run.ref)
ctx.close()
"""


def test_a_name_that_is_taken_gets_a_suffix(ctx):
    """The first run has the slug of its name, the next the slug with a suffix that sorts by time."""
    refs = []
    for _ in range(3):
        with ctx.run("Train it") as run:
            refs.append(run.ref)
    assert refs[0] == "run:default.train-it"
    assert all(re.fullmatch(r"run:default.train-it-\d{14}-[a-z2-9]{4}", each) for each in refs[1:])
    assert len(set(refs)) == 3
    assert [each.name for each in ctx.list_runs()] == ["Train it"] * 3


@pytest.mark.parametrize("name", ["x" * 63, "x" * 256, "a-" * 40], ids=["63", "256", "hyphens"])
def test_long_names_stay_distinct(ctx, name):
    """Names of any length make legal references, the second time too."""
    refs = set()
    for _ in range(2):
        with ctx.run(name) as run:
            refs.add(run.ref)
    assert len(refs) == 2
    assert max(len(each.rpartition(".")[2]) for each in refs) <= 63


def test_eight_processes_with_one_name_are_distinct_runs(ctx, start):
    """Processes that start at once with one name have as many runs, and every point is where it belongs."""
    processes = [start(WORK, 2) for _ in range(8)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    refs = [line for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in processes] == [0] * 8
    assert (len(refs), len(set(refs))) == (16, 16)
    assert {each.status for each in ctx.list_runs()} == {"completed"}
    counts = {}
    for each in ctx.record_store.scan():
        counts[each.flat["run"]] = counts.get(each.flat["run"], 0) + 1
    assert counts == dict.fromkeys(refs, 25)


RANK = """
with opened() as ctx, ctx.run("job", run_id="job-1", tags={"rank" + sys.argv[2]: "1"}) as run:
    run.metric("rank", int(sys.argv[2]))
    print(run.ref, run.attempt, flush=True)
    sys.stdin.readline()
    if sys.argv[3] == "fail":
        raise SystemExit(1)
"""


def test_the_ranks_of_a_job_share_a_run(ctx, start, statuses):
    """An explicit id is joined while it is open; the run is open until the last has closed, and its worst counts."""
    ranks = [start(RANK, number, "fail" if number == 1 else "fine") for number in range(3)]
    assert [rank.stdout.readline().split() for rank in ranks] == [["run:default.job-1", "1"]] * 3
    for rank, expected in zip(ranks, ("open", "open", "failed"), strict=True):
        rank.communicate("\n", timeout=60)
        assert statuses() == {"job-1": expected}
    document = ctx.metadata_store.get(EntityKind.RUN, "run:default.job-1").document
    assert document["tags"] == {"rank0": "1", "rank1": "1", "rank2": "1"}
    assert len(document["participants"]) == 3
    assert sorted(
        each.flat["value"] for each in ctx.record_store.scan() if each.flat["type"] == "metric"
    ) == [0, 1, 2]


def test_a_closed_run_is_resumed(ctx, finish, statuses):
    """An explicit id of a closed run opens its next attempt, in this process or another; the last one counts."""
    with pytest.raises(ValueError, match="x"), ctx.run("job", run_id="j") as first:
        raise ValueError("x")
    assert statuses() == {"j": "failed"}
    source = 'ctx = opened(); run = ctx.run("another name", run_id="j"); print(run.attempt); run.close(); ctx.close()'
    assert finish(source) == ["2"]
    assert statuses() == {"j": "completed"}
    with ctx.run("job", run_id="j") as third:
        assert (third.ref, third.attempt) == (first.ref, 3)
        assert statuses() == {"j": "open"}
    assert [each.name for each in ctx.list_runs()] == ["job"]


def test_a_killed_run_is_resumed(ctx, start, statuses):
    """A run whose process was killed reads interrupted, and can be taken up again."""
    process = start('run = opened().run("r", run_id="r"); print("open", flush=True); time.sleep(600)')
    process.stdout.readline()
    process.kill()
    process.wait()
    assert statuses() == {"r": "interrupted"}
    with ctx.run("r", run_id="r") as run:
        assert run.attempt == 2
    assert statuses() == {"r": "completed"}


@pytest.mark.parametrize("given", ["Run 7", "run-7", "run:default.run-7"])
def test_an_explicit_id_is_a_name_or_a_reference(ctx, given):
    """Text becomes a slug; a full reference is taken as it is."""
    with ctx.run("x", run_id=given) as run:
        assert run.ref == "run:default.run-7"


@pytest.mark.parametrize(
    "name",
    ["проект", "项目", "🎉", "Ünïcode Prôject", "x" * 80],
    ids=["cyrillic", "chinese", "emoji", "accents", "long"],
)
def test_projects_of_any_name(opened, name):
    """A project's name in any script is kept, and makes a legal reference that other names do not share."""
    ctx = opened(project_name=name)
    with ctx.run("训练") as run:
        run.metric("loss", 1.0)
    assert ctx.list_projects() == (name,)
    assert [each.name for each in ctx.list_runs(name)] == ["训练"]
    assert re.fullmatch(r"run:[a-z0-9-]{1,63}.x-[0-9a-f]{8}", run.ref)


def test_what_joins_does_not_rename(ctx):
    """The name of a run is the first opener's, and its creation time too."""
    with ctx.run("first", run_id="j"):
        pass
    created = ctx.metadata_store.get(EntityKind.RUN, "run:default.j").document["created_at"]
    with ctx.run("second", run_id="j"):
        pass
    document = ctx.metadata_store.get(EntityKind.RUN, "run:default.j").document
    assert (document["name"], document["created_at"]) == ("first", created)
    json.dumps(document)

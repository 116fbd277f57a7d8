"""Child processes: forked, started, killed; they capture into the parent's run and never end it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time

import pytest

from contexta.runtime.inheritance import VARIABLE
from contexta.spi.metadata import EntityKind

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def in_fork(function):
    """Run a function in a forked child; return whether it returned True."""
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            code = 0 if function() is True else 4
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


@pytest.fixture
def captured(ctx):
    """Return (run, stage, key) of every record, sorted."""

    def read():
        found = [each.flat for each in ctx.record_store.scan()]
        return sorted((each["run"], each.get("stage", ""), each["key"]) for each in found)

    return read


def test_a_forked_child_captures_into_the_run_and_does_not_close_it(ctx, captured, statuses):
    """The child's captures are there at once; its leaving the block, by return or error, changes nothing."""
    with ctx.run("r") as run:

        def child():
            with run:
                ctx.metric("ambient", 1.0)
                run.metric("own", 1.0)
                with run.stage("s"):
                    ctx.event("inside", message="m")
            return run.is_closed

        assert in_fork(child)
        assert captured() == [
            ("run:default.r", "", "ambient"),
            ("run:default.r", "", "own"),
            ("run:default.r", "stage:default.r.s", "inside"),
        ]
        assert statuses() == {"r": "open"}
        run.metric("after", 1.0)
    assert statuses() == {"r": "completed"}


def test_a_forked_child_that_closes_the_workspace_does_not_close_it_for_the_parent(ctx, statuses):
    """close() in the child lets go of the child's part alone."""
    with ctx.run("r") as run:
        stage = run.stage("s")
        assert in_fork(lambda: ctx.close() or True)
        assert statuses() == {"r": "open"}
        stage.metric("still", 1.0)
    assert (run.status, statuses()) == ("completed", {"r": "completed"})


def test_identifiers_of_a_child_are_its_own(ctx):
    """Parent and child capture at the same time, and no two records have one reference."""
    with ctx.run("r") as run:
        run.metric("a", 0.0)
        pids = []
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                try:
                    for number in range(50):
                        run.metric("a", number)
                finally:
                    os._exit(0)
            pids.append(pid)
        for number in range(50):
            run.metric("a", number)
        for pid in pids:
            os.waitpid(pid, 0)
    refs = [each.record_ref for each in ctx.record_store.scan()]
    assert (len(refs), len(set(refs))) == (201, 201)


def test_a_forked_child_may_open_a_run_of_its_own(ctx, statuses):
    """Another name in the child is another run; the parent's name is the parent's run, as in a started process."""
    with ctx.run("r") as run:

        def child():
            with ctx.run("other") as other:
                ctx.metric("loss", 1.0)
            with ctx.run("r") as same:
                ctx.metric("loss", 2.0)
            return (other.ref, same.ref, same.is_inherited) == ("run:default.other", run.ref, True)

        assert in_fork(child)
        assert statuses() == {"r": "open", "other": "completed"}
    runs = sorted((each.flat["value"], each.flat["run"]) for each in ctx.record_store.scan())
    assert runs == [(1.0, "run:default.other"), (2.0, "run:default.r")]


def test_a_fork_beside_threads_that_capture(ctx):
    """Children that are forked while threads capture are able to capture, and lose nothing."""
    stop = threading.Event()
    with ctx.run("r") as run:

        def work():
            while not stop.is_set():
                run.metric("thread", 1.0)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                assert in_fork(lambda: run.metric("child", 1.0).succeeded)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    keys = [each.flat["key"] for each in ctx.record_store.scan()]
    assert keys.count("child") == 5


def test_a_fork_while_a_store_is_being_opened(opened):
    """A child that is forked while another thread opens the stores does not wait for a thread it does not have."""
    # Imported before: a module that another thread is importing at a fork stays locked in the child, in any program.
    opened().metadata_store.get(EntityKind.RUN, "run:default.none")
    fresh = opened()
    thread = threading.Thread(target=lambda: fresh.metadata_store)
    thread.start()
    for _ in range(5):
        assert in_fork(lambda: fresh.metadata_store.get(EntityKind.RUN, "run:default.none") is None)
    thread.join()


def work_of_a_worker(ctx, number):
    """Capture in a worker of a pool."""
    ctx.metric("worker", number)


def test_a_forked_pool(ctx):
    """A pool of multiprocessing's forked workers captures into the run without being told."""
    context = multiprocessing.get_context("fork")
    with ctx.run("r"):
        workers = [context.Process(target=work_of_a_worker, args=(ctx, number)) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 4
    assert sorted(each.flat["value"] for each in ctx.record_store.scan()) == [0, 1, 2, 3]


PARENT_WITH_CHILD = """
ctx = opened()
run = ctx.run("r")
run.metric("parent", 1.0)
pid = os.fork()
if pid == 0:
    run.metric("child", 1.0)
    print(os.getpid())
    while True:
        time.sleep(0.05)
        run.metric("child", 2.0)
time.sleep(600)
"""


def test_a_parent_that_is_killed_reads_interrupted_although_its_child_lives(ctx, start, statuses):
    """Whether a run is open is told by its own process, not by an orphaned data loader's."""
    process = start(PARENT_WITH_CHILD)
    child = int(process.stdout.readline())
    try:
        assert statuses() == {"r": "open"}
        process.kill()
        process.wait()
        assert statuses() == {"r": "interrupted"}
        os.kill(child, 0)
        before = len(list(ctx.record_store.scan()))
        time.sleep(0.2)
        assert len(list(ctx.record_store.scan())) > before
    finally:
        os.kill(child, signal.SIGKILL)


CHILD = """
with opened() as ctx:
    run = ctx.current_run()
    print(run.ref if run else "none", bool(run and run.is_inherited))
    if run:
        ctx.metric("child", 1.0)
        with run.stage("loading"):
            ctx.event("note", message="m")
"""


def test_a_started_child_inherits_the_run(ctx, finish, captured, statuses):
    """A process that is started inside a run captures into it, and its end does not end the run."""
    with ctx.run("r"):
        assert finish(CHILD) == ["run:default.r", "True"]
        assert statuses() == {"r": "open"}
    assert captured() == [
        ("run:default.r", "", "child"),
        ("run:default.r", "stage:default.r.loading", "note"),
    ]
    assert finish(CHILD) == ["none", "False"]


def test_a_grandchild_inherits_too(ctx, finish):
    """The announcement goes through a process in between that knows nothing of it."""
    with ctx.run("r"):
        source = 'import subprocess; print(subprocess.run([sys.executable, "-c", sys.argv[2], sys.argv[1]], capture_output=True, text=True, check=True).stdout)'
        grandchild = "import sys; from contexta import Contexta; ctx = Contexta(workspace=sys.argv[1]); print(ctx.current_run().ref); ctx.close()"
        assert finish(source, grandchild) == ["run:default.r"]


def test_a_started_child_that_opens_the_run_by_name_takes_part(ctx, finish, statuses):
    """The usual program of a rank, ctx.run(name), is the parent's run where the name is, and its own elsewhere."""
    with ctx.run("r"):
        source = 'ctx = opened(); run = ctx.run(sys.argv[2]); ctx.metric("a", 1); print(run.ref); run.close(); ctx.close()'
        assert finish(source, "r") == ["run:default.r"]
        assert finish(source, "q") == ["run:default.q"]
        assert statuses() == {"r": "open", "q": "completed"}


def test_another_project_or_workspace_inherits_nothing(ctx, finish, tmp_path):
    """A child of another project or workspace is not concerned, also not by a run of the same name."""
    with ctx.run("r"):
        source = 'ctx = opened(**CHANGED); print(ctx.current_run()); run = ctx.run("r"); print(run.ref); run.close(); ctx.close()'
        other = {"project_name": "beta"}
        assert finish(f"CHANGED = {other!r}\n{source}") == ["None", "run:beta.r"]
        other = {"workspace": {"root_path": str(tmp_path / "other")}}
        assert finish(f"CHANGED = {other!r}\n{source}") == ["None", "run:default.r"]


class TestAnnouncement:
    """The variable that announces an open run."""

    def test_it_is_there_while_the_run_is_open(self, ctx, workspace):
        """It names run, workspace and process, and is gone with the run."""
        with ctx.run("r"):
            said = json.loads(os.environ[VARIABLE])
            assert said == {
                "run": "run:default.r",
                "name": "r",
                "workspace": str(workspace),
                "pid": os.getpid(),
            }
        assert VARIABLE not in os.environ

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first-first", "last-first"])
    def test_two_runs_at_once_leave_nothing_behind(self, ctx, opened, order):
        """Whichever of two runs closes first: the one that is open is announced, and then none."""
        runs = [ctx.run("one"), opened().run("two")]
        assert json.loads(os.environ[VARIABLE])["name"] == "two"
        runs[order[0]].close()
        assert json.loads(os.environ[VARIABLE])["name"] == runs[order[1]].name
        runs[order[1]].close()
        assert VARIABLE not in os.environ

    def test_what_was_there_before_is_there_again(self, ctx, monkeypatch):
        """The announcement of this process's own parent is restored."""
        monkeypatch.setenv(VARIABLE, "something else")
        with ctx.run("r"):
            assert os.environ[VARIABLE] != "something else"
        assert os.environ[VARIABLE] == "something else"

    @pytest.mark.parametrize(
        "text",
        ["", "true", "5", "[]", "{}", "{", "[" * 100_000, '{"run": 5}', "null", '"run:default.r"']
        + [
            json.dumps({"run": run, "name": name, "workspace": "WS", "pid": 1})
            for run, name in ((5, "r"), ("nonsense", "r"), ("stage:default.r.s", "r"), ("run:default.r", 5))
        ],
        ids=[f"{number}" for number in range(14)],
    )
    def test_nonsense_in_the_variable_is_nobodys_fault(self, ctx, monkeypatch, text, workspace):
        """Somebody else's variable of that name is passed over."""
        monkeypatch.setenv(VARIABLE, text.replace("WS", str(workspace)))
        assert ctx.current_run() is None
        with ctx.run("r") as run:
            assert not run.is_inherited


def test_closing_an_inherited_run_ends_it_here_alone(ctx, finish, statuses):
    """A child that closes the run captures into it no more; for the parent it is open."""
    with ctx.run("r"):
        source = "ctx = opened(); ctx.current_run().close(); print(ctx.current_run()); ctx.close()"
        assert finish(source) == ["None"]
        assert statuses() == {"r": "open"}


def test_this_process_is_no_child_of_itself(ctx):
    """In the process that opened it, a run is not inherited by other threads or sessions."""
    found = []
    with ctx.run("r"):
        thread = threading.Thread(target=lambda: found.append(ctx.current_run()))
        thread.start()
        thread.join()
    assert found == [None]

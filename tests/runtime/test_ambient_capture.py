"""Ambient capture where threads, executors and asyncio tasks come and go."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from contexta.errors import LifecycleError
from contexta.spi.metadata import EntityKind


@pytest.fixture
def stages_by_key(ctx):
    """Map the key of each metric to the stage that it was captured in."""
    return lambda: {each.flat["key"]: each.flat.get("stage") for each in ctx.record_store.scan()}


def in_thread(function, *arguments):
    """Run a function in a thread and return what it returned or raised."""
    outcome = []

    def work():
        try:
            outcome.append(function(*arguments))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return outcome[0]


def test_a_new_thread_is_in_no_scope(ctx):
    """Without bind a thread has no current run, and ambient capture says what to do."""
    with ctx.run("r"):
        assert in_thread(ctx.current_run) is None
        error = in_thread(ctx.metric, "a", 1.0)
    assert isinstance(error, LifecycleError)
    assert "bind" in str(error)


def test_bind_takes_the_scope_into_a_thread(ctx, stages_by_key):
    """A bound function captures into the scope, wherever it runs; afterwards the thread is as it was."""
    with ctx.run("r") as run, run.stage("s") as stage:

        def work(key, *, value):
            ctx.metric(key, value)
            return ctx.current_stage()

        assert in_thread(lambda: (stage.bind(work)("a", value=1.0), ctx.current_run())) == (stage, None)
        assert in_thread(lambda: (run.bind(work)("b", value=1.0), ctx.current_run())) == (None, None)
    assert stages_by_key() == {"a": stage.ref, "b": None}


def test_bind_keeps_name_and_exceptions(ctx):
    """The bound function is the function to the outside, and what it raises comes out."""

    def work():
        """Do the work."""
        raise KeyError("x")

    with ctx.run("r") as run:
        bound = run.bind(work)
        assert (bound.__name__, bound.__doc__) == ("work", "Do the work.")
        assert isinstance(in_thread(bound), KeyError)
        assert ctx.current_run() is run


def test_bind_of_a_scope_that_was_closed_meanwhile(ctx):
    """A bound function that runs after the scope was closed is in no scope, and is not in a closed one."""
    with ctx.run("r") as run:
        bound = run.bind(ctx.current_run)
        stage = run.stage("s")
        in_stage = stage.bind(ctx.current_run)
        stage.close()
        assert in_thread(in_stage) is run
    assert in_thread(bound) is None


def test_a_pool_of_threads(ctx):
    """Eight workers of one pool capture into one run, and no point is lost."""
    with ctx.run("r") as run, ThreadPoolExecutor(8) as pool:

        def work(number):
            ctx.metric("loss", number, step=number)

        list(pool.map(run.bind(work), range(400)))
    values = sorted(each.flat["value"] for each in ctx.record_store.scan())
    assert values == list(range(400))
    assert len({each.flat["id"] for each in ctx.record_store.scan()}) == 400


def test_threads_have_stages_of_their_own(ctx, stages_by_key):
    """Threads open stages of one run at the same time, each with a number of its own."""
    barrier = threading.Barrier(6)
    orders = []
    with ctx.run("r") as run:

        def work(number):
            with run.stage(f"s{number}") as stage:
                barrier.wait()
                ctx.metric(f"k{number}", 1.0)
                orders.append(stage.order_index)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert stages_by_key() == {f"k{number}": f"stage:default.r.s{number}" for number in range(6)}
    assert sorted(orders) == list(range(6))


def test_a_borrowed_run_does_not_stay_in_the_thread(ctx):
    """A worker that opened a stage through the run object is in no run afterwards, and may open one of its own."""

    def work(run):
        with run.stage("s"):
            inside = ctx.current_run()
        after = ctx.current_run()
        with ctx.run("own") as own:
            pass
        return inside, after, own.run_id

    with ctx.run("r") as run:
        assert in_thread(work, run) == (run, None, "own")


def test_a_thread_may_have_a_run_of_its_own(ctx, statuses):
    """Runs in two threads are open at once and do not touch each other."""
    with ctx.run("one") as one:

        def work():
            with ctx.run("two") as two:
                ctx.metric("loss", 2.0)
                return two.ref

        assert in_thread(work) == "run:default.two"
        assert ctx.current_run() is one
        ctx.metric("loss", 1.0)
    runs = {each.flat["value"]: each.flat["run"] for each in ctx.record_store.scan()}
    assert runs == {1.0: "run:default.one", 2.0: "run:default.two"}
    assert statuses() == {"one": "completed", "two": "completed"}


def test_a_scope_can_be_closed_in_another_thread(ctx):
    """Closing works from anywhere; the thread that opened it is then where it was before."""
    with ctx.run("r") as run:
        stage = run.stage("s")
        in_thread(stage.close)
        assert (stage.status, ctx.current_stage(), ctx.current_run()) == ("completed", None, run)
        with run.stage("t"):
            pass


def test_tasks_have_stages_of_their_own(ctx, stages_by_key):
    """Concurrent asyncio tasks each open a stage of the run around them, and capture into their own."""

    async def work(run, number):
        with run.stage(f"s{number}"):
            await asyncio.sleep(0.001)
            ctx.metric(f"k{number}", 1.0)
            await asyncio.sleep(0.001)
        assert ctx.current_run() is run
        assert ctx.current_stage() is None

    async def main():
        with ctx.run("r") as run:
            await asyncio.gather(*(work(run, number) for number in range(5)))
            assert ctx.current_stage() is None

    asyncio.run(main())
    assert stages_by_key() == {f"k{number}": f"stage:default.r.s{number}" for number in range(5)}


def test_tasks_outside_of_a_run_have_runs_of_their_own(ctx, statuses):
    """Tasks that were started outside of a run each open one."""

    async def work(number):
        with ctx.run(f"r{number}"):
            await asyncio.sleep(0.001)
            ctx.metric("loss", number)

    async def main():
        await asyncio.gather(*(work(number) for number in range(4)))

    asyncio.run(main())
    assert statuses() == {f"r{number}": "completed" for number in range(4)}


def test_a_scope_that_a_task_left_open_is_closed_by_its_parent(ctx):
    """A stage opened in a task can be closed by whoever holds it, and is at the latest by its run."""

    async def work(run):
        return run.stage("left"), ctx.current_stage()

    async def main():
        with ctx.run("r") as run:
            stage, inside = await asyncio.create_task(work(run))
            assert inside is stage
            assert ctx.current_stage() is None
            second, _ = await asyncio.create_task(work(run))
            second.close(status="failed")
        return stage, second

    stage, second = asyncio.run(main())
    assert (stage.status, second.status) == ("completed", "failed")
    assert ctx.metadata_store.get(EntityKind.STAGE, stage.ref).document["status"] == "failed"


def test_a_cancelled_task_cancels_its_stage(ctx):
    """Cancelling a task is no failure of its stage, and none of the run."""

    async def work(run, stages):
        with run.stage("s") as stage:
            stages.append(stage)
            await asyncio.sleep(60)

    async def main():
        stages = []
        with ctx.run("r") as run:
            task = asyncio.create_task(work(run, stages))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return stages[0], run

    stage, run = asyncio.run(main())
    assert (stage.status, run.status) == ("cancelled", "completed")
    assert [each.flat["type"] for each in ctx.record_store.scan()] == []


def test_two_workspaces_in_one_thread(ctx, opened, tmp_path):
    """Each session has its own active run; the one does not block or catch the other's captures."""
    other = opened(workspace={"root_path": str(tmp_path / "other")})
    with ctx.run("one") as one, other.run("two") as two:
        assert (ctx.current_run(), other.current_run()) == (one, two)
        ctx.metric("a", 1.0)
        other.metric("b", 1.0)
    assert [each.flat["key"] for each in ctx.record_store.scan()] == ["a"]
    assert [each.flat["key"] for each in other.record_store.scan()] == ["b"]


def test_two_sessions_of_one_workspace(ctx, opened):
    """Two objects on one workspace see each other's runs and captures at once."""
    other = opened()
    with ctx.run("one") as one, other.run("two"):
        other.metric("b", 1.0)
        assert [each.flat["key"] for each in ctx.record_store.scan()] == ["b"]
        assert {each.name: each.status for each in other.list_runs()} == {"one": "open", "two": "open"}
        one.metric("a", 1.0)
    assert len(list(other.record_store.scan())) == 2

"""Captures one run from four worker processes, and reads it from this one while they write.

A process that is started inside a run captures into that run, without being told.

It prints::

    while they write: open
    afterwards: completed, 400 points from 4 workers
"""

from __future__ import annotations

import multiprocessing

from contexta import Contexta

WORKERS = 4
POINTS = 100


def work(worker: int) -> None:
    """Capture into the run of the parent process."""
    with Contexta() as ctx:
        for step in range(POINTS):
            ctx.metric("throughput", float(worker), step=step, tags={"worker": str(worker)})


def main() -> None:
    """Start the workers inside a run, and read while they write."""
    # Spawned processes start from nothing, as on macOS and Windows; forked ones work the same way.
    context = multiprocessing.get_context("spawn")
    with Contexta() as ctx:
        with ctx.run("many-processes") as run:
            workers = [context.Process(target=work, args=(worker,)) for worker in range(WORKERS)]
            for worker in workers:
                worker.start()
            print("while they write:", ctx.get_run_snapshot(run.ref).run.status)
            for worker in workers:
                worker.join()

        snapshot = ctx.get_run_snapshot(run.ref)
        writers = {record.tags["worker"] for record in snapshot.records}
        print(
            f"afterwards: {snapshot.run.status}, {len(snapshot.records)} points from {len(writers)} workers"
        )


if __name__ == "__main__":
    main()

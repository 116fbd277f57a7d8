"""Captures two small training runs, then asks which is better and what differs.

It needs nothing but Contexta, and writes into ``.contexta`` in the current directory.

It prints::

    slow: completed, loss 0.1074
    fast: completed, loss 0.0001
    best: fast
    changed: learning_rate from 0.1 to 0.3
    loss by epoch: 0.16 0.0256 0.0041 0.0007 0.0001
"""

from __future__ import annotations

from contexta import Contexta


def train(ctx: Contexta, name: str, learning_rate: float, epochs: int = 5) -> str:
    """Minimise ``x ** 2`` by gradient descent, and return the run's reference."""
    with ctx.run(name, tags={"example": "descent"}) as run:
        run.params({"learning_rate": learning_rate, "epochs": epochs})
        x = 1.0
        with run.stage("train") as stage:
            for epoch in range(epochs):
                x -= learning_rate * 2 * x
                stage.metric("loss", round(x**2, 4), step=epoch)
        return run.ref


def main() -> None:
    """Capture, then query."""
    with Contexta(config={"project_name": "descent"}) as ctx:
        slow = train(ctx, "slow", 0.1)
        fast = train(ctx, "fast", 0.3)

        for run in ctx.list_runs(tags={"example": "descent"}, sort_desc=False):
            series = ctx.get_step_series(run.run_id, "loss")
            print(f"{run.name}: {run.status}, loss {series.points[-1].value}")

        best = ctx.select_best_run([slow, fast], "loss", stage_name="train", higher_is_better=False)
        if best is None:
            raise SystemExit("no run has the metric")
        print(f"best: {ctx.get_run_snapshot(best).run.name}")

        for change in ctx.compare_runs(slow, fast).parameter_changes:
            print(f"changed: {change.key} from {change.left_value} to {change.right_value}")

        points = ctx.get_step_series(best, "loss").points
        print("loss by epoch:", *(point.value for point in points))


if __name__ == "__main__":
    main()

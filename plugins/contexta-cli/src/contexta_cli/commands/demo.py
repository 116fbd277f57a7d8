"""``contexta demo``: trains real models, and shows what was recorded of them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.run_table import latest_metrics, run_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.interpretation import RunRecord
    from contexta_cli.demo.plans import Plan
    from contexta_cli.demo.progress import Progress
    from contexta_cli.output.printer import Printer

__all__ = ["demo"]

_PROJECT = "digits-demo"
_METRIC = "val_accuracy"


@click.command(
    "demo",
    cls=LazyCommand,
    examples=(
        "contexta demo",
        "contexta demo --workspace elsewhere/.contexta",
        "contexta demo --format json",
    ),
)
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Train real models and record every run.

    Trains twelve models on scikit-learn's handwritten digits: three families, a sweep over one setting of each, two
    seeds. Everything goes into .contexta in the current directory, under the project digits-demo; calling it again
    adds new runs. It takes some seconds and needs scikit-learn.
    """
    from contexta_cli.demo.digits import require_scikit_learn
    from contexta_cli.demo.plans import all_plans

    invocation = Invocation(ctx)
    require_scikit_learn()
    plans = all_plans()
    with invocation.open_here(_PROJECT) as contexta:
        _announce(invocation, contexta, plans)
        with _progress(invocation, len(plans)) as progress:
            run_ids = _train_all(contexta, plans, progress)
        best = contexta.select_best_run(run_ids, _METRIC, stage_name="train")
        mine = set(run_ids)
        runs = [
            run for run in contexta.list_runs(_PROJECT, sort_by=f"metrics.{_METRIC}") if run.run_id in mine
        ]
        answer = {
            "best_run_id": best,
            "project": _PROJECT,
            "runs": runs,
            "workspace": contexta.workspace,
        }
        invocation.answer(answer, lambda printer: _show(printer, contexta, runs, best))


def _announce(invocation: Invocation, ctx: Contexta, plans: Sequence[Plan]) -> None:
    if invocation.output_format == "text" and not invocation.quiet:
        invocation.printer.line(f"Training {len(plans)} models on handwritten digits, into {ctx.workspace}")


def _progress(invocation: Invocation, runs: int) -> Progress:
    from contexta_cli.demo.progress import BarProgress, LineProgress, SilentProgress

    if invocation.quiet:
        return SilentProgress(runs)
    if invocation.output_format == "json":
        return LineProgress(runs, sys.stderr)
    console = getattr(invocation.printer, "console", None)
    return LineProgress(runs) if console is None else BarProgress(runs, console)


def _train_all(ctx: Contexta, plans: Sequence[Plan], progress: Progress) -> list[str]:
    """Do all runs, one after the other, and return their references."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from contexta_cli.demo.training import train

    run_ids = []
    # Matrices of 64 columns are multiplied faster by one thread than shared out among many.
    with threadpool_limits(limits=1):
        for plan in plans:
            started = time.perf_counter()
            progress.begin(plan.name, plan.epochs)
            run_id, accuracy = train(ctx, plan, progress.epoch)
            progress.end(plan.name, accuracy, time.perf_counter() - started)
            run_ids.append(run_id)
    return run_ids


def _show(printer: Printer, ctx: Contexta, runs: Sequence[RunRecord], best: str | None) -> None:
    from contexta_cli.output.quantities import short_run_id

    ids = [run.run_id for run in runs]
    several = len(ctx.list_projects()) > 1
    metrics = latest_metrics(ctx, ids)
    if not printer.quiet:
        printer.line()
    printer.table(run_table(runs, metrics, several_projects=several, best=best))
    if best is None:
        return
    winner = short_run_id(best, with_project=several)
    printer.line()
    printer.line(f"Best: {winner} ({_METRIC} {metrics[best][_METRIC]:.4f})", "accent")
    other = next((short_run_id(each, with_project=several) for each in ids if each != best), winner)
    printer.hints(
        "Next:",
        ["contexta runs", f"contexta run show {winner}", f"contexta compare {other} {winner}"],
    )

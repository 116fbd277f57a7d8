"""Questions about a store of long runs, each beside the same question asked of DuckDB by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity
from large_store import large_store, raw_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmark import Benchmark

    from contexta import Contexta

__all__ = ["ask_many_runs", "scan_everything"]

_MOST = 3.0
_LATEST = "(SELECT run, arg_max(value, step) AS latest FROM points WHERE key = 'loss' GROUP BY run)"


@dataclass(frozen=True)
class _Question:
    """One question, as the facade answers it and as somebody would ask DuckDB.

    Args:
        what: What is asked.
        ask: Asks the facade and returns what is compared.
        query: Asks DuckDB; None for a question that SQL has no answer to.
        parameters: Its parameters.
        answer: Returns what is compared of DuckDB's rows; None where the two answers have different shapes.
    """

    what: str
    ask: Callable[[Contexta], Any]
    query: str | None = None
    parameters: tuple[Any, ...] = ()
    answer: Callable[[list[Any]], Any] | None = None


def _names(rows: list[Any]) -> list[str]:
    return [row[0] for row in rows]


def _questions(runs: list[str]) -> list[_Question]:
    """Return the questions about these runs."""
    from contexta.interpretation import MetricCondition, RunListQuery

    below = MetricCondition("loss", "lt", 0.5)
    where = 'min(metrics.loss) < 0.6 and tags.model = "mlp" and params.rate between 0.02 and 0.2'
    two, ten = runs[:2], runs[:10]
    listed = ", ".join(f"'{run}'" for run in ten)
    return [
        _Question(
            "list_runs: filter and sort by a metric",
            lambda ctx: [
                run.run_id
                for run in ctx.list_runs(metric_conditions=[below], sort_by="metrics.loss", sort_desc=False)
            ],
            f"SELECT run FROM {_LATEST} WHERE latest < 0.5 ORDER BY latest, run",
            answer=_names,
        ),
        _Question(
            "list_runs: an expression over a metric, a tag and a parameter",
            lambda ctx: sorted(run.run_id for run in ctx.list_runs(where=where)),
            "SELECT run FROM runs JOIN (SELECT run, min(value) AS least FROM points WHERE key = 'loss' GROUP BY run) "
            "USING (run) WHERE least < 0.6 AND model = 'mlp' AND rate BETWEEN 0.02 AND 0.2 ORDER BY run",
            answer=_names,
        ),
        _Question(
            "list_runs: the newest 20 by status",
            lambda ctx: [run.run_id for run in ctx.list_runs(status="completed", limit=20)],
            "SELECT run FROM runs WHERE status = 'completed' ORDER BY started DESC, run LIMIT 20",
            answer=_names,
        ),
        _Question(
            "get_run_snapshot, without its records",
            lambda ctx: ctx.get_run_snapshot(two[0]).run.run_id,
            "SELECT run FROM runs WHERE run = ?",
            (two[0],),
            lambda rows: rows[0][0],
        ),
        _Question(
            "compare_runs",
            lambda ctx: sum(len(row.metric_deltas) for row in ctx.compare_runs(*two).stage_comparisons),
            "SELECT stage IS NULL, key, arg_max(value, step) FILTER (run = ?), arg_max(value, step) FILTER (run = ?) "
            "FROM points WHERE run IN (?, ?) GROUP BY ALL",
            (*two, *two),
            len,
        ),
        _Question(
            "compare_multiple_runs of 10",
            lambda ctx: len(ctx.compare_multiple_runs(ten).metric_table),
            "SELECT stage IS NULL AS own, key, "
            + ", ".join(f"arg_max(value, step) FILTER (run = '{run}')" for run in ten)
            + f" FROM points WHERE run IN ({listed}) GROUP BY ALL",
            answer=len,
        ),
        _Question(
            "select_best_run of all",
            lambda ctx: ctx.select_best_run(runs, "loss", higher_is_better=False),
            f"SELECT run FROM {_LATEST} ORDER BY latest, run LIMIT 1",
            answer=lambda rows: rows[0][0],
        ),
        _Question(
            "aggregate_metric over all",
            lambda ctx: round(ctx.aggregate_metric("loss").mean or 0.0, 9),
            "SELECT avg(latest), stddev_samp(latest), quantile_cont(latest, [0.25, 0.5, 0.75, 0.9, 0.95, 0.99]), "
            f"mad(latest) FROM {_LATEST}",
            answer=lambda rows: round(rows[0][0], 9),
        ),
        _Question(
            "aggregate_by_stage over all",
            lambda ctx: [(row.metric_key, row.count) for row in ctx.aggregate_by_stage().by_stage],
            "SELECT key, count(*), avg(value), min(value), max(value), stage IS NULL AS own FROM points "
            "GROUP BY ALL ORDER BY own DESC, key",
            answer=lambda rows: [row[:2] for row in rows],
        ),
        _Question(
            "aggregate_groups by a parameter",
            lambda ctx: [len(group.run_ids) for group in ctx.aggregate_groups("rate", ["loss"]).groups],
            f"SELECT rate, count(*), avg(latest), stddev_samp(latest) FROM runs JOIN {_LATEST} USING (run) "
            "GROUP BY rate ORDER BY rate",
            answer=lambda rows: [row[1] for row in rows],
        ),
        _Question(
            "run_status_distribution",
            lambda ctx: ctx.run_status_distribution().total,
            "SELECT status, count(*) FROM runs GROUP BY status",
            answer=lambda rows: sum(row[1] for row in rows),
        ),
        _Question(
            "get_metric_trend of 20 runs",
            lambda ctx: len(ctx.get_metric_trend("loss").points),
            f"SELECT run, latest FROM (SELECT run, started FROM runs ORDER BY started DESC LIMIT 20) JOIN {_LATEST} "
            "USING (run) ORDER BY started",
            answer=len,
        ),
        _Question(
            "get_step_series",
            lambda ctx: len(ctx.get_step_series(two[1], "loss").points),
            "SELECT step, value, time::VARCHAR FROM points WHERE run = ? AND key = 'loss' ORDER BY step",
            (two[1],),
            len,
        ),
        _Question(
            "search_runs",
            lambda ctx: len(ctx.search_runs("h3", limit=10_000)),
        ),
        _Question("get_stage_duration_trend", lambda ctx: len(ctx.get_stage_duration_trend("train").points)),
        _Question("diagnose_run", lambda ctx: ctx.diagnose_run(two[0]).run_id),
        _Question("audit_reproducibility", lambda ctx: ctx.audit_reproducibility(two[0]).run_id),
        _Question("compare_environments", lambda ctx: ctx.compare_environments(*two).left_run_id),
        _Question("traverse_lineage", lambda ctx: ctx.traverse_lineage(two[0]).root_ref),
        _Question(
            "list_runs: an expression over stages, run by run",
            lambda ctx: len(ctx.list_runs(query=RunListQuery(where='"train" in stages', limit=100))),
        ),
    ]


def ask_many_runs(benchmark: Benchmark) -> Iterator[Figure]:
    """Each question beside DuckDB on a table of the same lines, warm."""
    number, points = benchmark.amount(2_000, 100), benchmark.amount(5_000, 200)
    workspace = large_store(benchmark, number, points)
    connection = raw_database(benchmark, workspace)
    with open_workspace(workspace) as ctx:
        runs = [run.run_id for run in ctx.list_runs(sort_desc=False)]
        for question in _questions(runs):
            yield _figure(benchmark, ctx, connection, question)


def _figure(benchmark: Benchmark, ctx: Contexta, connection: Any, question: _Question) -> Figure:
    found: list[Any] = [None]
    expected: list[Any] = [None]

    def product(_: int) -> None:
        found[0] = question.ask(ctx)

    def raw(_: int) -> None:
        expected[0] = connection.execute(question.query, list(question.parameters)).fetchall()

    rounds = benchmark.amount(15, 5)
    if question.query is None:
        (taken,) = alternate(rounds, product, warm_up=2)
        return Figure(
            "ask", question.what, quantity(middle(taken), "s"), quantity(percentile(taken, 0.99), "s")
        )
    taken, floor = alternate(rounds, product, raw, warm_up=2)
    if question.answer is not None and found[0] != question.answer(expected[0]):
        raise RuntimeError(f"{question.what}: {found[0]!r} instead of {question.answer(expected[0])!r}")
    ratio = middle(taken) / middle(floor)
    return Figure(
        "ask",
        question.what,
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        ratio,
        f"≤ x{_MOST:.0f} DuckDB",
        ratio <= _MOST,
    )


def scan_everything(benchmark: Benchmark) -> Iterator[Figure]:
    """What one question costs without pushdown: a plain scan of the records, once."""
    from contexta.spi.summaries import PlainSummaries

    number, points = benchmark.amount(200, 50), benchmark.amount(5_000, 200)
    workspace = large_store(benchmark, number, points)
    with open_workspace(workspace) as ctx:
        backend: Any = ctx.record_store._backend
        plain = PlainSummaries(backend)
        runs = [run.run_id for run in ctx.list_runs()]
        (slow, quick) = alternate(
            1,
            lambda _: plain.summaries(keys=["loss"]),
            lambda _: ctx.repository.metric_summaries(runs, ["loss"]),
            warm_up=0 if not benchmark.quick else 1,
        )
    yield Figure(
        "scan",
        f"one metric of {number} runs of {points:,} points by a plain scan; floor: by the index",
        quantity(middle(slow), "s"),
        floor=quantity(middle(quick), "s"),
        ratio=middle(slow) / middle(quick),
    )

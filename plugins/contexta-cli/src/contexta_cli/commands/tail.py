"""``contexta tail``: what a run records, while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from contexta.contract.vocabularies import RECORD_TYPES
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN
from contexta_cli.time_option import typed_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta import Contexta
    from contexta.interpretation import ObservationRecord

__all__ = ["tail"]

#: Between two looks at the records.
_PAUSE_SECONDS = 0.2
_DEFAULT_TYPES = ("event", "metric")


@click.command(
    "tail",
    cls=LazyCommand,
    examples=(
        "contexta tail mlp-64-seed-0",
        "contexta tail mlp-64-seed-0 --key loss --key val_accuracy",
        "contexta tail mlp-64-seed-0 --type event --since 10m",
        "contexta tail mlp-64-seed-0 --no-follow --lines 100 --format ndjson",
    ),
)
@click.argument("run_id", metavar="RUN", type=RUN)
@click.option("--since", metavar="TIME", callback=typed_time, help="From this time on, or so long ago: 10m.")
@click.option(
    "--type",
    "types",
    type=click.Choice(RECORD_TYPES),
    multiple=True,
    help="Only records of this type; repeatable. Events and metrics by default.",
)
@click.option("--key", "keys", metavar="KEY", multiple=True, help="Only this metric or event; repeatable.")
@click.option(
    "--lines",
    type=click.IntRange(min=0),
    metavar="N",
    help="Of what is there already, only the newest N; 10 by default, all with --since.",
)
@click.option("--no-follow", is_flag=True, help="Show what is there, and end.")
@click.pass_context
def tail(ctx: click.Context, /, **options: Any) -> None:
    """Follow what a run records, while it runs.

    Shows the newest events and metrics, then each as any process records it, and ends when the run ends. CSV and
    NDJSON are written line by line; JSON is one document, written at the end.
    """
    from contexta_cli.output.record_lines import record_writer

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta, invocation.writing() as stream:
        writer = record_writer(invocation, stream)
        for records in _records(contexta, options):
            writer.write(records)
            stream.flush()
        run = contexta.repository.get_run(options["run_id"])
        writer.end(run)
        invocation.warn_of_damage(contexta)


def _records(contexta: Contexta, options: dict[str, Any]) -> Iterator[Sequence[ObservationRecord]]:
    """Yield what is to be shown: first of what is there, then of what comes."""
    run_id = options["run_id"]
    looks = contexta.repository.follow_records(run_id)
    first = [record for record in next(looks) if _is_wanted(record, options)]
    first.sort(key=lambda record: record.observed_at)
    count = options["lines"]
    if count is None:
        count = len(first) if options["since"] is not None else 10
    yield first[len(first) - count :] if count < len(first) else first
    while not options["no_follow"]:
        # Whether it is over is asked first: what was recorded before it ended is shown then.
        is_over = _is_over(contexta, run_id)
        found = [record for record in next(looks) if _is_wanted(record, options)]
        if found:
            yield found
        if is_over:
            return
        time.sleep(_PAUSE_SECONDS)


def _is_over(contexta: Contexta, run_id: str) -> bool:
    run = contexta.repository.get_run(run_id)
    return run is None or run.status != "open"


def _is_wanted(record: ObservationRecord, options: dict[str, Any]) -> bool:
    from contexta.contract.timestamps import instant

    since = options["since"]
    return (
        record.record_type in (options["types"] or _DEFAULT_TYPES)
        and (not options["keys"] or record.key in options["keys"])
        and (since is None or instant(record.observed_at) >= instant(since))
    )

"""``contexta recover replay``: deliver again what sinks could not take."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from contexta.config import UnifiedConfig
    from contexta.recovery import ReplayBatchResult
    from contexta_cli.output.printer import Printer

__all__ = ["replay"]

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_COLUMNS = (
    Column("ENTRY"),
    Column("SINK"),
    Column("STATUS"),
    Column("FAILURES", right=True, priority=1),
    Column("DETAIL", priority=2, shrinks=True),
)
_STYLES = {"SUCCESS": "good", "FAILURE": "bad", "SKIPPED": "faint"}


@click.command(
    "replay",
    cls=LazyCommand,
    examples=(
        "contexta recover replay",
        "contexta recover replay --target otel --limit 100",
        "contexta recover replay --dead-letter-after 5 --wait 600",
    ),
)
@click.option("--target", metavar="SINK", help="Only what this sink could not take.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Deliver at most so many.")
@click.option("--sink", "sinks", metavar="SINK", multiple=True, help="Only into this sink; repeatable.")
@click.option("--keep", is_flag=True, help="Leave in the outbox what was delivered.")
@click.option(
    "--dead-letter-after",
    type=click.IntRange(min=1),
    metavar="N",
    help="Give an entry up after so many failed replays.",
)
@click.option("--mode", type=click.Choice(["strict", "tolerant"]), help="Whether the first failure ends it.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Try again for so long, with growing pauses.",
)
@click.pass_context
def replay(
    ctx: click.Context,
    *,
    target: str | None,
    limit: int | None,
    sinks: tuple[str, ...],
    keep: bool,
    dead_letter_after: int | None,
    mode: str | None,
    wait: float,
) -> None:
    """Deliver what is in the outbox to the configured sinks.

    What a sink takes leaves the outbox at once, so a replay that was cut off goes on where it stopped. Training may go
    on meanwhile. Exits with 1 where something could not be delivered.
    """
    from contexta.recovery import replay_outbox

    invocation = Invocation(ctx)
    config = _adapted(invocation.config, sinks, mode)
    end = time.monotonic() + wait
    pause = _FIRST_PAUSE_SECONDS
    while True:
        result = replay_outbox(
            config,
            target=target,
            limit=limit,
            acknowledge_successes=not keep,
            dead_letter_after_failures=dead_letter_after,
        )
        left = end - time.monotonic()
        if not result.details.get("failed_count") or left <= 0:
            break
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
    invocation.answer(result.to_dict(), lambda printer: _show(printer, result))
    if not result.succeeded:
        ctx.exit(1)


def _adapted(config: UnifiedConfig, sinks: tuple[str, ...], mode: str | None) -> UnifiedConfig:
    """Return the configuration with only the sinks that were named, and the mode."""
    from contexta.errors import NotFoundError

    if mode is not None:
        config = replace(config, recovery=replace(config.recovery, replay_mode_default=mode))  # type: ignore[arg-type]  # a choice of the parser
    if not sinks:
        return config
    known = {str(entry.id): entry for entry in config.capture.sinks}
    for name in sinks:
        if name not in known:
            raise NotFoundError(
                f"no sink {name!r} is configured; there are {', '.join(known) or 'none'}", code="sink_unknown"
            )
    chosen = tuple(known[name] for name in sinks)
    return replace(config, capture=replace(config.capture, sinks=chosen))


def _show(printer: Printer, result: ReplayBatchResult) -> None:
    if result.entries:
        rows = [
            [
                Cell(each.replay_ref),
                Cell(each.target),
                Cell("dead letter" if each.dead_lettered else each.status, _STYLES.get(each.status, "")),
                Cell(str(each.attempts or "")),
                Cell(each.detail),
            ]
            for each in result.entries
        ]
        printer.table(Table(_COLUMNS, rows))
        printer.line()
    for warning in result.warnings:
        printer.line(f"Passed over: {warning}", "warning")
    delivered = result.details.get("delivered_count", 0)
    printer.line(
        f"Delivered {delivered}; {result.pending_count} waiting, {result.dead_lettered_count} given up now."
    )

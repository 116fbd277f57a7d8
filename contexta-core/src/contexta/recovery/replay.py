"""Replaying the outbox: what sinks could not take is delivered again, at least once, and marked when they took it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contexta.capture.dispatcher import AttachedSink, CaptureDispatcher
from contexta.capture.outbox import Outbox
from contexta.capture.outbox_entries import EntryState, read_outbox
from contexta.capture.outbox_payloads import restore_payload
from contexta.contract.text import display_safe
from contexta.errors import ContextaError, ReplayError, ValidationError
from contexta.log.file_lock import FileLock
from contexta.recovery.outbox import outbox_root
from contexta.recovery.redacting import workspace_redactor
from contexta.recovery.replay_results import ReplayBatchResult, ReplayEntryResult
from contexta.results import ResultStatus
from contexta.spi.sinks import Delivery, DeliveryStatus, PayloadFamily

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from contexta.capture.outbox_entries import OutboxEntry, OutboxView
    from contexta.config.models import UnifiedConfig
    from contexta.spi.sinks import Sink

__all__ = ["replay_outbox"]

_LOCK_NAME = ".replay"
#: Most of what a sink's error says that is written, in characters.
_LONGEST_DETAIL = 2_000
_TAKEN = frozenset({DeliveryStatus.SUCCESS, DeliveryStatus.DEGRADED})


def replay_outbox(
    config: UnifiedConfig,
    *,
    target: str | None = None,
    limit: int | None = None,
    acknowledge_successes: bool = True,
    dead_letter_after_failures: int | None = None,
    sinks: Sequence[Sink] | None = None,
) -> ReplayBatchResult:
    """Replay pending outbox records into the configured sinks.

    Each delivery is tried as often, and with the pauses, that ``capture.retry_attempts`` and
    ``capture.retry_backoff_seconds`` say.  What was delivered is marked before the next delivery begins, so a replay that
    is killed goes on where it stopped; only the delivery it was at may be made twice, with the same payload.
    ``recovery.replay_mode_default`` says whether the first failure ends the replay (``strict``) or the others are tried all
    the same (``tolerant``).  Programs may capture meanwhile.

    Args:
        config: The resolved configuration.
        target: Restrict the replay to entries of the sink of this name; all are replayed when None.
        limit: Most entries to deliver in this call; all when None.
        acknowledge_successes: Whether what was delivered leaves the outbox; otherwise it stays pending, and the next replay
            delivers it again.
        dead_letter_after_failures: After so many replays that failed in a row an entry becomes a dead letter, which no
            replay touches until it is requeued.  When None it stays pending however often it fails.
        sinks: Sinks to replay into; those of the configuration when None.  An entry goes to the sink of its name; where
            there is one sink only, every entry goes there.

    Returns:
        What became of each entry.

    Raises:
        ValidationError: ``limit`` is negative, ``dead_letter_after_failures`` is less than 1, or an object is no sink.
        ReplayError: Another replay of this outbox is running (``replay_running``); try again later.
        PluginError: A required sink of the configuration cannot be opened.
        StoreAccessError: The outbox cannot be read or written.
    """
    _require_counts(limit, dead_letter_after_failures)
    root = outbox_root(config)
    if not root.is_dir():
        return ReplayBatchResult(notes=("outbox_empty",))
    with _one_at_a_time(root), _opened(config, sinks) as attached:
        view = read_outbox(root)
        replay = _Replay(config, view, root, attached, acknowledge_successes, dead_letter_after_failures)
        try:
            replay.run(target, limit, any_sink=sinks is not None)
        finally:
            replay.close()
        result = replay.result()
        _give_back_space(root, view, result)
    return result


def _require_counts(limit: int | None, dead_letter_after_failures: int | None) -> None:
    for name, value, least in (
        ("limit", limit, 0),
        ("dead_letter_after_failures", dead_letter_after_failures, 1),
    ):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ValidationError(
                f"{name} is {value!r}; give a whole number of at least {least}, or None for no limit",
                code="replay_invalid_count",
            )


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Keep other replays of this outbox out; the operating system lets them in again at any death."""
    lock = FileLock(root / _LOCK_NAME, os.O_RDWR | os.O_CREAT, exclusive=True)
    try:
        if not lock.acquire():
            raise ReplayError(
                f"the outbox {str(root)!r} is being replayed by another process; try again when that has ended",
                code="replay_running",
                retryable=True,
            )
        yield
    finally:
        lock.release()


@contextmanager
def _opened(config: UnifiedConfig, sinks: Sequence[Sink] | None) -> Iterator[tuple[AttachedSink, ...]]:
    """Give the sinks to replay into; those of the configuration are closed again."""
    if sinks is not None:
        yield tuple(AttachedSink.of(sink) for sink in sinks)
        return
    from contexta.capture.closing import close_sinks
    from contexta.capture.configured_sinks import open_configured_sinks
    from contexta.plugins import configured_host

    host = configured_host(config)
    try:
        attached = open_configured_sinks(config, host)
        try:
            yield attached
        finally:
            close_sinks(attached)
    finally:
        host.close()


def _give_back_space(root: Path, view: OutboxView, result: ReplayBatchResult) -> None:
    """Remove what was delivered, once that is worth writing the rest anew."""
    settled = len(view.in_state(EntryState.DELIVERED)) + result.acknowledged_count
    if settled * 2 > len(view.entries):
        from contexta.capture.outbox_compaction import compact_outbox

        compact_outbox(root)


class _Replay:
    """One replay.

    Args:
        config: The resolved configuration.
        view: The outbox as it was read.
        root: Its directory.
        attached: The sinks.
        acknowledges: Whether what was delivered is marked.
        most_failures: So many failures in a row make a dead letter; never when None.
    """

    def __init__(
        self,
        config: UnifiedConfig,
        view: OutboxView,
        root: Path,
        attached: Sequence[AttachedSink],
        acknowledges: bool,
        most_failures: int | None,
    ) -> None:
        capture = config.capture
        self._dispatchers = {
            sink.name: CaptureDispatcher(
                [sink],
                retry_attempts=capture.retry_attempts,
                retry_backoff_seconds=capture.retry_backoff_seconds,
            )
            for sink in attached
        }
        self._is_strict = config.recovery.replay_mode_default == "strict"
        self._redactor = workspace_redactor(config)
        self._view = view
        self._outbox = Outbox(root, "fsync")
        self._acknowledges = acknowledges
        self._most_failures = most_failures
        self._results: list[ReplayEntryResult] = []
        self._notes: list[str] = []

    def run(self, target: str | None, limit: int | None, *, any_sink: bool) -> None:
        """Deliver the pending entries, in the order in which they failed first."""
        delivered = 0
        for entry in self._view.in_state(EntryState.PENDING):
            if target not in {None, entry.sink_name}:
                continue
            if delivered == limit:
                break
            name = self._sink_for(entry, any_sink=any_sink)
            if name is None:
                detail = f"no sink is named {entry.sink_name!r}; attach or configure it, or pass it as sinks="
                self._tell(entry, entry.sink_name, DeliveryStatus.SKIPPED, detail, entry.failures)
                continue
            delivered += 1
            if not self._deliver(entry, name) and self._is_strict:
                self._notes.append("stopped_at_first_failure")
                break

    def _sink_for(self, entry: OutboxEntry, *, any_sink: bool) -> str | None:
        if entry.sink_name in self._dispatchers:
            return entry.sink_name
        if any_sink and len(self._dispatchers) == 1:
            return next(iter(self._dispatchers))
        return None

    def _deliver(self, entry: OutboxEntry, name: str) -> bool:
        """Deliver one entry and mark it; return whether the sink took it."""
        delivery = self._attempt(entry, name)
        detail = self._redactor.text(display_safe(str(delivery.detail), multiline=True))[:_LONGEST_DETAIL]
        if delivery.status in _TAKEN:
            if self._acknowledges:
                self._outbox.mark(entry.replay_ref, "delivered", self._view.clock)
            self._tell(entry, name, DeliveryStatus.of(delivery.status), detail, 0)
            return True
        failures = entry.failures + 1
        is_dead = self._most_failures is not None and failures >= self._most_failures
        code = (delivery.metadata or {}).get("error_code")
        self._outbox.mark(
            entry.replay_ref,
            "dead" if is_dead else "failed",
            self._view.clock,
            failures=failures,
            error=detail or "the sink did not take it",
            error_code=code if isinstance(code, str) else None,
        )
        self._tell(entry, name, DeliveryStatus.FAILURE, detail, failures, is_dead=is_dead)
        return False

    def _attempt(self, entry: OutboxEntry, name: str) -> Delivery:
        family = PayloadFamily.RECORD
        try:
            family = PayloadFamily.of(entry.family)
            payload = restore_payload(entry)
        except ContextaError as error:
            return Delivery(name, family, DeliveryStatus.FAILURE, error.message, {"error_code": error.code})
        (delivery,) = self._dispatchers[name].deliver(family, payload)
        if delivery.status is DeliveryStatus.SKIPPED:
            return Delivery(name, family, DeliveryStatus.FAILURE, delivery.detail)
        return delivery

    def _tell(
        self,
        entry: OutboxEntry,
        name: str,
        status: DeliveryStatus,
        detail: str,
        failures: int,
        *,
        is_dead: bool = False,
    ) -> None:
        self._results.append(
            ReplayEntryResult(entry.replay_ref, entry.family, name, status, detail, failures, is_dead)
        )

    def result(self) -> ReplayBatchResult:
        """Return what was done."""
        taken = sum(each.status in _TAKEN for each in self._results)
        failed = sum(each.status is DeliveryStatus.FAILURE for each in self._results)
        dead = sum(each.dead_lettered for each in self._results)
        acknowledged = taken if self._acknowledges else 0
        pending = len(self._view.in_state(EntryState.PENDING)) - acknowledged - dead
        status = ResultStatus.SUCCESS
        if failed or self._view.warnings:
            status = ResultStatus.FAILURE if failed and not taken else ResultStatus.DEGRADED
        notes = list(self._notes)
        if not self._view.in_state(EntryState.PENDING):
            notes.append("outbox_empty")
        if dead:
            notes.append(f"dead_lettered:{dead}")
        details: dict[str, Any] = {"delivered_count": taken, "failed_count": failed}
        return ReplayBatchResult(
            status,
            self._view.warnings,
            tuple(notes),
            details,
            tuple(self._results),
            acknowledged,
            pending,
            dead,
        )

    def close(self) -> None:
        """Let go of the outbox."""
        self._outbox.close()

"""Where telemetry lands: in the workspaces of the runs of this process."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.contract.text import display_safe
from contexta.errors import ContextaError
from contexta.runtime.inheritance import VARIABLE as PARENTS_RUN
from contexta.spi.flat import flatten
from contexta.spi.records import SupportsDeletion
from contexta_sink_otel.incoming.drafts import draft, finished
from contexta_sink_otel.incoming.run_history import HISTORY, Place
from contexta_sink_otel.incoming.service_run import ServiceRun
from contexta_sink_otel.incoming.values import digest, json_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.resources import Resource

    from contexta import Contexta
    from contexta.config import UnifiedConfig
    from contexta.spi.records import FlatRecord

__all__ = ["Arrival", "Landing", "current_landing"]

_UNKNOWN_SERVICE = "unknown_service"

#: How long what comes before the first run waits for one, in seconds since the first exporter was made, and how much
#: of it: libraries log while they are set up, and that alone must not make a run of the service.
_EARLY_SECONDS = 10.0
_MOST_EARLY = 2_000

#: Records that are remembered, so that a batch that is exported again is recorded once.
_MOST_REMEMBERED = 20_000


class Arrival(NamedTuple):
    """The draft of one record, and what says where it belongs.

    Args:
        draft: The draft.
        start: When what it tells began, in nanoseconds since the epoch.
        end: When it ended.
        span: Trace and span that it belongs to, as numbers; None where it names none.
        resource: Who tells it.
    """

    draft: dict[str, Any]
    start: int
    end: int
    span: tuple[int, int] | None
    resource: Resource | None


class Landing:
    """Appends records to the workspaces that they belong to; the exporters of a process share one.

    Records go to the stores alone, never to sinks: what came from OpenTelemetry is not sent there again.

    Args:
        users: How many exporters use it already.
    """

    def __init__(self, users: int = 0) -> None:
        self.users = users
        self._lock = threading.RLock()
        self._workspaces: dict[str, Contexta] = {}
        self._service: ServiceRun | None = None
        self._told_resources: set[tuple[str, str, str]] = set()
        self._landed: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._early: list[Arrival] = []
        self._early_until = time.monotonic() + _EARLY_SECONDS

    def attach(self) -> None:
        """Take note of one more exporter."""
        with self._lock:
            if not self.users:
                self._early_until = time.monotonic() + _EARLY_SECONDS
            self.users += 1

    def detach(self) -> list[tuple[str, str]]:
        """Take note that an exporter was shut down; after the last, close the run and the workspaces opened here.

        Returns:
            As :meth:`take`, of what was still waiting.

        Raises:
            ContextaError: A workspace cannot be opened, written or closed.
        """
        with self._lock:
            self.users -= 1
            if self.users > 0:
                return []
            try:
                return self._land([])
            finally:
                self._close()

    def _close(self) -> None:
        service, self._service = self._service, None
        workspaces, self._workspaces = list(self._workspaces.values()), {}
        try:
            if service is not None:
                service.close()
        finally:
            for context in workspaces:
                context.close()

    def take(self, arrivals: Sequence[Arrival]) -> list[tuple[str, str]]:
        """Append records; when this returns they are as durable as their workspace asks.

        What comes in the first seconds of a program that has opened no run yet waits for one.

        Args:
            arrivals: The drafts.

        Returns:
            Error code and text for each record that could not be kept.

        Raises:
            ContextaError: A workspace cannot be opened or written.
        """
        with self._lock:
            if self._comes_early(len(arrivals)):
                self._early += arrivals
                return []
            return self._land(arrivals)

    def _comes_early(self, number: int) -> bool:
        return (
            HISTORY.is_empty
            and len(self._early) + number <= _MOST_EARLY
            and time.monotonic() < self._early_until
            # The run of a parent process is there already.
            and not os.environ.get(PARENTS_RUN)
        )

    def _land(self, arrivals: Sequence[Arrival]) -> list[tuple[str, str]]:
        """Append what waits, and what has just come."""
        early, self._early = self._early, []
        refused: list[tuple[str, str]] = []
        batches: dict[str, tuple[Contexta, list[FlatRecord]]] = {}
        for arrival in (*early, *arrivals):
            place = self._place_of(arrival)
            context = self._workspace(place.config)
            _, records = batches.setdefault(context.workspace, (context, []))
            run_only = {"run": place.refs["run"]}
            made = [(each, run_only) for each in self._resource_drafts(arrival, place)]
            for each, refs in (*made, (arrival.draft, place.refs)):
                try:
                    records.append(flatten(finished(each, refs, context.session.redactor)))
                except ContextaError as error:
                    refused.append((error.code, f"{each['type']} {each['id']}: {error}"))
        for context, records in batches.values():
            refused += self._append(context, records)
        return refused

    def _append(self, context: Contexta, records: Sequence[FlatRecord]) -> list[tuple[str, str]]:
        """Append to the backend: the public store would read a run again whenever the program has captured into it."""
        backend = context.session.stores.records
        deleted = backend.deleted_runs() if isinstance(backend, SupportsDeletion) else frozenset()
        refused = [
            ("record_store_run_deleted", f"{each['run']} is deleted")
            for each in records
            if each["run"] in deleted
        ]
        fresh = {
            (context.workspace, each["run"], each["id"]): each
            for each in records
            if each["run"] not in deleted
        }
        fresh = {name: each for name, each in fresh.items() if name not in self._landed}
        if fresh:
            backend.append(list(fresh.values()))
            self._landed |= dict.fromkeys(fresh)
            while len(self._landed) > _MOST_REMEMBERED:
                self._landed.popitem(last=False)
        return refused

    def _place_of(self, arrival: Arrival) -> Place:
        known = None if arrival.span is None else HISTORY.place_of_span(*arrival.span)
        place = known or HISTORY.place_in_time(arrival.start, arrival.end)
        if place is None:
            self._service = ServiceRun(self._workspace(None), _service_name(arrival.resource))
            place = self._service.place
        return place

    def _workspace(self, config: UnifiedConfig | None) -> Contexta:
        """Return a workspace, opened without its sinks."""
        from contexta import Contexta

        known = None if config is None else self._workspaces.get(str(config.workspace.root_path))
        if known is not None:
            return known
        opened = Contexta(sinks=()) if config is None else Contexta(config=config, sinks=())
        return self._workspaces.setdefault(opened.workspace, opened)

    def _resource_drafts(self, arrival: Arrival, place: Place) -> list[dict[str, Any]]:
        """Return what is said of a resource the first time that it appears in a run."""
        attributes = json_mapping(None if arrival.resource is None else arrival.resource.attributes)
        run = place.refs["run"]
        known = (str(place.config.workspace.root_path), run, digest("resource", attributes))
        if not attributes or known in self._told_resources:
            return []
        self._told_resources.add(known)
        service = display_safe(str(attributes.get("service.name", _UNKNOWN_SERVICE)))
        # Each process says it once for itself: another may say the same at another time.
        record_id = digest("resource", attributes, run, os.getpid(), time.time_ns())
        message = f"telemetry of {service}"
        return [
            draft("event", record_id, "otel.resource", arrival.end, message=message, attributes=attributes)
        ]


def _service_name(resource: Resource | None) -> str:
    name = None if resource is None else resource.attributes.get("service.name")
    return display_safe(str(name or _UNKNOWN_SERVICE)).strip() or _UNKNOWN_SERVICE


_landing = Landing()


def current_landing() -> Landing:
    """Return the landing of this process."""
    return _landing


def _begin_anew() -> None:
    """Give a forked child a landing of its own: a lock may be held, and the workspaces are its parent's."""
    global _landing  # noqa: PLW0603 - one for the process is what it is about
    _landing = Landing(_landing.users)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)

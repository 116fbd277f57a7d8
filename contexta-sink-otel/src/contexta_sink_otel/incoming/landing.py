"""Where telemetry lands: in the workspaces of the runs of this process."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.contract.text import display_safe
from contexta.errors import ContextaError
from contexta_sink_otel.incoming.drafts import draft, finished
from contexta_sink_otel.incoming.run_history import HISTORY, Place
from contexta_sink_otel.incoming.service_run import ServiceRun
from contexta_sink_otel.incoming.values import digest, json_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.resources import Resource

    from contexta import Contexta
    from contexta.config import UnifiedConfig
    from contexta.spi.flat import CanonicalRecord

__all__ = ["Arrival", "Landing", "current_landing"]

_UNKNOWN_SERVICE = "unknown_service"


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

    def attach(self) -> None:
        """Take note of one more exporter."""
        with self._lock:
            self.users += 1

    def detach(self) -> None:
        """Take note that an exporter was shut down; after the last, close the run and the workspaces opened here."""
        with self._lock:
            self.users -= 1
            if self.users > 0:
                return
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

        Args:
            arrivals: The drafts.

        Returns:
            Error code and text for each record that could not be kept.

        Raises:
            ContextaError: A workspace cannot be opened or written.
        """
        refused: list[tuple[str, str]] = []
        with self._lock:
            batches: dict[str, tuple[Contexta, list[CanonicalRecord]]] = {}
            for arrival in arrivals:
                place = self._place_of(arrival)
                context = self._workspace(place.config)
                _, records = batches.setdefault(context.workspace, (context, []))
                run_only = {"run": place.refs["run"]}
                made = [(each, run_only) for each in self._resource_drafts(arrival, place)]
                for each, refs in (*made, (arrival.draft, place.refs)):
                    try:
                        records.append(finished(each, refs, context.session.redactor))
                    except ContextaError as error:
                        refused.append((error.code, f"{each['type']} {each['id']}: {error}"))
            for context, records in batches.values():
                result = context.record_store.append_many(records)
                refused += [(each.code, each.message) for each in result.rejected]
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

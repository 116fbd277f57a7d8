"""What a collector says of an export that it took only in part.

OpenTelemetry's exporters read no answer beyond its status, so what the collector says is listened to beside them.  It
must not be sent again: the collector would refuse the same.
https://opentelemetry.io/docs/specs/otlp/#partial-success
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Answers", "Rejected", "listen_over_grpc", "listening_session"]

_log = logging.getLogger("contexta.otel")

_RESPONSES = {
    "traces": ("trace", "trace", "ExportTraceServiceResponse", "rejected_spans"),
    "metrics": ("metrics", "metrics", "ExportMetricsServiceResponse", "rejected_data_points"),
    "logs": ("logs", "logs", "ExportLogsServiceResponse", "rejected_log_records"),
}


class Rejected(NamedTuple):
    """What a collector did not take of an export.

    Args:
        number: How many spans, points or log records.
        reason: What it says of them.
    """

    number: int
    reason: str


class Answers:
    """The answer to the export that a thread is making."""

    def __init__(self) -> None:
        self._heard = threading.local()

    def begin(self) -> None:
        """Forget what was heard before."""
        self._heard.rejected = None

    @property
    def rejected(self) -> Rejected | None:
        """What was rejected of this thread's export; None for nothing."""
        found: Rejected | None = getattr(self._heard, "rejected", None)
        return found

    def hear(self, signal: str, response: Any) -> None:
        """Take note of an answer.

        Args:
            signal: ``"traces"``, ``"metrics"`` or ``"logs"``.
            response: The response of its service, as the official protobufs have it.
        """
        partial = response.partial_success
        count = int(getattr(partial, _RESPONSES[signal][3]))
        if count > 0:
            self._heard.rejected = Rejected(count, partial.error_message)
        elif partial.error_message:
            _log.warning("the collector took the %s and says: %s", signal, partial.error_message)


def listening_session(signal: str, answers: Answers) -> Any:
    """Return a session for an exporter over HTTP; None where the environment names one that brings credentials.

    Args:
        signal: ``"traces"``, ``"metrics"`` or ``"logs"``.
        answers: Told of each answer.
    """
    names = (f"{signal.upper()}_CREDENTIAL_PROVIDER", "CREDENTIAL_PROVIDER")
    if any(os.environ.get(f"OTEL_PYTHON_EXPORTER_OTLP_HTTP_{name}") for name in names):
        return None
    import requests

    def hear(response: requests.Response, *_: object, **__: object) -> None:
        if response.ok and response.content:
            parsed = _parsed(signal, response.content)
            if parsed is not None:
                answers.hear(signal, parsed)

    session = requests.Session()
    session.hooks["response"].append(hear)
    return session


def _parsed(signal: str, body: bytes) -> Any:
    from importlib import import_module

    from google.protobuf.message import DecodeError

    package, service, name, _ = _RESPONSES[signal]
    module = import_module(f"opentelemetry.proto.collector.{package}.v1.{service}_service_pb2")
    try:
        return getattr(module, name).FromString(body)
    except DecodeError:
        # Some proxy's own words.
        return None


class _ListeningClient:
    """A client of a service that passes its answers on.

    Args:
        client: The generated client.
        hear: Told of each answer.
    """

    def __init__(self, client: Any, hear: Callable[[Any], None]) -> None:
        self._client = client
        self._hear = hear

    def Export(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802 - the service's own name
        """Export, and pass the answer on."""
        response = self._client.Export(*arguments, **named)
        self._hear(response)
        return response


def listen_over_grpc(exporter: Any, signal: str, answers: Answers) -> None:
    """Listen to the answers that an exporter over gRPC gets; one that is made otherwise is left as it is.

    Args:
        exporter: The exporter, before its first export.
        signal: ``"traces"``, ``"metrics"`` or ``"logs"``.
        answers: Told of each answer.
    """
    stub, client = getattr(exporter, "_stub", None), getattr(exporter, "_client", None)
    if stub is None or client is None:
        return

    def hear(response: Any) -> None:
        answers.hear(signal, response)

    # The exporter makes a client anew when it connects again.
    exporter._stub = lambda channel: _ListeningClient(stub(channel), hear)  # noqa: SLF001 - there is no public way
    exporter._client = _ListeningClient(client, hear)  # noqa: SLF001 - as above

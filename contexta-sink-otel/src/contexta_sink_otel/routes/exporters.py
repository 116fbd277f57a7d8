"""OpenTelemetry's own OTLP exporters, by options and by the standard environment variables."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from contexta.errors import ConfigurationError, DependencyError
from contexta_sink_otel.routes.partial_success import listen_over_grpc, listening_session

if TYPE_CHECKING:
    from contexta_sink_otel.options import OTelOptions
    from contexta_sink_otel.routes.partial_success import Answers

__all__ = ["open_exporter", "protocol_of", "temporality_of"]

_TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"

_DEFAULT_PROTOCOL = "http/protobuf"

_PACKAGES = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
}

_CLASSES = {
    "traces": ("trace_exporter", "OTLPSpanExporter"),
    "metrics": ("metric_exporter", "OTLPMetricExporter"),
    "logs": ("_log_exporter", "OTLPLogExporter"),
}


def protocol_of(signal: str, options: OTelOptions) -> str:
    """Return the protocol of a signal: the option's, the environment's, or HTTP.

    Args:
        signal: ``"traces"``, ``"metrics"`` or ``"logs"``.
        options: The options.

    Raises:
        ConfigurationError: The environment names a protocol that there is not.
    """
    names = (f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    variable = next((name for name in names if os.environ.get(name, "").strip()), None)
    if options.protocol is not None or variable is None:
        return options.protocol or _DEFAULT_PROTOCOL
    word = os.environ[variable].strip()
    if word not in _PACKAGES:
        raise ConfigurationError(
            f"{variable} is {word!r}; use {' or '.join(_PACKAGES)}", code="otel_unknown_protocol"
        )
    return word


def temporality_of(options: OTelOptions) -> str:
    """Return the temporality of histograms: the option's, the environment's, or delta.

    Args:
        options: The options.
    """
    preference = os.environ.get(_TEMPORALITY, "").strip().lower()
    # In the preference `lowmemory` histograms are deltas as well.
    found = "cumulative" if preference == "cumulative" else "delta"
    return options.temporality or found


def open_exporter(signal: str, options: OTelOptions, answers: Answers) -> Any:
    """Make the exporter of a signal; it connects when it first sends.

    Args:
        signal: ``"traces"``, ``"metrics"`` or ``"logs"``.
        options: The options; what they leave open, the exporter takes from the environment.
        answers: Told of what the collector answers.

    Raises:
        ConfigurationError: The environment holds something that the exporter refuses.
        DependencyError: Its package is not installed.
    """
    protocol = protocol_of(signal, options)
    module, name = _CLASSES[signal]
    try:
        exporter = getattr(import_module(f"{_PACKAGES[protocol]}.{module}"), name)
    except ImportError as error:
        package = _PACKAGES[protocol].replace(".", "-")
        raise DependencyError(
            f"OTLP by {protocol} needs the package {package} ({error}): pip install 'contexta[otel]>=2'",
            code="otel_exporter_missing",
            cause=error,
        ) from error
    arguments: dict[str, Any] = {}
    if options.endpoint is not None:
        base = options.endpoint.rstrip("/")
        arguments["endpoint"] = base if protocol == "grpc" else f"{base}/v1/{signal}"
    if options.headers:
        arguments["headers"] = _headers(options, protocol)
    if options.timeout_seconds is not None:
        arguments["timeout"] = options.timeout_seconds
    if protocol != "grpc":
        session = listening_session(signal, answers)
        if session is not None:
            arguments["session"] = session
    try:
        made = exporter(**arguments)
    except ValueError as error:
        raise ConfigurationError(
            f"the OTLP exporter of {signal} refuses its settings: {error}; look at the variables OTEL_EXPORTER_OTLP_*",
            code="otel_invalid_environment",
        ) from error
    if protocol == "grpc":
        listen_over_grpc(made, signal, answers)
    return made


def _headers(options: OTelOptions, protocol: str) -> dict[str, str]:
    """Return the headers; gRPC's are in lower case by its definition."""
    if protocol == "grpc":
        return {name.lower(): value for name, value in options.headers.items()}
    return dict(options.headers)

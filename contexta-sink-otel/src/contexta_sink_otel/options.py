"""The options of the sink."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEFAULT_SERVICE_NAME", "SIGNALS", "OTelOptions"]

#: What a service is called where nobody says.
DEFAULT_SERVICE_NAME = "contexta"

#: OpenTelemetry's words for what can be exported.
SIGNALS = ("traces", "metrics", "logs")

_INSTRUMENTS = ("gauge", "histogram")
_PROTOCOLS = ("http/protobuf", "grpc")
_TEMPORALITIES = ("delta", "cumulative")


@dataclass(frozen=True, slots=True)
class OTelOptions:
    """``[capture.sinks.options]`` for ``use = "otel"``.

    What is None here is taken from OpenTelemetry's own environment variables, such as
    ``OTEL_EXPORTER_OTLP_ENDPOINT``.

    Args:
        service_name: The resource attribute ``service.name``; the default gives way to the environment's.
        protocol: ``"http/protobuf"`` or ``"grpc"``.
        endpoint: URL of the collector, without the path of a signal: ``http://localhost:4318``.
        headers: Headers of every request.
        timeout_seconds: How long one export may take, with its retries, in seconds.
        metrics: ``"gauge"``: every point with its own time; ``"histogram"``: the distribution of each batch.
        temporality: Of histograms: ``"delta"``, each export stands for itself; ``"cumulative"``, each tells everything
            so far.
        signals: Which of ``"traces"``, ``"metrics"`` and ``"logs"`` are exported.
        resource_attributes: Further resource attributes.
        gen_ai_metrics: Whether spans of GenAI calls also give the conventional histograms of tokens and durations.

    Raises:
        ValidationError: A word is another, or the time is no positive number.
    """

    service_name: str = DEFAULT_SERVICE_NAME
    protocol: str | None = None
    endpoint: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    timeout_seconds: float | None = None
    metrics: str = "gauge"
    temporality: str | None = None
    signals: tuple[str, ...] = SIGNALS
    resource_attributes: dict[str, str] = field(default_factory=dict)
    gen_ai_metrics: bool = True

    def __post_init__(self) -> None:
        if not self.service_name.strip():
            raise _invalid("service_name", self.service_name, ["text that is not blank"])
        if self.protocol is not None:
            _check_word("protocol", self.protocol, _PROTOCOLS)
        _check_word("metrics", self.metrics, _INSTRUMENTS)
        if self.temporality is not None:
            _check_word("temporality", self.temporality, _TEMPORALITIES)
        for signal in self.signals:
            _check_word("signals", signal, SIGNALS)
        if self.timeout_seconds is not None and not self.timeout_seconds > 0:
            raise _invalid("timeout_seconds", self.timeout_seconds, ["a number above 0"])
        if self.endpoint is not None and not self.endpoint.startswith(("http://", "https://")):
            raise _invalid("endpoint", self.endpoint, ["a URL that begins with http:// or https://"])


def _check_word(name: str, word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise _invalid(name, word, [repr(each) for each in words])


def _invalid(name: str, found: object, wanted: list[str]) -> ValidationError:
    return ValidationError(
        f"the option {name} of the sink 'otel' is {found!r}; use {' or '.join(wanted)}",
        code="otel_invalid_option",
        details={"option": name, "found": found},
    )

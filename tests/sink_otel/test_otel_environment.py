"""What the standard environment variables say counts; what the options say counts more."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.adapters.otel import OTelSink
from contexta.errors import ConfigurationError, ValidationError


@pytest.fixture
def environment(monkeypatch):
    """Sets variables of OpenTelemetry, and only these."""
    return lambda **values: [monkeypatch.setenv(f"OTEL_{name}", value) for name, value in values.items()]


@pytest.fixture
def exported(tmp_path):
    """Captures one span through a sink."""

    def export(sink):
        with Contexta(workspace=str(tmp_path / "workspace"), sinks=[sink]) as ctx, ctx.run("training") as run:
            run.span("work", attributes={"gen_ai.request.model": "m"})

    return export


def test_endpoint_headers_and_resource_come_from_the_environment(collector, environment, exported):
    """Endpoint, headers, service name and resource attributes need no option."""
    environment(
        EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        EXPORTER_OTLP_HEADERS="x-tenant=green",
        SERVICE_NAME="trainer",
        RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )
    exported(OTelSink())
    resource = collector.resource("resource_spans")
    assert ("trainer", "test") == (resource["service.name"], resource["deployment.environment.name"])
    assert "green" == collector.headers[0]["x-tenant"]


def test_options_count_more_than_the_environment(collector, environment, exported):
    """Endpoint, service name and a resource attribute of the options win."""
    environment(
        EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        SERVICE_NAME="trainer",
        RESOURCE_ATTRIBUTES="team=red",
    )
    exported(OTelSink(endpoint=collector.endpoint, service_name="mine", resource_attributes={"team": "blue"}))
    resource = collector.resource("resource_spans")
    assert ("mine", "blue") == (resource["service.name"], resource["team"])


def test_the_protocol_comes_from_the_environment(grpc_collector, environment, exported):
    """`grpc` for one signal is used where the general variable says another."""
    environment(
        EXPORTER_OTLP_PROTOCOL="http/protobuf",
        EXPORTER_OTLP_TRACES_PROTOCOL="grpc",
        EXPORTER_OTLP_TRACES_ENDPOINT=grpc_collector.endpoint,
    )
    exported(OTelSink(signals=["traces"]))
    assert ["work"] == [span.name for span in grpc_collector.spans()]


def test_an_unknown_protocol_is_refused_at_once(environment):
    """The variable is named, with what was found."""
    environment(EXPORTER_OTLP_METRICS_PROTOCOL="http/json")
    with pytest.raises(
        ConfigurationError, match="OTEL_EXPORTER_OTLP_METRICS_PROTOCOL is 'http/json'"
    ) as caught:
        OTelSink()
    assert "otel_unknown_protocol" == caught.value.code


def test_signals_that_are_not_wanted_are_not_sent(collector, tmp_path):
    """With `signals = ["logs"]` neither a span nor a point arrives, and their receipts say that nothing was done."""
    sink = OTelSink(endpoint=collector.endpoint, signals=["logs"])
    with Contexta(workspace=str(tmp_path / "workspace"), sinks=[sink]) as ctx, ctx.run("training") as run:
        receipts = [run.span("work"), run.metric("loss", 1.0), run.event("a.b", message="c")]
    assert (0, 0, 1) == (len(collector.spans()), len(collector.metrics()), len(collector.logs()))
    assert [None, None, "a.b"] == [each.deliveries[1].metadata.get("exported") for each in receipts]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"protocol": "http/json"}, "protocol"),
        ({"metrics": "sum"}, "metrics"),
        ({"signals": ["traces", "profiles"]}, "signals"),
        ({"timeout_seconds": 0.0}, "timeout_seconds"),
        ({"endpoint": "localhost:4318"}, "endpoint"),
        ({"service_name": " "}, "service_name"),
    ],
)
def test_a_wrong_option_is_refused(options, name):
    """The text names the option."""
    with pytest.raises(ValidationError, match=f"the option {name} of the sink 'otel' is") as caught:
        OTelSink(**options)
    assert "otel_invalid_option" == caught.value.code

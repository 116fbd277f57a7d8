"""Identifiers and values: what records say in OpenTelemetry's words."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta import Contexta
from contexta.adapters import otel
from contexta.spi.sinks import PayloadFamily
from contexta_sink_otel.facts.attributes import attribute_value
from contexta_sink_otel.facts.identifiers import span_number, trace_number, trace_of_run


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("trace-00ff", 0xFF),
        ("0af7651916cd43dd8448eb211c80319c", 0x0AF7651916CD43DD8448EB211C80319C),
        ("span-b7ad6b7169203331", 0xB7AD6B7169203331),
    ],
)
def test_hexadecimal_identifiers_are_taken_as_they_are(text, number):
    """Contexta's own and OpenTelemetry's own texts keep their digits."""
    assert number == trace_number(text)


@given(st.text(min_size=1))
def test_any_identifier_gives_a_valid_number(text):
    """Whatever a foreign identifier is, its numbers are not zero, fit, and are the same again."""
    assert 0 < trace_number(text) < 2**128
    assert 0 < span_number(text) < 2**64
    assert span_number(text) == span_number(str(text))


def test_a_zero_is_no_identifier():
    """OpenTelemetry takes zero for "none", so it becomes a hash."""
    assert trace_number("trace-00") not in {0, trace_number("trace-000")}


def test_the_trace_of_a_run_is_that_of_its_spans(tmp_path):
    """An event that names no trace is in the one of its run's captured spans."""
    with Contexta(workspace=str(tmp_path / "workspace")) as ctx, ctx.run("training") as run:
        span = run.span("work").payload
    assert trace_number(span.payload.trace_id) == trace_of_run(str(span.envelope.run_ref))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2**70, str(2**70)),
        (0.5, 0.5),
        ((1, 2), (1, 2)),
        ((1, "a"), '[1, "a"]'),
        ((1, True), "[1, true]"),
        ((2**70,), f"[{2**70}]"),
        ({"b": 1, "a": [None]}, '{"a": [null], "b": 1}'),
        ((), ()),
    ],
)
def test_values_become_what_an_attribute_can_hold(value, expected):
    """Simple values and sequences of one type stay; structures, mixtures and too large integers become text."""
    assert expected == attribute_value(value)
    assert type(expected) is type(attribute_value(value))


def test_the_documented_path_gives_the_class():
    """`contexta.adapters.otel.OTelSink` is the plugin's class, and the only name there."""
    from contexta_sink_otel import OTelSink

    assert otel.OTelSink is OTelSink
    assert ["OTelSink"] == list(otel.__all__)


def test_anything_but_records_succeeds_with_nothing_done():
    """Contexts and unknown objects are no failure."""
    sink = otel.OTelSink()
    assert not sink.supports(PayloadFamily.CONTEXT)
    receipt = sink.capture(family=PayloadFamily.CONTEXT, payload=object())
    assert ("SUCCESS", {}) == (str(receipt.status), dict(receipt.metadata))


@pytest.mark.parametrize(
    ("missing", "error", "said"),
    [
        ("contexta_sink_otel", "MissingPluginError", 'pip install "contexta[otel]>=2"'),
        ("opentelemetry", "DependencyError", "pip install 'contexta[otel]>=2'"),
    ],
)
def test_what_is_missing_is_named(missing, error, said):
    """Without the package, or without OpenTelemetry, the error says what to install."""
    program = f"""
import sys
sys.modules[{missing!r}] = None
import contexta.adapters.otel
from contexta.errors import ContextaError
try:
    contexta.adapters.otel.OTelSink()
except ContextaError as error:
    print(type(error).__name__, error.code, error)
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(error)
    assert said in done.stdout


def test_listing_plugins_imports_no_library():
    """The plugin's module and its options cost nothing."""
    program = """
import sys, contexta_sink_otel.plugin, contexta_sink_otel.options
print([name for name in sys.modules if name.startswith(("opentelemetry", "grpc", "google"))])
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()

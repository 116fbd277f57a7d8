"""Histograms that tell of one export, and histograms that tell of everything so far."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.adapters.otel import OTelSink
from contexta.errors import CaptureError, ValidationError

VARIABLE = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"

DELTA, CUMULATIVE = 1, 2


def export(collector, workspace, **options):
    """Capture two values, one export each, and return the points of the histogram as they arrived."""
    sink = OTelSink(endpoint=collector.endpoint, metrics="histogram", **options)
    with Contexta(workspace=str(workspace), sinks=[sink]) as ctx, ctx.run("training") as run:
        run.metric("loss", 3.0)
        run.metric("loss", 30.0)
    metrics = [each.histogram for each in collector.metrics() if each.name == "contexta.loss"]
    (temporality,) = {each.aggregation_temporality for each in metrics}
    return temporality, [point for each in metrics for point in each.data_points]


@pytest.mark.parametrize("preference", [None, "delta", "LowMemory"])
def test_each_export_stands_for_itself(collector, tmp_path, monkeypatch, preference):
    """By default, and where the environment prefers it, an export tells of its own values alone."""
    if preference is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, preference)
    temporality, points = export(collector, tmp_path / "w")
    assert DELTA == temporality
    assert [(1, 3.0), (1, 30.0)] == [(point.count, point.sum) for point in points]


def test_exports_that_tell_of_everything(collector, tmp_path, monkeypatch):
    """Where the environment prefers it, each export adds its values to all before; the beginning stays."""
    monkeypatch.setenv(VARIABLE, " Cumulative ")
    temporality, (first, second) = export(collector, tmp_path / "w")
    assert CUMULATIVE == temporality
    assert (1, 3.0, 3.0, 3.0) == (first.count, first.sum, first.min, first.max)
    assert (2, 33.0, 3.0, 30.0) == (second.count, second.sum, second.min, second.max)
    # 3 is in the second bucket, up to 5, and 30 in the fifth, up to 50.
    assert [0, 1, 0, 0, 1] == list(second.bucket_counts)[:5]
    assert first.start_time_unix_nano == second.start_time_unix_nano
    assert first.time_unix_nano < second.time_unix_nano


def test_the_option_counts_more_than_the_environment(collector, tmp_path, monkeypatch):
    """What the options say is done, whatever the environment prefers."""
    monkeypatch.setenv(VARIABLE, "cumulative")
    assert DELTA == export(collector, tmp_path / "w", temporality="delta")[0]


def test_an_export_that_failed_counts_for_nothing(collector, tmp_path):
    """Values that did not arrive are not in the next total: they come again by themselves."""
    sink = OTelSink(
        endpoint=collector.endpoint, metrics="histogram", temporality="cumulative", timeout_seconds=0.3
    )
    with Contexta(workspace=str(tmp_path / "w"), sinks=[]) as ctx, ctx.run("training") as run:
        first, second = run.metric("loss", 3.0).payload, run.metric("loss", 30.0).payload
    collector.status = 503
    with pytest.raises(CaptureError):
        sink.capture(family="RECORD", payload=first)
    collector.status = 200
    for payload in (second, first):
        sink.capture(family="RECORD", payload=payload)
    sink.close()
    points = [point for each in collector.metrics() for point in each.histogram.data_points]
    assert [(1, 30.0), (2, 33.0)] == [(point.count, point.sum) for point in points]


def test_another_word_is_refused():
    """A temporality that there is not is an error that names the two."""
    with pytest.raises(ValidationError, match=r"temporality.*'delta' or 'cumulative'"):
        OTelSink(temporality="both")

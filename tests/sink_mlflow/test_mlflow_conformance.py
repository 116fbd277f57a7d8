"""The sink keeps the contract of sinks."""

from __future__ import annotations

import pytest

from contexta.spi.sinks import PayloadFamily
from contexta.testing.contracts import SinkContract
from contexta_sink_mlflow import MLflowOptions, MLflowSink


class TestMLflowSink(SinkContract):
    """With a file store, and records alone: the contract's artifacts have no bodies."""

    capabilities = frozenset({"flush", "close"})

    @pytest.fixture(autouse=True)
    def _allowed(self, monkeypatch):
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")

    def open_sink(self, directory):
        """Make the sink."""
        options = MLflowOptions(tracking_uri=f"file://{directory}/mlruns", artifacts=False)
        return MLflowSink.of(options, directory=directory / "state")

    def test_artifacts_can_be_left_out(self, sink):
        """With the option off, artifacts are no family of it."""
        assert not sink.supports(PayloadFamily.ARTIFACT)

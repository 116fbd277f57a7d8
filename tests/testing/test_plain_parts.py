"""The stock sinks of the kernel keep the contract, and the right ones of the wrong plugins do."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from contexta.capture.sinks import InMemorySink, StdoutSink
from contexta.testing import InterpreterContract, SinkContract


def _plain_query():
    """Load the right service that the wrong ones are made from."""
    place = Path(__file__).parent / "test_wrong_plugins.py"
    spec = importlib.util.spec_from_file_location("wrong_plugins_again", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [case] = [case for case in module.REGISTER if case.name == "NeedsBulkQueries"]
    return case.plugin.__mro__[1]


class TestMemorySink(SinkContract):
    """The sink `memory`."""

    capabilities = frozenset({"arrivals"})

    def open_sink(self, directory):
        return InMemorySink()

    def arrivals(self, sink):
        return [entry.payload for entry in sink.entries]


class TestStdoutSink(SinkContract):
    """The sink `stdout`."""

    def open_sink(self, directory):
        return StdoutSink()

    def test_lines_are_json(self, sink, capsys):
        """What is printed is one JSON object a line."""
        from contexta.spi.sinks import PayloadFamily

        sink.capture(family=PayloadFamily.ARTIFACT, payload={"manifest": {"artifact_ref": "artifact:a.b.c"}})
        assert "stdout" == json.loads(capsys.readouterr().out)["sink"]


class TestPlainQuery(InterpreterContract):
    """The plainest service `query`."""

    word = "query"

    def open_service(self, context):
        return _plain_query()(context.repository)

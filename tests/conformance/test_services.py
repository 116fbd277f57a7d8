"""The interpretation services of this repository keep the contract of the kit."""

from __future__ import annotations

from contexta.plugins import default_host
from contexta.testing import InterpreterContract


class Stock(InterpreterContract, contract=True):
    """Builds a service as the plugin host does."""

    def open_service(self, context):
        return default_host().open("interpreter", self.word, context, required_by="the conformance tests")


class TestQuery(Stock):
    """The service `query`."""

    word = "query"
    open_service = Stock.open_service


class TestCompare(Stock):
    """The service `compare`."""

    word = "compare"
    open_service = Stock.open_service


class TestTrend(Stock):
    """The service `trend`."""

    word = "trend"
    open_service = Stock.open_service


class TestDiagnostics(Stock):
    """The service `diagnostics`."""

    word = "diagnostics"
    open_service = Stock.open_service


class TestLineage(Stock):
    """The service `lineage`."""

    word = "lineage"
    open_service = Stock.open_service


class TestProvenance(Stock):
    """The service `provenance`."""

    word = "provenance"
    open_service = Stock.open_service

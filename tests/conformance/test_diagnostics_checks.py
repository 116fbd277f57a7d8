"""The diagnostics checks of this repository keep the contract of the kit."""

from __future__ import annotations

import pytest

from contexta.config.models import DiagnosticsPolicy
from contexta.plugins import default_host
from contexta.spi.diagnostics import DiagnosticsCheckContext
from contexta.testing import DiagnosticsCheckContract


@pytest.mark.parametrize("name", sorted(default_host().names("diagnostics_check")))
class TestStockChecks(DiagnosticsCheckContract):
    """Every check that is installed."""

    @pytest.fixture(autouse=True)
    def checked(self, name):
        """Remember which check it is about."""
        self._name = name

    def open_check(self):
        context = DiagnosticsCheckContext(DiagnosticsPolicy())
        return default_host().open(
            "diagnostics_check", self._name, context, required_by="the conformance tests"
        )

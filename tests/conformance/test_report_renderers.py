"""The report renderers of this repository keep the contract of the kit."""

from __future__ import annotations

import pytest

from contexta.config.models import SurfaceConfig
from contexta.plugins import default_host
from contexta.spi.reports import RendererContext
from contexta.testing import ReportRendererContract


@pytest.mark.parametrize("name", sorted(default_host().names("report_renderer")))
class TestStockRenderers(ReportRendererContract):
    """Every renderer that is installed."""

    @pytest.fixture(autouse=True)
    def rendered(self, name):
        """Remember which renderer it is about."""
        self._name = name

    def open_renderer(self):
        context = RendererContext(SurfaceConfig())
        return default_host().open(
            "report_renderer", self._name, context, required_by="the conformance tests"
        )

"""The dashboard's own screens, tabs and panels keep the contract of extensions."""

from __future__ import annotations

from contexta.plugins import default_host
from contexta.testing import DashboardExtensionContract


class StockExtension:
    """Builds the extension that is installed under a name."""

    def open_extension(self, context):
        return default_host().open(
            "dashboard_extension", self.name, context, required_by="the conformance tests"
        )


class TestScreens(StockExtension, DashboardExtensionContract):
    """Everything with an address of its own."""

    name = "screens"

    def addresses(self):
        return (
            "/ui/runs?where=tags.kind%20=%20%27example%27",
            "/ui/compare?run=run:default.well&run=run:default.second",
            "/ui/lineage?ref=run:default.well&depth=4",
            "/ui/trends?metric=loss",
            "/ui/reports?run=run:default.well",
        )


class TestRunTabs(StockExtension, DashboardExtensionContract):
    """The tabs of a run."""

    name = "run_tabs"


class TestHomePanels(StockExtension, DashboardExtensionContract):
    """The panels of the first screen."""

    name = "home_panels"

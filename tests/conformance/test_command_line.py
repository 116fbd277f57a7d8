"""The command line and the dashboard of this repository keep the contract of surfaces."""

from __future__ import annotations

from contexta.plugins import default_host
from contexta.testing import SurfaceContract


class TestCommandLine(SurfaceContract):
    """The surface `cli`."""

    def open_surface(self):
        return default_host().open("surface", "cli", None, required_by="the conformance tests")


class TestDashboard(SurfaceContract):
    """The surface `http`."""

    def open_surface(self):
        return default_host().open("surface", "http", None, required_by="the conformance tests")

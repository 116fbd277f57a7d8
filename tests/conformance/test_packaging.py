"""Every plugin package of this repository is packaged as the kit asks, as it is installed here: in the bundle."""

from __future__ import annotations

from importlib import metadata

import pytest

from contexta.testing import PluginContract

HEAVY = frozenset({"duckdb", "pandas", "polars", "rich", "click", "sqlite3", "opentelemetry", "starlette"})
PACKAGES = sorted(
    {
        entry.module.partition(".")[0]
        for entry in metadata.distribution("contexta").entry_points
        if entry.group.startswith("contexta.")
    }
)


@pytest.mark.parametrize("package", PACKAGES)
class TestOurPackages(PluginContract):
    """The bundle, one package at a time."""

    distribution = "contexta"
    heavy = HEAVY

    @pytest.fixture(autouse=True)
    def one_package(self, package, monkeypatch):
        """Look at one package's entry points only."""
        monkeypatch.setattr(type(self), "package", package)

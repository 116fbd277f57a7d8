"""A workspace with stores, and plugins that are installed beside it."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from pathlib import Path

import pytest

from contexta import Contexta

SETTINGS = {
    "records": {"durability_mode": "flush"},
    "capture": {"capture_installed_packages": False, "capture_code_revision": False},
}


def _fake_site_class():
    """Load the writer of fake distributions from the tests of the plugin core."""
    place = Path(__file__).parent.parent / "plugins" / "conftest.py"
    spec = importlib.util.spec_from_file_location("plugin_core_conftest", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FakeSite


@pytest.fixture
def site(fake_dist):
    """Give a directory on the path in which distributions can be written; what is imported from it is forgotten."""
    return _fake_site_class()(fake_dist.directory)


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Let each test be the first of the process that hears of a broken plugin."""
    monkeypatch.setattr("contexta.plugins.error_policy._told", set())


@pytest.fixture
def workspace(tmp_path):
    """Name the workspace."""
    return tmp_path / "workspace"


@pytest.fixture
def opened(workspace):
    """Open the workspace with more settings; what is still open at the end is closed."""
    with ExitStack() as stack:

        def open_workspace(capture=None, registered=(), **sections):
            settings = {**SETTINGS, **sections, "capture": {**SETTINGS["capture"], **(capture or {})}}
            return stack.enter_context(
                Contexta(workspace=str(workspace), config=settings, plugins=registered)
            )

        yield open_workspace


@pytest.fixture
def listed(opened):
    """Give what a later listing in the same workspace says of a sink."""

    def ask(name="zz_one", **arguments):
        from contexta.plugins import configured_host

        host = configured_host(opened(**arguments).config)
        return [plugin for plugin in host.describe() if plugin.name == name]

    return ask
